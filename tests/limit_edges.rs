//! Limit rules where units are zero, equal or not many: against networks, whose kernels there do not vary.

use hadamard::prelude::*;

fn largest(a: &Matrix) -> f64 {
    a.iter().fold(0.0, |m: f64, v| if v.is_nan() { f64::NAN } else { m.max(v.abs()) })
}

#[test]
fn units_that_are_zero_have_the_slope_at_zero() {
    // A trained scale that starts at 0, as in ReZero: behind it K = 0, but not Θ.
    let x = sphere(3, 4, Seed(1)).unwrap() * 2.0;
    let net = |activation: Layer| {
        let zero = trained_scale(0.0);
        network("zero", serial([hidden(), relu(), zero, hidden(), activation, dense(1)])).input(4).width(2048)
    };
    for (activation, slope) in [(relu(), 0.0), (abs(), 0.0), (leaky_relu(0.3), 0.3), (gelu(), 0.5), (tanh(), 1.0)] {
        let net = net(activation.clone());
        let limit = net.limit_kernel(&x).unwrap();
        let finite = net.init(Seed(3)).unwrap().kernel(&x).unwrap();
        // What the scale adds to Θ is the kernel of the layer before, and the slope passes it on.
        let before = network("before", serial([hidden(), relu(), dense(1)])).limit_kernel(&x).unwrap();
        let expected = before.nngp().values() * (slope * slope);
        let error = largest(&(limit.ntk().values() - &expected));
        assert!(error <= 1e-14, "{activation:?}: {error}");
        let error = largest(&(finite.ntk().values() - &expected));
        assert!(error <= 0.15 * largest(&expected), "{activation:?}: {error}");
    }
}

#[test]
fn a_zero_unit_beside_others_has_the_slope_at_zero() {
    // Of two points one is zero, where a trained scale of a bias starts at 0: there K = 0, but Θ is not, with either point.
    let x = array![[0.0, 0.0], [1.0, -2.0]];
    for activation in [relu(), leaky_relu(-0.4), leaky_relu(0.7)] {
        let silent = serial([Dense::hidden().bias(0.9).into(), trained_scale(0.0)]);
        let net = network("zero point", serial([sum([hidden(), silent]), hidden(), activation, dense(1)]));
        let net = net.input(2).width(512);
        let (limit, sampled) = (net.limit_kernel(&x).unwrap(), net.monte_carlo_kernel(&x, 40, Seed(4)).unwrap());
        let z = largest(&sampled.z_scores(&limit).unwrap());
        assert!(z <= 4.5, "{net}: {z}");
        let power = largest(sampled.standard_error().ntk().values()) / limit.ntk().values()[[1, 1]];
        assert!(power <= 0.02, "{net}: {power}");
    }
}

#[test]
fn nothing_is_left_of_equal_units_after_layer_norm() {
    // The variance over units is then the rounding of two equal numbers, which must not be divided by ε.
    let x = Array2::from_shape_fn((4, 3), |(i, j)| if i == 3 { j as f64 } else { 1e3 / (3.0 + i as f64) });
    for epsilon in [0.0, 1e-12, 0.1] {
        let net = network("equal", serial([LayerNorm::new(epsilon).into(), hidden(), relu(), dense(1)]));
        let kernel = net.limit_kernel(&x).unwrap().ntk().values().clone();
        for ((i, j), &value) in kernel.indexed_iter() {
            assert!(if (i, j) == (3, 3) { value > 0.1 } else { value == 0.0 }, "ε = {epsilon}, {i}, {j}: {value}");
        }
    }
}

#[test]
fn copies_of_the_input_are_the_input() {
    // As many numbers, none of them random: what is refused on the input is refused on them.
    let copies = || concat([injection(), identity()]);
    let x = sphere(3, 4, Seed(1)).unwrap();
    let limit = |layers: Vec<Layer>| network("copies", serial(layers)).limit_kernel(&x);
    let biased = limit(vec![copies(), bias(0.6), hidden(), relu(), dense(1)]);
    assert!(matches!(biased, Err(Error::NoLimitRule { op: "bias", before: "the raw input" })), "{biased:?}");
    let added = limit(vec![sum([copies(), hidden()]), dense(1)]);
    assert!(matches!(added, Err(Error::NoLimitRule { op: "sum", before: "the raw input" })), "{added:?}");
    let plain = |gain: f64| -> Layer { Dense::hidden().plain_gain(gain).into() };
    let twice = limit(vec![copies(), plain(0.7), relu(), dense(1)]).unwrap();
    let once = limit(vec![plain(0.7 * 2f64.sqrt()), relu(), dense(1)]).unwrap();
    assert!(largest(&(twice.ntk().values() - once.ntk().values())) <= 1e-14);
}

