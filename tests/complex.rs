//! Networks of complex numbers against formulas and Monte Carlo of their own: no code of the limit rules is in the oracles.

use hadamard::prelude::*;

fn relative(got: f64, expected: f64) -> f64 {
    (got - expected).abs() / expected.abs()
}

/// `E φ(z) φ̄(z')` and `E φ_z φ̄'_z + E φ_z̄ φ̄'_z̄` of one hidden layer: two real points of length √d at correlation `ρ`, so that
/// `E|z|² = 1`.
fn hidden_layer(layer: Layer, correlation: f64) -> [f64; 2] {
    let x = array![[1.0, 0.0], [correlation, (1.0 - correlation * correlation).sqrt()]] * 2f64.sqrt();
    let layers = [to_complex(), complex_hidden(), layer, complex_dense(1), real_part()];
    let kernels = network("one layer", serial(layers)).limit_kernel(&x).unwrap();
    let [k, theta] = [kernels.nngp(), kernels.ntk()].map(|kernel| kernel.values()[[0, 1]]);
    // The readout halves what is E φ φ̄'; its own share is that too, and the layer below has Θ = ρ.
    [2.0 * k, 2.0 * (theta - k) / correlation]
}

/// By Monte Carlo over `z`, `z'`, written out for modReLU: value and backprop factor with standard errors.
fn sampled(b: f64, correlation: f64, count: usize) -> [(f64, f64); 2] {
    let normals = gaussian(count, 4, Seed(3)).unwrap() * 0.5f64.sqrt();
    let mut values = [Vec::with_capacity(count), Vec::with_capacity(count)];
    let other = (1.0 - correlation * correlation).sqrt();
    for row in normals.rows() {
        let z = [row[0], row[1]];
        let w = [0, 1].map(|part| correlation * z[part] + other * row[2 + part]);
        let radius = |z: [f64; 2]| z[0].hypot(z[1]);
        let phi = |z: [f64; 2]| z.map(|part| (radius(z) + b).max(0.0) * part / radius(z));
        // Wirtinger: φ_z = (ρ' + ρ/r)/2, φ_z̄ = (ρ' - ρ/r)/2 e^{2iθ}.
        let on = |z: [f64; 2]| if radius(z) + b > 0.0 { 1.0 } else { 0.0 };
        let ratio = |z: [f64; 2]| (radius(z) + b).max(0.0) / radius(z);
        let twice = |z: [f64; 2]| 2.0 * z[1].atan2(z[0]);
        let (a, c) = (phi(z), phi(w));
        values[0].push(a[0] * c[0] + a[1] * c[1]);
        let along = (on(z) + ratio(z)) * (on(w) + ratio(w)) / 4.0;
        let across = (on(z) - ratio(z)) * (on(w) - ratio(w)) / 4.0 * (twice(z) - twice(w)).cos();
        values[1].push(along + across);
    }
    values.map(|values| {
        let found = sample_mean(&values).unwrap();
        (found.mean, found.deviation / (count as f64).sqrt())
    })
}

#[test]
fn the_dual_kernel_of_mod_relu_has_the_values_of_quadrature() {
    // In 40 digits: tests/exact/mod_relu.py -0.3, and -1.2.
    for (b, correlation, value, slope) in [
        (-0.3, 0.3, 0.162496434675, 0.543291145422),
        (-0.3, 0.8, 0.438574839392, 0.568998277306),
        (-0.3, -0.5, -0.271604145535, 0.548402439942),
        (-1.2, 0.3, 0.00665547039632, 0.0264922852283),
        (-1.2, 0.8, 0.0285789321223, 0.0688944617319),
        (-1.2, -0.5, -0.0130163379594, 0.0381258572008),
    ] {
        let [got, factor] = hidden_layer(mod_relu(b), correlation);
        println!("b = {b}, rho = {correlation}: {got:.10} {factor:.10}");
        assert!((got - value).abs() <= 1e-11 && (factor - slope).abs() <= 1e-11, "{b} {correlation}: {got} {factor}");
    }
    for b in [-0.05, -0.3, -1.0, -2.0] {
        for correlation in [0.5, -0.9, 0.99, 0.999] {
            let [got, factor] = hidden_layer(mod_relu(b), correlation);
            for (got, (mean, error)) in [got, factor].into_iter().zip(sampled(b, correlation, 400_000)) {
                let z = (got - mean) / error;
                assert!(z.abs() <= 4.5, "b = {b}, {correlation}: {got}, sampled {mean} ± {error}, z = {z}");
            }
        }
    }
}

