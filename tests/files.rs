//! Parameters in files: what was written comes back bit by bit, what NumPy and safetensors wrote is read, and what is wrong,
//! damaged or hostile is an error with its reason.
//!
//! The files in `tests/files` and the outputs beside them are written by `make.py` there.

#[path = "files/damaged.rs"]
mod damaged;
#[path = "files/support.rs"]
mod support;

use hadamard::net::Layout;
use hadamard::prelude::*;
use std::fs;
use std::io::ErrorKind;
use support::*;

/// Every kind of parameter.
fn all_kinds() -> Net {
    let layers = [
        Conv::new(3, 3).bias(0.5).into(),
        relu(),
        Conv::new(2, 1).window(2, 1).valid().into(),
        attention(2, 3),
        bias(0.1),
        trained_scale(1.5),
        flatten(),
        hadamard([hidden(), serial([hidden(), tanh()])]),
        dense(2),
    ];
    network("all kinds", serial(layers)).image(4, 3, 2).width(5)
}

#[test]
fn what_is_written_comes_back_bit_by_bit() {
    let folder = folder("round-trip");
    let net = all_kinds();
    let mut network = net.init(Seed(3)).unwrap();
    // Zero of both signs, the smallest and the largest numbers, and an array whose columns lie one after the other.
    let odd = [-0.0, 0.0, f64::from_bits(1), -f64::MIN_POSITIVE, f64::MAX, f64::MIN];
    let values = &mut network.parameters_mut()[0].values;
    values.iter_mut().zip(odd).for_each(|(value, odd)| *value = odd);
    let last = network.parameters().len() - 1;
    let transposed = network.parameters()[last].values.t().as_standard_layout().into_owned().reversed_axes();
    assert!(!transposed.is_standard_layout());
    network.parameters_mut()[last].values = transposed;
    for name in ["double.npz", "double.safetensors", "double.NPZ"] {
        network.write(folder.join(name)).unwrap();
        let back = net.read(folder.join(name)).unwrap();
        assert_eq!(bits(&back), bits(&network), "{name}");
        assert_eq!(back, network);
    }
    let single = net.init(Seed(4)).unwrap().cast::<f32>();
    for name in ["single.npz", "single.safetensors"] {
        single.write(folder.join(name)).unwrap();
        let back = net.read(folder.join(name)).unwrap();
        assert_eq!(back.cast::<f32>(), single);
        assert_eq!(bits(&back), bits(&single.cast()), "{name}");
        let (short, long) = (folder.join(name), folder.join(name.replace("single", "double")));
        assert!(fs::metadata(short).unwrap().len() < fs::metadata(long).unwrap().len());
    }
    // Only the last writing of each name is there, and nothing beside.
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 5);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn files_of_numpy_and_of_safetensors_are_the_same_network() {
    let net = two_layers();
    let network = net.read(made("named.npz")).unwrap();
    assert_eq!(bits(&net.read(made("named.safetensors")).unwrap()), bits(&network));
    let single = net.read(made("compressed.npz")).unwrap();
    assert_eq!(single.cast::<f32>(), network.cast::<f32>());
    // Written again, every array has the bytes that NumPy gave it.
    let folder = folder("numpy");
    network.write(folder.join("again.npz")).unwrap();
    let (again, made) = (entries(&folder.join("again.npz")), entries(&made("named.npz")));
    assert_eq!(again.len(), made.len());
    for ((name, bytes), expected) in again.iter().zip(&made) {
        assert!((name, bytes) == (&expected.0, &expected.1), "{name}: {}", String::from_utf8_lossy(bytes));
    }
    fs::remove_dir_all(folder).unwrap();
}

fn network_of_layers(count: usize) -> Net {
    network("layers of two units", repeat(count, dense(2))).input(2)
}