#[test]
fn distances_do_not_overflow_before_their_kernels_do() {
    let x = sphere(3, 4, Seed(1)).unwrap();
    let kernel = |size: f64| network("linear", dense(1)).limit_kernel(&(&x * size)).unwrap().ntk().clone();
    let distance = kernel(2e100).relative_distance(&kernel(1e100)).unwrap();
    assert!((distance - 3.0).abs() <= 1e-14, "{distance}");
    let tiny = kernel(2e-100).relative_distance(&kernel(1e-100)).unwrap();
    assert!((tiny - 3.0).abs() <= 1e-14, "{tiny}");
}

/// Rows of a table of reference values, by the first column.
fn table(text: &'static str) -> impl Iterator<Item = (&'static str, Vec<f64>)> {
    text.lines().skip(1).map(|line| {
        let (name, numbers) = line.split_once(',').expect("several columns");
        (name, numbers.split(',').map(|v| v.parse().expect("a number")).collect())
    })
}

/// The networks of `tests/exact/near_parallel.py`.
fn near_parallel(name: &str) -> Net {
    let stack = |depth: usize, first: Layer, act: Layer| {
        let layers: Vec<Layer> = (0..depth).flat_map(|_| [first.clone(), act.clone()]).collect();
        serial(layers.into_iter().chain([dense(1)]))
    };
    let branch = || serial([hidden(), relu()]);
    let behind = |layer: Layer| serial([layer, hidden(), relu(), dense(1)]);
    let tree = match name {
        "mlp 1" => stack(1, hidden(), relu()),
        "mlp 2" => stack(2, hidden(), relu()),
        "mlp 4" => stack(4, hidden(), relu()),
        "bias" => {
            let biased = || -> Layer { Dense::hidden().bias(0.3).into() };
            serial([biased(), relu(), biased(), relu(), biased(), relu(), dense(1)])
        }
        "leaky" => stack(2, hidden(), leaky_relu(-0.5)),
        "abs" => stack(2, hidden(), abs()),
        "squared" => stack(2, hidden(), rectified_power(2)),
        "cube" => behind(serial([hidden(), monomial(3)])),
        "product" => behind(hadamard([branch(), branch()])),
        "skips" => behind(hadamard_skip([branch(), branch()])),
        "sum" => behind(sum([branch(), branch()])),
        "residual" => serial([hidden(), residual(serial([relu(), hidden()])), relu(), dense(1)]),
        "erf" => behind(serial([hidden(), erf()])),
        other => panic!("no network {other}"),
    };
    network(name, tree)
}

#[test]
fn nearly_parallel_and_opposite_points_keep_the_digits_of_double_precision() {
    let mut worst = std::collections::BTreeMap::<&str, f64>::new();
    for (name, row) in table(include_str!("exact/near_parallel.csv")) {
        let [angle, x0, x1, y0, y1, nngp, ntk] = row[..] else { panic!("{name}: {row:?}") };
        let kernels = near_parallel(name).limit_kernel(&array![[x0, x1], [y0, y1]]).unwrap();
        for (kernel, expected) in [(kernels.nngp(), nngp), (kernels.ntk(), ntk)] {
            let [a, b, c] = [[0, 0], [0, 1], [1, 1]].map(|at| kernel.values()[at]);
            // Of opposite points the kernels themselves are small.
            let error = (b - expected).abs() / (a * c).sqrt();
            assert!(error <= 6.0 * f64::EPSILON, "{name} at {angle:e}: {b:e}, not {expected:e}: {error:e}");
            let worst = worst.entry(name).or_default();
            *worst = worst.max(error);
        }
    }
    assert_eq!(worst.len(), 13);
    println!("largest errors, relative to the diagonal: {worst:?}");
}