#[test]
fn series_and_integral_meet() {
    // The series alone up to a correlation of about 0.97, the integral beyond: the kernel and its slope go on.
    for b in [-0.3, -1.2] {
        let at = |correlation: f64| hidden_layer(mod_relu(b), correlation);
        let mut before = at(0.9);
        for step in 1..=33 {
            let correlation = 0.9 + 0.003 * f64::from(step);
            let [value, factor] = at(correlation);
            // κ' is the backprop factor (Result B): the kernel is convex, so that the difference lies between both slopes.
            let slope = (value - before[0]) / 0.003;
            assert!(
                before[1] - 1e-9 <= slope && slope <= factor + 1e-9,
                "{b} {correlation}: {slope} {before:?} {factor}"
            );
            before = [value, factor];
        }
    }
}

#[test]
fn split_networks_are_their_real_counterparts() {
    // Result A: Re of the complex kernel is the real network's on the stacked input, of complex inputs too.
    let x = gaussian(7, 6, Seed(1)).unwrap();
    for layer in [relu(), tanh(), erf()] {
        let complex = |activation: Layer| {
            let layers =
                [complex_hidden(), activation.clone(), complex_hidden(), activation, complex_dense(1), real_part()];
            network("complex", serial(layers)).complex_input(3)
        };
        let real = network("real", serial([hidden(), layer.clone(), hidden(), layer.clone(), dense(1)]));
        let (complex, real) = (complex(layer).limit_kernel(&x).unwrap(), real.limit_kernel(&x).unwrap());
        for part in [Kernels::ntk as fn(&Kernels) -> &Kernel, Kernels::nngp] {
            let apart = part(&complex).relative_distance(part(&real)).unwrap();
            assert!(apart <= 1e-13, "{apart}");
        }
    }
}

#[test]
fn the_modulus_has_the_moments_of_rayleigh() {
    // E|z|² = 1 and (E|z|)² = π/4 of uncorrelated z, z'.
    let x = array![[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]] * 2f64.sqrt();
    let layers = [to_complex(), complex_hidden(), modulus(), dense(1)];
    let kernel = network("modulus", serial(layers)).limit_kernel(&x).unwrap();
    let k = kernel.nngp().values();
    assert!(relative(k[[0, 0]], 1.0) <= 1e-13 && relative(k[[0, 2]], 1.0) <= 1e-13, "{k}");
    assert!(relative(k[[0, 1]], std::f64::consts::FRAC_PI_4) <= 1e-13, "{k}");
}

