//! Limit and finite kernels against neural-tangents 0.6.5: the files under tests/oracle/data, with the script that made them.

use hadamard::prelude::*;
use ndarray::{ArrayD, Ix2};
use ndarray_npy::NpzReader;
use std::collections::BTreeMap;
use std::f64::consts::SQRT_2;
use std::fs::File;
use std::path::Path;

/// Relative tolerance, in the largest value of a matrix.
const TOLERANCE: f64 = 1e-10;

fn d(width: usize, sigma_w: f64, sigma_b: impl Into<Option<f64>>) -> Layer {
    let layer = Dense::new(width).sigma_w(sigma_w);
    sigma_b.into().map_or(layer.clone(), |b| layer.bias(b)).into()
}

fn c(layer: Conv, sigma_w: f64, sigma_b: impl Into<Option<f64>>) -> Layer {
    let layer = layer.sigma_w(sigma_w);
    sigma_b.into().map_or(layer.clone(), |b| layer.bias(b)).into()
}

/// `dense, φ, dense, φ, dense`.
fn two(activation: Layer, layers: [Layer; 3]) -> Layer {
    let [a, b, c] = layers;
    serial([a, activation.clone(), b, activation, c])
}

/// The trees of the README beside the data.
fn trees() -> Vec<(&'static str, Layer)> {
    let r2 = SQRT_2;
    let same = |channels| Conv::new(channels, 3);
    vec![
        ("mlp_relu", serial([d(8, r2, 0.1), relu(), d(7, r2, 0.1), relu(), d(9, r2, 0.1), relu(), d(1, r2, 0.1)])),
        ("mlp_erf", two(erf(), [d(8, 1.5, 0.2), d(9, 1.2, 0.1), d(1, 1.1, None)])),
        ("leaky_relu", two(leaky_relu(0.1), [d(8, 1.3, 0.1), d(7, 1.4, None), d(1, 1.0, None)])),
        ("abs", two(abs(), [d(8, 1.1, 0.3), d(7, 1.0, 0.1), d(1, 1.0, None)])),
        ("gelu", two(gelu(), [d(8, 1.4, 0.2), d(9, 1.5, 0.1), d(1, 1.0, None)])),
        ("sin", two(sin(), [d(8, 1.2, 0.3), d(7, 1.3, 0.1), d(1, 1.0, None)])),
        ("cos", two(cos(), [d(8, 1.2, 0.3), d(7, 1.3, 0.1), d(1, 1.0, None)])),
        ("monomial", serial([d(8, 0.9, 0.1), monomial(3), d(1, 0.7, 0.2)])),
        ("hermite", serial([d(8, 1.0, None), hermite(3), d(1, 1.2, None)])),
        (
            "product_relu",
            serial([
                hadamard([
                    serial([d(8, r2, 0.1), relu()]),
                    serial([d(8, 1.2, 0.2), relu()]),
                    serial([d(8, 1.6, 0.3), relu()]),
                ]),
                d(1, 0.9, None),
            ]),
        ),
        ("gated_erf", serial([hadamard([d(8, 1.1, 0.1), serial([d(8, 1.5, 0.2), erf()])]), d(1, 1.2, 0.1)])),
        (
            "product_deep",
            serial([
                hadamard([serial([d(8, r2, 0.1), relu()]), serial([d(8, 1.2, None), erf()])]),
                d(7, 1.3, 0.2),
                relu(),
                d(1, 1.0, None),
            ]),
        ),
        (
            "residual_relu",
            serial([
                d(8, 1.2, 0.1),
                residual(serial([relu(), d(8, 0.8, 0.2)])),
                residual(serial([relu(), d(8, 0.6, 0.1)])),
                relu(),
                d(1, 1.1, None),
            ]),
        ),
        (
            "concat",
            serial([
                concat([serial([d(8, 1.3, 0.1), relu()]), serial([d(5, 1.6, 0.2), erf()])]),
                d(7, 1.4, 0.1),
                relu(),
                d(1, 1.0, None),
            ]),
        ),
        (
            "layer_norm",
            serial([d(8, 1.3, 0.4), layer_norm(), relu(), d(9, 1.2, 0.1), layer_norm(), erf(), d(1, 1.1, None)]),
        ),
        ("ten_outputs", two(relu(), [d(8, r2, 0.1), d(7, r2, 0.1), d(10, 1.0, 0.2)])),
        ("standard", two(relu(), [d(8, r2, 0.1), d(7, 1.3, 0.2), d(1, 1.1, 0.3)])),
        (
            "conv_flatten",
            serial([c(same(7), r2, 0.1), relu(), c(same(8).valid(), 1.3, 0.2), relu(), flatten(), d(1, 1.1, 0.1)]),
        ),
        (
            "conv_gap",
            serial([c(same(7), r2, 0.1), relu(), c(same(8), 1.3, 0.2), relu(), global_average_pool(), d(1, 1.2, None)]),
        ),
        (
            "conv_stride_pool",
            serial([
                c(same(7).stride(2, 2), 1.4, 0.2),
                relu(),
                AveragePool::new(2).stride(1, 1).into(),
                c(Conv::new(8, 2).valid(), 1.5, 0.1),
                erf(),
                flatten(),
                d(1, 1.1, None),
            ]),
        ),
        (
            "conv_product",
            serial([
                hadamard([serial([c(same(7), r2, 0.1), relu()]), serial([c(same(7), 1.2, 0.3), relu()])]),
                global_average_pool(),
                d(1, 1.1, 0.1),
            ]),
        ),
        (
            "conv_layer_norm",
            serial([
                c(same(7), 1.2, 0.3),
                layer_norm(),
                relu(),
                c(same(8), 1.4, 0.1),
                layer_norm(),
                relu(),
                global_average_pool(),
                d(1, 1.1, None),
            ]),
        ),
        (
            "conv_residual",
            serial([
                c(same(7), 1.2, 0.1),
                residual(serial([relu(), c(same(7), 0.9, 0.2)])),
                relu(),
                global_average_pool(),
                d(1, 1.1, None),
            ]),
        ),
    ]
}