#[test]
fn the_smallest_eigenvalue_of_two_close_points_is_their_angle_over_pi() {
    // To first order; second order is the angle squared.
    for (angle, expected) in [(1e-6, 3.183108862e-7), (1e-7, 3.183099862e-8), (5e-8, 1.591549681e-8)] {
        let angle: f64 = angle;
        let x = array![[1.0, 0.0], [angle.cos(), angle.sin()]];
        let kernels = mlp(1).limit_kernel(&x).unwrap();
        // Of a matrix [[a, b], [b, a]]; entries near 1 are rounded to 1.1e-16.
        let [a, b, c] = [[0, 0], [0, 1], [1, 1]].map(|at| kernels.ntk().values()[at]);
        let smallest = (a + c) / 2.0 - b;
        assert!((smallest - expected).abs() <= 4e-16 + 2e-10 * expected, "{angle:e}: {smallest:e}");
    }
}

/// Networks of which every one has another rule behind the input.
fn of_all_kinds() -> Vec<Net> {
    let act = |layer: Layer| serial([hidden(), layer]);
    let biased = || -> Layer { Dense::hidden().bias(0.4).into() };
    let deep = |layer: Layer| serial([biased(), layer.clone(), biased(), layer, dense(1)]);
    let smooth = [erf(), gelu(), tanh(), sigmoid(), sin(), cos(), hermite(2), monomial(3)];
    let kinked = [relu(), leaky_relu(0.2), abs(), rectified_power(2)];
    let trees = smooth.into_iter().chain(kinked).map(deep).chain([
        dense(1),
        serial([hadamard([act(relu()), act(tanh())]), hidden(), relu(), dense(1)]),
        serial([hadamard_skip([act(relu()), act(relu())]), biased(), abs(), dense(1)]),
        serial([sum([act(gelu()), act(relu())]), hidden(), relu(), dense(1)]),
        serial([hidden(), residual(serial([relu(), hidden()])), hidden(), relu(), dense(1)]),
        serial([concat([act(relu()), hidden()]), hidden(), relu(), dense(1)]),
        serial([hidden(), layer_norm(), relu(), dense(1)]),
        serial([hidden(), relu(), layer_norm(), hidden(), relu(), dense(1)]),
    ]);
    trees.enumerate().map(|(index, tree)| network(&format!("network {index}"), tree).width(16)).collect()
}

fn points(n: usize, d: usize) -> Matrix {
    let mut x = sphere(n, d.max(2), Seed((7 * n + d) as u64)).unwrap().slice(ndarray::s![.., ..d]).to_owned() * 1.7;
    if n >= 5 {
        // A repeated row, an opposite one, a row of zeros.
        let (first, second) = (x.row(0).to_owned(), x.row(1).to_owned());
        x.row_mut(2).assign(&first);
        x.row_mut(3).assign(&(second * -2.0));
        x.row_mut(4).fill(0.0);
    }
    x
}

fn close(a: &Matrix, b: &Matrix, what: &str) {
    let (error, size) = (largest(&(a - b)), largest(a).max(1.0));
    // Series leave 1e-12, of another number of terms for other points.
    assert!(error <= 4e-12 * size, "{what}: {error:e} of {size}");
}

#[test]
fn kernels_of_any_number_of_points_and_features_are_those_of_their_pairs() {
    for net in of_all_kinds() {
        for (n, d) in [(1, 1), (2, 1), (3, 1), (5, 1), (2, 2), (5, 2)] {
            let what = format!("{} of {n} points of {d}", net.name());
            let x = points(n, d);
            let whole = net.limit_kernel(&x).unwrap();
            let between = net.limit_kernel_between(&x, &x).unwrap();
            for (a, b) in [(whole.nngp(), between.nngp()), (whole.ntk(), between.ntk())] {
                close(a.values(), b.values(), &format!("{what}, with themselves"));
            }
            for (i, j) in (0..n).flat_map(|i| (0..=i).map(move |j| (i, j))) {
                let pair = x.select(Axis(0), &[i, j]);
                let pair = net.limit_kernel(&pair).unwrap();
                for (a, b) in [(whole.nngp(), pair.nngp()), (whole.ntk(), pair.ntk())] {
                    let (a, b) = (a.values()[[i, j]], b.values()[[0, 1]]);
                    assert!((a - b).abs() <= 4e-12 * a.abs().max(1.0), "{what}, {i} and {j}: {a} {b}");
                }
            }
        }
    }
}