#[test]
fn numbered_tensors_come_in_the_order_of_their_numbers() {
    let network = network_of_layers(12).read(made("positional.npz")).unwrap();
    for (index, parameter) in network.parameters().iter().enumerate() {
        let start = 10.0 * index as f64;
        assert_eq!(parameter.values, array![[start, start + 1.0], [start + 2.0, start + 3.0]]);
    }
    match network_of_layers(11).read(made("positional.npz")) {
        Err(Error::Tensor { fault: TensorFault::Names { missing, surplus, .. }, .. }) => {
            assert_eq!((missing.len(), surplus.len()), (11, 12))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn columns_first_other_byte_order_and_kernels_of_four_axes() {
    let (x, y) = (table("unusual_x.csv"), table("unusual_y.csv"));
    let layers = [sum([dense(4), dense(4)]), conv(5, 3)];
    let net = network("unusual", serial(layers)).image(2, 2, 3);
    let network = net.read_named(made("unusual.npz"), &["fortran", "big", "kernel"], Layout::RowsIn).unwrap();
    let [fortran, big, kernel] = network.parameters() else { panic!("three parameters") };
    assert_eq!(fortran.values, x);
    assert_eq!(big.values, x.mapv(|v| f64::from(v as f32)));
    assert_eq!(kernel.values, y);
}

#[test]
fn layers_of_pytorch() {
    let names = ["0.weight", "0.bias", "2.weight", "2.bias"];
    let trained = two_layers().read_named(made("sequential.safetensors"), &names, Layout::PyTorch).unwrap();
    let error = distance(&trained.outputs(&table("sequential_x.csv")).unwrap(), &table("sequential_y.csv"));
    assert!(error <= 1e-14, "{error:e}");
}

#[test]
fn images_of_pytorch() {
    let layers = [
        Conv::new(3, 3).bias(1.0).into(),
        relu(),
        Conv::new(4, 1).window(2, 1).valid().bias(1.0).into(),
        relu(),
        flatten(),
        trained_scale(1.0),
        Dense::new(5).bias(1.0).into(),
        tanh(),
        Dense::new(2).bias(1.0).into(),
    ];
    let net = network("cnn", serial(layers)).image(5, 4, 2).parametrisation(Parametrisation::Standard);
    let names = [
        "conv1.weight",
        "conv1.bias",
        "conv2.weight",
        "conv2.bias",
        "gamma",
        "fc1.weight",
        "fc1.bias",
        "fc2.weight",
        "fc2.bias",
    ];
    for file in ["cnn.safetensors", "cnn.npz"] {
        let trained = net.read_named(made(file), &names, Layout::PyTorch).unwrap();
        let error = distance(&trained.outputs(&table("cnn_x.csv")).unwrap(), &table("cnn_y.csv"));
        assert!(error <= 1e-13, "{error:e}");
    }
}

#[test]
fn an_order_of_units_that_pytorch_does_not_give_is_refused() {
    let net = |layer| {
        let layers = [flatten(), layer, dense(1)];
        network("mixed", serial(layers)).image(2, 2, 2).width(4)
    };
    let folder = folder("mixed");
    let path = folder.join("mixed.npz");
    for layer in [sum([identity(), dense(8)]), concat([identity(), dense(8)]), adaptive_pool()] {
        let net = net(layer);
        let network = net.init(Seed(0)).unwrap();
        network.write(&path).unwrap();
        assert_eq!(net.read(&path).unwrap(), network);
        let weights = network.parameters().iter().map(|p| p.values.t().as_standard_layout().into_owned());
        let arrays: Vec<_> = weights.enumerate().map(|(i, w)| (format!("w{i}.npy"), npy_of(&w))).collect();
        fs::write(&path, zip(&arrays)).unwrap();
        let names: Vec<_> = (0..arrays.len()).map(|i| format!("w{i}")).collect();
        match net.read_named(&path, &names, Layout::PyTorch) {
            Err(Error::File { source, .. }) => assert!(source.to_string().contains("flattening"), "{source}"),
            other => panic!("{other:?}"),
        }
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn names_missing_left_over_and_given_twice() {
    let net = two_layers();
    match net.read(made("sequential.safetensors")) {
        Err(error @ Error::Tensor { fault: TensorFault::Names { .. }, .. }) => {
            let message = error.to_string();
            assert!(
                message.contains("missing: 0.dense.weight, 1.dense.bias, 2.dense.weight, 3.dense.bias"),
                "{message}"
            );
            assert!(message.contains("0.bias, 0.weight") || message.contains("0.weight"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    let named = |names: &[&str]| net.read_named(made("sequential.safetensors"), names, Layout::PyTorch);
    match named(&["0.weight", "0.bias", "2.weight", "2.bais"]) {
        Err(Error::Tensor { fault: TensorFault::Names { missing, surplus, .. }, .. }) => {
            assert_eq!((missing, surplus), (vec!["2.bais".to_string()], vec!["2.bias".to_string()]));
        }
        other => panic!("{other:?}"),
    }
    let twice = named(&["0.weight", "0.bias", "2.weight", "0.weight"]);
    assert!(
        matches!(twice, Err(Error::Tensor { fault: TensorFault::Repeated { tensor, .. }, .. }) if tensor == "0.weight")
    );
    assert!(matches!(named(&["0.weight"]), Err(Error::Size { expected: 4, got: 1, .. })));
}

#[test]
fn shapes_that_do_not_fit_and_layouts_that_would() {
    let names = ["0.weight", "0.bias", "2.weight", "2.bias"];
    match two_layers().read_named(made("sequential.safetensors"), &names, Layout::RowsIn) {
        Err(error @ Error::Tensor { fault: TensorFault::Shape { .. }, .. }) => {
            let message = error.to_string();
            assert!(message.contains("[4, 3]") && message.contains("takes [3, 4]"), "{message}");
            assert!(message.contains("Layout::PyTorch"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    let own = ["0.dense.weight", "1.dense.bias", "2.dense.weight", "3.dense.bias"];
    let other_way = two_layers().read_named(made("named.npz"), &own, Layout::PyTorch);
    assert!(matches!(other_way, Err(Error::Tensor { fault: TensorFault::Shape { fits: Some("RowsIn"), .. }, .. })));
    let wide = network("wide", serial([Dense::new(5).bias(1.0).into(), Dense::new(2).bias(1.0).into()])).input(3);
    match wide.read(made("named.npz")) {
        Err(Error::Tensor {
            fault: TensorFault::Shape { tensor, parameter, expected, got, fits: None, .. }, ..
        }) => {
            assert_eq!((tensor.as_str(), parameter.as_str()), ("0.dense.weight", "0.dense.weight"));
            assert_eq!((&*expected, &*got), (&[3, 5][..], &[3, 4][..]));
        }
        other => panic!("{other:?}"),
    }
    // A window of 1 × 9 has as many places as one of 3 × 3.
    let net = |window: Conv| network("window", Layer::from(window)).image(9, 9, 1);
    let folder = folder("window");
    let path = folder.join("window.npz");
    net(Conv::new(2, 3)).init(Seed(0)).unwrap().write(&path).unwrap();
    let other_window = net(Conv::new(2, 3).window(1, 9)).read(&path);
    assert!(
        matches!(other_window, Err(Error::Tensor { fault: TensorFault::Shape { got, .. }, .. }) if *got == [3, 3, 1, 2])
    );
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn numbers_other_than_floats_are_refused_by_name() {
    let net = network("two weights", dense(1)).input(2);
    let holds = |file: &str, name: &str| match net.read_named(made(file), &[name], Layout::RowsIn) {
        Err(error @ Error::Tensor { fault: TensorFault::Type { .. }, .. }) => {
            let message = error.to_string();
            assert!(message.contains("leave it out of the names"), "{message}");
            let Error::Tensor { fault: TensorFault::Type { tensor, numbers, .. }, .. } = error else { unreachable!() };
            assert_eq!(tensor, name);
            numbers
        }
        other => panic!("{file}: {other:?}"),
    };
    assert_eq!(holds("objects.npz", "arr_0"), "Python objects");
    assert_eq!(holds("structures.npz", "arr_0"), "structures");
    assert_eq!(holds("integers.safetensors", "w"), "I64");
    assert_eq!(holds("counted.npz", "steps"), "<i8");
}

#[test]
fn half_precision_is_read_in_full() {
    // Of torch.nn.Sequential(Linear(2, 3), ReLU(), Linear(3, 1)) in bfloat16, float16 and float32; outputs in exact fractions.
    let layers = [Dense::new(3).bias(1.0).into(), relu(), Dense::new(1).bias(1.0).into()];
    let net = network("mixed precision", serial(layers)).input(2).parametrisation(Parametrisation::Standard);
    let names = ["0.weight", "0.bias", "2.weight", "2.bias"];
    let trained = net.read_named(made("mixed_precision.safetensors"), &names, Layout::PyTorch).unwrap();
    assert_eq!(trained.outputs(&array![[1.0, 1.0], [2.0, -1.0]]).unwrap(), array![[0.875], [8.625]]);
    let ones = network("two weights", dense(1)).input(2);
    for (file, name) in [("half.npz", "arr_0"), ("half.safetensors", "w")] {
        let network = ones.read_named(made(file), &[name], Layout::RowsIn).unwrap();
        assert_eq!(network.parameters()[0].values, array![[1.0], [1.0]]);
    }
    // The least and the largest numbers of 16 bits, in either order of bytes.
    let network = network_of_halves();
    for name in ["little", "big"] {
        let network = network.read_named(made("halves.npz"), &[name], Layout::RowsIn).unwrap();
        let expected = [1.0, -2.0, 65504.0, 2f64.powi(-24), 2f64.powi(-14), -0.0];
        let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(network.parameters()[0].values.as_slice().unwrap()), bits(&expected), "{name}");
    }
}

fn network_of_halves() -> Net {
    network("six weights", dense(1)).input(6)
}

#[test]
fn tensors_that_are_not_named_are_left_out() {
    let net = network("two weights", dense(1)).input(2);
    let network = net.read_named(made("counted.npz"), &["w"], Layout::RowsIn).unwrap();
    assert_eq!(network.parameters()[0].values, array![[1.0], [1.0]]);
    // Without names nothing may be left over, and a name that is not there is found.
    assert!(matches!(net.read(made("counted.npz")), Err(Error::Tensor { fault: TensorFault::Names { .. }, .. })));
    match net.read_named(made("counted.npz"), &["W"], Layout::RowsIn) {
        Err(Error::Tensor { fault: TensorFault::Names { missing, surplus, .. }, .. }) => {
            assert_eq!((missing, surplus), (vec!["W".into()], vec!["w".into(), "steps".into()]))
        }
        other => panic!("{other:?}"),
    }
}

/// Conv2d(1, 1, 3, stride=2, padding=1, bias=False), Flatten(), Linear(4, 1, bias=False), weights 0 … 8 and 1, -1, 2, 0.5, on an image of
/// the pixels 0 … 15: output and tangent kernel by loops over the definition in Python.
#[test]
fn a_convolution_with_strides_is_padded_as_it_was() {
    let net = |convolution: Conv| {
        let net = network("strided", serial([convolution.stride(2, 2).into(), flatten(), dense(1)])).image(4, 4, 1);
        net.parametrisation(Parametrisation::Standard)
    };
    let read = |net: &Net, layout| net.read_named(made("strided.safetensors"), &["0.weight", "2.weight"], layout);
    let x = Matrix::from_shape_fn((1, 16), |(_, pixel)| pixel as f64);
    let trained = |convolution| {
        let network = read(&net(convolution), Layout::PyTorch).unwrap();
        (network.outputs(&x).unwrap()[[0, 0]], network.kernel(&x).unwrap().ntk().values()[[0, 0]])
    };
    assert_eq!(trained(Conv::new(1, 3).padding(1, 1)), (696.0, 301_710.5));
    // What torch.nn.functional.pad(x, (0, 1, 0, 1)) before it would give.
    assert_eq!(trained(Conv::new(1, 3).padding_sides([0, 1], [0, 1])), (502.5, 153_302.5));
    match read(&net(Conv::new(1, 3)), Layout::PyTorch) {
        Err(error @ Error::Tensor { fault: TensorFault::UnevenPadding { padding: [[0, 1], [0, 1]], .. }, .. }) => {
            let message = error.to_string();
            assert!(message.contains("0.convolution.weight") && message.contains(".padding(p, p)"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    // Weights of Keras and JAX mean the padding "same".
    let folder = folder("same-padding");
    let own = net(Conv::new(1, 3)).init(Seed(0)).unwrap();
    own.write(folder.join("same.npz")).unwrap();
    assert_eq!(net(Conv::new(1, 3)).read(folder.join("same.npz")).unwrap(), own);
    // Where "same" has as many zeros on both sides it is PyTorch's padding, and with stride 1 its padding="same".
    let path = folder.join("even.npz");
    for (convolution, size, side) in
        [(Conv::new(1, 3).stride(2, 2), 3, 5), (Conv::new(1, 2).stride(2, 2), 2, 4), (Conv::new(1, 4), 4, 4)]
    {
        let net = network("even", convolution.into()).image(side, side, 1);
        let own = net.init(Seed(0)).unwrap();
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, {size}, {size}), }}");
        let values = own.parameters()[0].values.as_slice().unwrap();
        fs::write(&path, zip(&[("w.npy".into(), npy(&header, values))])).unwrap();
        assert_eq!(net.read_named(&path, &["w"], Layout::PyTorch).unwrap(), own);
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_tied_layer_is_explained() {
    let net = network("twice", serial([dense(2), relu(), dense(2)])).input(2);
    let tied = net.read_named(made("positional.npz"), &["arr_0", "arr_0"], Layout::RowsIn);
    let message = tied.unwrap_err().to_string();
    assert!(message.contains("arr_0") && message.contains("tied") && message.contains("up to twice"), "{message}");
}

/// What the page of `Net::read_named` says of tied layers, against central differences of the tied network's outputs.
#[test]
fn the_jacobian_of_a_tied_layer_is_the_sum_of_both_places() {
    let net =
        network("twice", serial([dense(3), tanh(), dense(3)])).input(3).parametrisation(Parametrisation::Standard);
    let mut network = net.init(Seed(1)).unwrap();
    let weight = network.parameters()[0].values.clone();
    network.parameters_mut()[1].values = weight.clone();
    let x = sphere(2, 3, Seed(2)).unwrap();
    let jacobian = network.jacobian(&x).unwrap();
    let outputs = |w: &Matrix| x.dot(w).mapv(f64::tanh).dot(w);
    for place in 0..9 {
        let step = 1e-6;
        let moved = |by: f64| {
            let mut w = weight.clone();
            w[[place / 3, place % 3]] += by;
            outputs(&w)
        };
        let slope = (moved(step) - moved(-step)) / (2.0 * step);
        for (row, expected) in slope.iter().enumerate() {
            let tied = jacobian[[row, place]] + jacobian[[row, 9 + place]];
            assert!((tied - expected).abs() <= 1e-8, "{tied} {expected}");
        }
    }
}

#[test]
fn values_that_are_not_finite_are_found_and_not_written() {
    let (folder, net) = (folder("not-finite"), two_layers());
    let mut network = net.init(Seed(0)).unwrap();
    for (name, bad) in [("a.npz", f64::NAN), ("a.safetensors", f64::INFINITY)] {
        let path = folder.join(name);
        network.parameters_mut()[2].values[[3, 1]] = 1234.5;
        network.write(&path).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        let place = bytes.windows(8).position(|w| w == 1234.5_f64.to_le_bytes()).unwrap();
        if name.ends_with("npz") {
            // The same array again with its own checksum.
            let mut arrays = entries(&path);
            let place = arrays[2].1.len() - 8;
            arrays[2].1[place..].copy_from_slice(&bad.to_le_bytes());
            bytes = zip(&arrays);
        } else {
            bytes[place..place + 8].copy_from_slice(&bad.to_le_bytes());
        }
        fs::write(&path, &bytes).unwrap();
        match net.read(&path) {
            Err(Error::Tensor { fault: TensorFault::NotFinite { tensor, row: 3, column: 1, value, .. }, .. }) => {
                assert_eq!((tensor.as_str(), value.to_bits()), ("2.dense.weight", bad.to_bits()));
            }
            other => panic!("{other:?}"),
        }
        network.parameters_mut()[2].values[[3, 1]] = bad;
        assert!(matches!(network.write(&path), Err(Error::NotFinite { row: 3, column: 1, .. })));
        assert_eq!(fs::read(&path).unwrap(), bytes, "a failed writing leaves the file alone");
    }
    network.parameters_mut()[2].values = Array2::zeros((4, 3));
    assert!(matches!(network.write(folder.join("b.npz")), Err(Error::Size { expected: 2, got: 3, .. })));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn other_endings_and_paths_that_cannot_be_opened() {
    let (folder, net) = (folder("paths"), two_layers());
    let network = net.init(Seed(0)).unwrap();
    for name in ["net.pt", "net", ".npz", "net.npz.gz", ""] {
        for result in [network.write(folder.join(name)), net.read(folder.join(name)).map(|_| ())] {
            match result {
                Err(error @ Error::File { .. }) => {
                    let message = error.to_string();
                    assert!(message.contains(".npz or .safetensors"), "{message}");
                }
                other => panic!("{other:?}"),
            }
        }
    }
    let kind = |result: Result<(), Error>| match result {
        Err(Error::File { source, .. }) => source.kind(),
        other => panic!("{other:?}"),
    };
    for name in ["absent.npz", "absent.safetensors"] {
        assert_eq!(kind(net.read(folder.join(name)).map(|_| ())), ErrorKind::NotFound);
        assert_eq!(kind(network.write(folder.join("absent").join(name))), ErrorKind::NotFound);
        // Where a folder is, no file can be put; the one beside it is taken away again.
        fs::create_dir(folder.join(format!("folder-{name}"))).unwrap();
        assert!(network.write(folder.join(format!("folder-{name}"))).is_err());
        assert!(net.read(folder.join(format!("folder-{name}"))).is_err());
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    fs::remove_dir_all(folder).unwrap();
}