/// All arrays of a file.
struct Reference(BTreeMap<String, ArrayD<f64>>);

impl Reference {
    fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/data").join(format!("{name}.npz"));
        let mut file = NpzReader::new(File::open(&path).unwrap()).unwrap();
        let names = file.names().unwrap();
        let sizes = ["height", "width", "channels"];
        let array = |key: &String| match sizes.iter().any(|s| key == s) {
            true => file.by_name::<ndarray::OwnedRepr<i64>, ndarray::IxDyn>(key).unwrap().mapv(|v| v as f64),
            false => file.by_name::<ndarray::OwnedRepr<f64>, ndarray::IxDyn>(key).unwrap(),
        };
        Self(names.iter().map(|n| n.trim_end_matches(".npy").to_string()).zip(names.iter().map(array)).collect())
    }

    fn matrix(&self, key: &str) -> Option<Matrix> {
        self.0.get(key).map(|a| a.clone().into_dimensionality::<Ix2>().unwrap())
    }

    fn size(&self, key: &str) -> usize {
        self.0[key].iter().copied().next().unwrap() as usize
    }

    /// The architecture with sizes, and the network with the parameters of the file.
    fn network(&self, name: &str, layer: Layer) -> Network {
        let net = network(name, layer);
        let net = if self.0.contains_key("height") {
            net.image(self.size("height"), self.size("width"), self.size("channels"))
        } else {
            net.input(self.matrix("x1").unwrap().ncols())
        };
        let net = if name == "standard" { net.parametrisation(Parametrisation::Standard) } else { net };
        let mut network = net.init(Seed(0)).unwrap();
        let count = self.0.keys().filter(|k| k.strip_prefix('p').is_some_and(|n| n.parse::<usize>().is_ok())).count();
        assert_eq!(network.parameters().len(), count, "{name}");
        for (index, parameter) in network.parameters_mut().iter_mut().enumerate() {
            let values = self.0[&format!("p{index}")].clone();
            let dim = parameter.values.dim();
            parameter.values = values.into_shape_with_order(dim).unwrap();
        }
        network
    }
}

fn relative(got: &Matrix, expected: &Matrix) -> f64 {
    assert_eq!(got.dim(), expected.dim());
    let largest = |a: &Matrix| a.iter().fold(0.0, |m: f64, v| if v.is_nan() { f64::NAN } else { m.max(v.abs()) });
    largest(&(got - expected)) / largest(expected)
}