#[test]
fn a_feature_of_zeros_and_the_order_in_memory_change_nothing() {
    for net in of_all_kinds() {
        for (n, d) in [(1, 1), (2, 1), (5, 1), (5, 2)] {
            let what = format!("{} of {n} points of {d}", net.name());
            let x = points(n, d);
            let kernels = net.limit_kernel(&x).unwrap();
            // The layer on the input divides by the number of features.
            let mut wider = Matrix::zeros((n, d + 1));
            wider.slice_mut(ndarray::s![.., ..d]).assign(&(&x * ((d + 1) as f64 / d as f64).sqrt()));
            let wider = net.limit_kernel(&wider).unwrap();
            let columns = Matrix::from_shape_fn(ndarray::ShapeBuilder::f((n, d)), |at| x[at]);
            let columns = net.limit_kernel(&columns).unwrap();
            for (a, b, c) in
                [(kernels.nngp(), wider.nngp(), columns.nngp()), (kernels.ntk(), wider.ntk(), columns.ntk())]
            {
                close(a.values(), b.values(), &format!("{what}, a feature of zeros"));
                assert_eq!(a.values(), c.values(), "{what}, columns first");
            }
        }
    }
}

#[test]
fn limits_on_a_line_are_the_means_of_networks() {
    let x = array![[1.0], [-2.0], [0.5], [0.0], [1.0]];
    let biased = || -> Layer { Dense::hidden().bias(0.5).into() };
    let nets = [
        network("ReLU", serial([biased(), relu(), dense(1)])),
        network("tanh", serial([biased(), tanh(), dense(1)])),
        network("squared", serial([biased(), rectified_power(2), dense(1)])),
        network("product", serial([hadamard([serial([biased(), relu()]), biased()]), dense(1)])),
    ];
    for net in nets {
        let net = net.input(1).width(512);
        let (limit, sampled) = (net.limit_kernel(&x).unwrap(), net.monte_carlo_kernel(&x, 60, Seed(5)).unwrap());
        let z = largest(&sampled.z_scores(&limit).unwrap());
        assert!(z <= 5.0, "{}: {z}", net.name());
    }
    let relu =
        network("ReLU", serial([hidden(), relu(), dense(1)])).limit_kernel(&array![[1.0], [-2.0], [0.5]]).unwrap();
    let exact = array![[0.5, 0.0, 0.25], [0.0, 2.0, 0.0], [0.25, 0.0, 0.125]];
    assert!(largest(&(relu.nngp().values() - &exact)) <= 1e-15);
    assert!(largest(&(relu.ntk().values() - &(exact * 2.0))) <= 1e-15);
}
#[test]
fn padding_is_a_rim_of_zeros() {
    // On an image of 3 × 4, against the image of 6 × 6 with the zeros in it.
    let x = sphere(3, 12, Seed(1)).unwrap();
    let rimmed = Array2::from_shape_fn((3, 36), |(n, pixel)| {
        let (row, column) = (pixel / 6, pixel % 6);
        if (1..4).contains(&row) && column >= 2 { x[[n, (row - 1) * 4 + column - 2]] } else { 0.0 }
    });
    for readout in [flatten(), global_average_pool()] {
        let net = |first: Conv, side: (usize, usize)| {
            let first = first.stride(2, 1).bias(0.3).into();
            network("rim", serial([first, relu(), readout.clone(), dense(1)])).image(side.0, side.1, 1)
        };
        let padded = net(Conv::new(4, 3).padding_sides([1, 2], [2, 0]), (3, 4)).limit_kernel(&x).unwrap();
        let whole = net(Conv::new(4, 3).valid(), (6, 6)).limit_kernel(&rimmed).unwrap();
        assert!(largest(&(padded.nngp().values() - whole.nngp().values())) <= 1e-14);
        assert!(largest(&(padded.ntk().values() - whole.ntk().values())) <= 1e-14);
    }
}