#[test]
fn what_does_not_fit_is_refused_in_words() {
    let says = |layers: Vec<Layer>, words: &[&str]| {
        let net = network("odd", serial(layers)).input(5).width(4);
        let error = net.init(Seed(0)).unwrap_err().to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
        assert!(net.to_string().contains("does not fit"), "{net}");
    };
    says(vec![halves_to_complex(), complex_dense(1)], &["got 5", "even"]);
    says(vec![hidden(), complex_dense(1)], &["ComplexDense", "real ones", "to_complex()"]);
    says(vec![to_complex(), complex_hidden(), dense(1)], &["Dense", "complex ones", "real_part()"]);
    says(vec![to_complex(), complex_hidden(), layer_norm()], &["LayerNorm", "complex ones"]);
    says(vec![hadamard([hidden(), serial([to_complex(), complex_hidden()])])], &["Hadamard", "to_complex()"]);
    says(vec![concat([hidden(), serial([to_complex(), complex_hidden()])])], &["concat", "to_complex()"]);
    let negative = radial("negative", |r| r - 1.0, |_| 1.0);
    says(vec![to_complex(), complex_hidden(), negative], &["negative", "radius function", "-1", "at least 0"]);
    let infinite = radial("infinite", |r| (r * r).exp(), |r| 2.0 * r * (r * r).exp());
    says(vec![to_complex(), complex_hidden(), infinite], &["infinite", "radius function", "inf"]);
    let wrong = radial("wrong", |r| r * r, |r| r);
    says(vec![to_complex(), complex_hidden(), wrong], &["wrong", "slope"]);
    says(vec![to_complex(), ComplexDense::new(0).into()], &["complex_dense", "width is 0"]);
    says(vec![to_complex(), ComplexDense::new(1).sigma_w(f64::NAN).into()], &["σ_w is NaN"]);

    let unknown = vec![to_complex(), complex_hidden(), mod_relu(f64::NAN)];
    says(unknown, &["modReLU(b = NaN)", "radius function", "NaN"]);

    // Complex data of an odd number of columns.
    let net = network("complex", serial([complex_hidden(), complex_dense(1)])).complex_input(3).width(4);
    let odd = gaussian(2, 5, Seed(0)).unwrap();
    let error = net.limit_kernel(&odd).unwrap_err().to_string();
    assert!(error.contains("expected 6 input features, got 5"), "{error}");
    let error = net.init(Seed(0)).unwrap().outputs(&odd).unwrap_err().to_string();
    assert!(error.contains("expected 6 input features, got 5"), "{error}");

    // A limit that is not there names the way that is.
    let limit = |layer: Layer| {
        let layers = [to_complex(), complex_hidden(), layer, complex_dense(1), real_part()];
        network("no limit", serial(layers)).limit_kernel(&gaussian(2, 3, Seed(0)).unwrap())
    };
    for (layer, word) in [(zrelu(), "jumps"), (mod_relu(0.5), "positive at 0")] {
        let error = limit(layer).unwrap_err().to_string();
        assert!(error.contains(word) && error.contains("monte_carlo_kernel"), "{error}");
    }
    let large = network(
        "unscaled",
        serial([to_complex(), complex_hidden(), radial("tanh", f64::tanh, |r| r.cosh().powi(-2)), complex_dense(1)]),
    );
    let error = large.limit_kernel(&array![[3000.0, 0.1], [0.001, 5.0]]).unwrap_err().to_string();
    assert!(error.contains("sigma_w") && error.contains("monte_carlo_kernel"), "{error}");
    let kinked = radial("kinked", |r| (r - 0.5).max(0.0), |r| if r > 0.5 { 1.0 } else { 0.0 });
    let error = limit(kinked).unwrap_err().to_string();
    assert!(error.contains("kinks"), "{error}");
}

#[test]
fn real_weights_are_not_read_into_a_complex_layer() {
    let folder = std::env::temp_dir().join(format!("hadamard-complex-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("real.safetensors");
    let real = network("real", serial([dense(3), dense(3)])).input(3).init(Seed(0)).unwrap();
    real.write(&path).unwrap();
    let complex = network("complex", complex_dense(3)).complex_input(3);
    let error = complex.read(&path).unwrap_err().to_string();
    assert!(error.contains("imaginary_weight"), "{error}");
    let drawn = complex.init(Seed(1)).unwrap();
    drawn.write(&path).unwrap();
    assert!(complex.read(&path).unwrap().parameters() == drawn.parameters());
    assert!(real.net().read(&path).is_err());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn single_precision_and_one_sample_stand() {
    let layers = [complex_hidden(), mod_relu(-0.2), complex_dense(2)];
    let net = network("small", serial(layers)).complex_input(1).width(1);
    let network = net.init(Seed(0)).unwrap();
    for n in [1, 2] {
        let x = gaussian(n, 2, Seed(4)).unwrap();
        let (double, single) = (network.kernel(&x).unwrap(), network.cast::<f32>().kernel(&x).unwrap());
        assert!(single.ntk().relative_distance(double.ntk()).unwrap() <= 1e-5);
        let zero = Matrix::zeros((n, 2));
        assert!(net.limit_kernel(&zero).unwrap().ntk().values().iter().all(|&v| v == 0.0));
        assert!(network.kernel(&zero).unwrap().ntk().values().iter().all(|&v| v == 0.0));
    }
}