/// The NTK of every point with itself, `[n, 1]`, where `E φ̇² = 1/2` exactly.
///
/// The angle of two points has an infinite slope where they are equal. There neural-tangents loses half of its digits on
/// two of the diagonal values (1e-8), by the rounding of a cosine that should be 1; so these are compared with the
/// recursion itself: `q ← σ_w² q/2 + σ_b²`, `Θ ← σ_w² Θ/2 + q`.
fn diagonal_of_relu_kernel(name: &str, x: &Matrix) -> Matrix {
    let later = if name == "mlp_relu" { vec![(2.0, 0.01); 3] } else { vec![(2.0, 0.01), (1.0, 0.04)] };
    let diagonal = x.rows().into_iter().map(|row| {
        let q = 2.0 * row.dot(&row) / row.len() as f64 + 0.01;
        later.iter().fold((q, q), |(q, t), (w, b)| (w * q / 2.0 + b, w * q / 2.0 + b + w * t / 2.0)).1
    });
    diagonal.collect::<Vector>().insert_axis(Axis(1))
}

#[test]
fn kernels_equal_those_of_neural_tangents() {
    let (mut compared, mut worst) = (0, 0.0_f64);
    let trees = trees();
    for (name, layer) in &trees {
        let file = Reference::read(name);
        let network = file.network(name, layer.clone());
        let (x1, x2) = (file.matrix("x1").unwrap(), file.matrix("x2").unwrap());
        let own = network.kernel(&x1).unwrap();
        let between = network.kernel_between(&x1, &x2).unwrap();
        let limit = network.net().limit_kernel_between(&x1, &x2).unwrap();
        let limit_own = network.net().limit_kernel(&x1).unwrap();
        let outputs = network.outputs(&x1).unwrap();
        for (key, got) in [
            ("outputs_finite", &outputs),
            ("ntk_finite", between.ntk().values()),
            ("ntk_finite_own", own.ntk().values()),
            ("nngp_limit", limit.nngp().values()),
            ("ntk_limit", limit.ntk().values()),
            ("nngp_limit_own", limit_own.nngp().values()),
            ("ntk_limit_own", limit_own.ntk().values()),
        ] {
            let mut expected = file.matrix(key).unwrap();
            if key == "ntk_limit_own" && ["mlp_relu", "ten_outputs"].contains(name) {
                let exact = diagonal_of_relu_kernel(name, &x1);
                let off = relative(&expected.diag().to_owned().insert_axis(Axis(1)), &exact);
                assert!(off <= 1e-8, "{name}: {off:e}");
                expected.diag_mut().assign(&exact.column(0));
            }
            let error = relative(got, &expected);
            assert!(error <= TOLERANCE, "{name}, {key}: {error:e}");
            worst = worst.max(error);
            compared += 1;
        }
    }
    assert!(trees.len() >= 23 && compared == 7 * trees.len());
    println!("{} architectures, {compared} matrices, largest relative deviation {worst:.1e}", trees.len());
}

/// The squared ReLU, as any scalar function and in closed form.
#[test]
fn a_function_of_ones_own_equals_neural_tangents() {
    let relu2 = elementwise("squared ReLU", |u| u.max(0.0) * u.max(0.0), |u| 2.0 * u.max(0.0));
    let name = "rectified_monomial";
    let file = Reference::read(name);
    let network = file.network(name, serial([d(8, 0.9, 0.1), relu2, d(1, 0.7, 0.2)]));
    let (x1, x2) = (file.matrix("x1").unwrap(), file.matrix("x2").unwrap());
    let finite = network.kernel_between(&x1, &x2).unwrap();
    let error = relative(finite.ntk().values(), &file.matrix("ntk_finite").unwrap());
    assert!(error <= TOLERANCE, "{error:e}");
    let power = serial([d(8, 0.9, 0.1), rectified_power(2), d(1, 0.7, 0.2)]);
    // Its second derivative jumps, so that neither the series nor the quadrature has 1e-12: refused unless a tolerance is set.
    assert!(matches!(network.net().limit_kernel_between(&x1, &x2), Err(Error::SeriesTail { .. })));
    let loose = Elementwise::new("squared ReLU", |u| u.max(0.0) * u.max(0.0), |u| 2.0 * u.max(0.0)).tolerance(1e-4);
    let loose = file.network(name, serial([d(8, 0.9, 0.1), loose.into(), d(1, 0.7, 0.2)]));
    let own = loose.net().limit_kernel_between(&x1, &x2).unwrap();
    let closed = file.network(name, power).net().limit_kernel_between(&x1, &x2).unwrap();
    for (key, own, closed) in [("nngp_limit", own.nngp(), closed.nngp()), ("ntk_limit", own.ntk(), closed.ntk())] {
        let expected = file.matrix(key).unwrap();
        let error = relative(closed.values(), &expected);
        assert!(error <= TOLERANCE, "{key}: {error:e}");
        let error = relative(own.values(), &expected);
        assert!(error <= 1e-4, "{key}, within its tolerance: {error:e}");
    }
}
