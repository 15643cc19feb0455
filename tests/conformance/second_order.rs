//! Second derivatives: of losses in the parameters, of the tangent kernel, and of what the input moves.

use crate::case::{Case, flat, for_each, largest, noise, relative_error};
use crate::cases::cases;
use hadamard::prelude::*;

/// Networks whose second derivatives are known.
fn twice() -> Vec<Case> {
    let known = |case: &Case| {
        let (network, x) = (case.network(), case.points(1, 1));
        let y = Matrix::zeros((1, network.outputs_count()));
        !matches!(network.hessian_operator(&SquaredError, &x, &y), Err(Error::NoSecondDerivative { .. }))
    };
    cases().into_iter().filter(known).collect()
}

/// A direction in the parameters.
fn direction(network: &Network, seed: u64) -> Vec<Matrix> {
    let shapes = network.parameters().iter().map(|p| p.values.dim());
    shapes.zip(seed..).map(|(dim, seed)| noise(dim, seed)).collect()
}

fn moved(network: &Network, along: &[Matrix], step: f64) -> Network {
    let mut moved = network.clone();
    for (parameter, d) in moved.parameters_mut().iter_mut().zip(along) {
        parameter.values.scaled_add(step, d);
    }
    moved
}

/// The gradient of the loss, written from its definition.
fn gradient<L: Loss>(network: &Network, loss: &L, x: &Matrix, y: &Matrix) -> Vector {
    let outputs = network.outputs(x).unwrap();
    let mut u = Matrix::zeros(outputs.dim());
    for ((f, y), mut u) in outputs.rows().into_iter().zip(y.rows()).zip(u.rows_mut()) {
        let mut slope = vec![0.0; y.len()];
        loss.gradient(&f.to_vec(), &y.to_vec(), &mut slope);
        u.iter_mut().zip(slope).for_each(|(u, s)| *u = s / x.nrows() as f64);
    }
    flat(&network.vector_jacobian(&u, x).unwrap())
}

/// The larger of a result's size and of what differences lose by rounding.
fn scale(values: &Vector, gradient: &Vector) -> f64 {
    largest(values).max(1e-3 * largest(gradient)).max(f64::MIN_POSITIVE)
}

fn hessian_equals_differences<L: Loss + Clone + Send + Sync + 'static>(case: &Case, loss: &L, y: &Matrix) {
    let (network, x) = (case.network(), case.points(y.nrows(), 1));
    let here = gradient(&network, loss, &x, y);
    for seed in [1000, 2000] {
        let along = direction(&network, seed);
        let product = flat(&network.hessian_vector(loss, &along, &x, y).unwrap());
        let step = 1e-5;
        let at = |step: f64| gradient(&moved(&network, &along, step), loss, &x, y);
        let difference = (at(step) - at(-step)) / (2.0 * step);
        let error = largest(&(&product - &difference));
        let scale = scale(&difference, &here);
        assert!(error <= 1e-6 * scale, "{}: {error:e} of {scale:e}", case.name());
    }
}

#[test]
fn hessian_vector_products_equal_central_differences_of_the_gradient() {
    let cases = twice();
    assert!(cases.len() >= 100, "{} cases", cases.len());
    for_each("Hessian-vector product", &cases, |case| {
        let outputs = case.network().outputs_count();
        // More samples than a block of a streamed sweep holds.
        for n in [1, 2, 37] {
            hessian_equals_differences(case, &SquaredError, &noise((n, outputs), 7));
        }
        let signs = noise((5, outputs), 8).mapv(f64::signum);
        hessian_equals_differences(case, &Logistic, &signs);
        if outputs >= 2 {
            let classes = Matrix::from_shape_fn((5, outputs), |(i, o)| if o == i % outputs { 1.0 } else { 0.0 });
            hessian_equals_differences(case, &SoftmaxCrossEntropy, &classes);
        }
    });
}

#[test]
fn the_hessian_is_symmetric_and_the_operator_is_its_products() {
    for_each("symmetry", &twice(), |case| {
        let (network, x) = (case.network(), case.points(6, 1));
        let y = noise((6, network.outputs_count()), 7);
        let [u, v] = [10, 500].map(|seed| direction(&network, seed));
        let [hu, hv] = [&u, &v].map(|along| flat(&network.hessian_vector(&SquaredError, along, &x, &y).unwrap()));
        let (left, right) = (flat(&u).dot(&hv), flat(&v).dot(&hu));
        let size = largest(&hu).max(largest(&hv)) * (hu.len() as f64).sqrt();
        assert!((left - right).abs() <= 1e-10 * size, "{}: {left} {right}", case.name());

        let columns = ndarray::stack![Axis(1), flat(&u), flat(&v)];
        let operator = network.hessian_operator(&SquaredError, &x, &y).unwrap();
        let products = operator.apply(&columns).unwrap();
        assert!(products.column(0) == hu && products.column(1) == hv, "{}", case.name());
        assert_eq!(operator.dim(), network.flat().len());
    });
}

/// Few points, so that the operator keeps what its products have in common: the later ones are those of new operators all the same.
#[test]
fn later_products_of_an_operator_are_those_of_the_first() {
    for_each("kept products", &twice(), |case| {
        let (network, x) = (case.network(), case.points(1, 1));
        let y = noise((1, network.outputs_count()), 7);
        let operator = network.hessian_operator(&SquaredError, &x, &y).unwrap();
        for seed in [10, 500, 1000] {
            let along = direction(&network, seed);
            let v = flat(&along).insert_axis(Axis(1));
            let found = operator.clone().apply(&v).unwrap();
            let fresh = network.hessian_operator(&SquaredError, &x, &y).unwrap().apply(&v).unwrap();
            assert!(found == fresh, "{}", case.name());
            let alone = flat(&network.hessian_vector(&SquaredError, &along, &x, &y).unwrap());
            assert!(found.column(0) == alone, "{}", case.name());
        }
    });
}

#[test]
fn gauss_newton_products_are_those_with_the_jacobian() {
    for_each("Gauss-Newton", &cases(), |case| {
        let (network, x) = (case.network(), case.points(7, 1));
        let outputs = network.outputs_count();
        let y = noise((7, outputs), 7);
        let jacobian = network.jacobian(&x).unwrap();
        let v = flat(&direction(&network, 10)).insert_axis(Axis(1));
        let product = network.gauss_newton_operator(&SquaredError, &x, &y).unwrap().apply(&v).unwrap();
        let expected = jacobian.t().dot(&jacobian.dot(&v)) * (2.0 / 7.0);
        let error = relative_error(&product, &expected);
        assert!(error <= 1e-11, "{}: {error:e}", case.name());
    });
}

#[test]
fn kernel_derivatives_equal_central_differences_of_the_kernel() {
    for_each("kernel derivative", &twice(), |case| {
        for n in [1, 2, 5] {
            let (network, x) = (case.network(), case.points(n, 3));
            let along = direction(&network, 30);
            let derivative = network.kernel_derivative(&along, &x).unwrap();
            let step = 1e-5;
            let at = |step: f64| moved(&network, &along, step).kernel(&x).unwrap().ntk().values().clone();
            let difference = (at(step) - at(-step)) / (2.0 * step);
            let scale = largest(&difference).max(1e-3 * largest(network.kernel(&x).unwrap().ntk().values()));
            let error = largest(&(&derivative - &difference));
            assert!(error <= 1e-6 * scale, "{}, {n} points: {error:e} of {scale:e}", case.name());
            assert!(derivative == derivative.t(), "{}", case.name());
        }
    });
}

#[test]
fn input_gradients_equal_central_differences() {
    for_each("input gradient", &cases(), |case| {
        for n in [1, 2, 40] {
            let (network, x) = (case.network(), case.points(n, 3));
            let (u, along) = (noise((n, network.outputs_count()), 4), noise(x.dim(), 5));
            let step = 1e-6;
            let at = |step: f64| network.outputs(&(&x + &(&along * step))).unwrap();
            let difference = (at(step) - at(-step)) / (2.0 * step);
            let scale = largest(&difference).max(1e-3);
            let forward = network.input_jacobian_vector(&along, &x).unwrap();
            let error = largest(&(&forward - &difference));
            assert!(error <= 1e-6 * scale, "{}, {n} points: {error:e}", case.name());
            // Row by row, because a sample's input moves its own outputs alone.
            let gradient = network.input_gradient(&u, &x).unwrap();
            let (got, expected) = ((&gradient * &along).sum_axis(Axis(1)), (&u * &forward).sum_axis(Axis(1)));
            let error = largest(&(&got - &expected));
            assert!(error <= 1e-11 * largest(&expected).max(1.0), "{}, {n} points: {error:e}", case.name());
        }
    });
}

#[test]
fn input_gradients_of_kernel_predictions_equal_central_differences() {
    for_each("input gradient of a kernel prediction", &twice(), |case| {
        let (network, x, z) = (case.network(), case.points(3, 3), case.points(4, 6));
        let outputs = network.outputs_count();
        let (u, along) = (noise((3, outputs), 4), noise(x.dim(), 5));
        let coefficients = noise((4, outputs), 9);
        let gradient = network.kernel_input_gradient(&u, &x, &coefficients, &z).unwrap();
        let step = 1e-5;
        let at = |step: f64| {
            let kernel = network.kernel_between(&(&x + &(&along * step)), &z).unwrap();
            let predicted = kernel.ntk().values().dot(&flat([&coefficients]));
            predicted.iter().zip(&u).map(|(p, u)| p * u).sum::<f64>()
        };
        let difference = (at(step) - at(-step)) / (2.0 * step);
        let got = (&gradient * &along).sum();
        let scale = difference.abs().max(1e-3 * at(0.0).abs());
        assert!((got - difference).abs() <= 1e-6 * scale, "{}: {got} {difference}", case.name());
    });
}

/// A network of one hidden layer of ReLU, whose second derivatives are written out by hand.
fn relu_by_hand(seed: u64, n: usize) {
    let (d, m) = (3, 5);
    let net = network("ReLU", serial([dense(m), relu(), dense(1)])).input(d);
    let network = net.init(Seed(seed)).unwrap();
    let (x, y) = (noise((n, d), seed + 1), noise((n, 1), seed + 2));
    let (w, a) = (&network.parameters()[0].values, &network.parameters()[1].values);
    let (g, h) = (1.0 / (d as f64).sqrt(), 1.0 / (m as f64).sqrt());
    let count = d * m + m;
    let mut hessian = Matrix::zeros((count, count));
    for i in 0..n {
        let z = x.row(i).dot(w) * g;
        let active = z.mapv(|z| if z > 0.0 { 1.0 } else { 0.0 });
        let f: f64 = (0..m).map(|j| h * a[[j, 0]] * active[j] * z[j]).sum();
        // ∂f/∂W_kj = h a_j 1_j g x_k, ∂f/∂a_j = h 1_j z_j; ∂²f/∂W_kj ∂a_j = h 1_j g x_k, all others are zero.
        let slope = |p: usize| match p.checked_sub(d * m) {
            None => h * a[[p % m, 0]] * active[p % m] * g * x[[i, p / m]],
            Some(j) => h * active[j] * z[j],
        };
        for (p, q) in (0..count).flat_map(|p| (0..count).map(move |q| (p, q))) {
            let mixed = match (p.checked_sub(d * m), q.checked_sub(d * m)) {
                (None, Some(j)) if p % m == j => h * active[j] * g * x[[i, p / m]],
                (Some(j), None) if q % m == j => h * active[j] * g * x[[i, q / m]],
                _ => 0.0,
            };
            hessian[[p, q]] += 2.0 / n as f64 * (slope(p) * slope(q) + (f - y[[i, 0]]) * mixed);
        }
    }
    let operator = network.hessian_operator(&SquaredError, &x, &y).unwrap();
    let formed = operator.apply(&Matrix::eye(count)).unwrap();
    let error = relative_error(&formed, &hessian);
    assert!(error <= 1e-12, "{error:e}");
}

#[test]
fn the_hessian_of_relu_is_gauss_newton_and_the_residuals_part_by_hand() {
    relu_by_hand(1, 4);
    relu_by_hand(20, 50);
}

#[test]
fn single_precision_differs_by_its_rounding() {
    for_each("Hessian in f32", &twice(), |case| {
        let (network, x) = (case.network(), case.points(6, 1));
        let y = noise((6, network.outputs_count()), 7);
        let along = direction(&network, 10);
        let exact = flat(&network.hessian_vector(&SquaredError, &along, &x, &y).unwrap());
        let rounded: Vec<Array2<f32>> = along.iter().map(|d| d.mapv(|v| v as f32)).collect();
        let single = network.cast::<f32>().hessian_vector(&SquaredError, &rounded, &x, &y).unwrap();
        let single: Vec<Matrix> = single.iter().map(|d| d.mapv(f64::from)).collect();
        let error = largest(&(flat(&single) - &exact));
        let scale = scale(&exact, &gradient(&network, &SquaredError, &x, &y));
        assert!(error <= 1e-3 * scale, "{}: {error:e} of {scale:e}", case.name());
    });
}

#[test]
fn functions_without_a_second_derivative_are_refused_and_with_one_are_right() {
    let net = |layer: Layer| network("own", serial([dense(4), layer, dense(1)])).input(2);
    let (x, y) = (noise((3, 2), 1), noise((3, 1), 2));
    let bare = net(elementwise("sine", f64::sin, f64::cos)).init(Seed(0)).unwrap();
    let along = direction(&bare, 5);
    let refused = |error: Error| assert!(matches!(error, Error::NoSecondDerivative { op: "sine", .. }), "{error}");
    refused(bare.hessian_operator(&SquaredError, &x, &y).unwrap_err());
    refused(bare.kernel_derivative(&along, &x).unwrap_err());
    refused(bare.linearised_input_gradient(&along, &y, &x).unwrap_err());
    assert!(bare.input_gradient(&y, &x).is_ok() && bare.gauss_newton_operator(&SquaredError, &x, &y).is_ok());

    let known = Elementwise::new("sine", f64::sin, f64::cos).curvature(|u| -u.sin());
    let known = net(known.into()).init(Seed(0)).unwrap();
    let built_in = net(sin()).init(Seed(0)).unwrap();
    let products = [&known, &built_in].map(|n| flat(&n.hessian_vector(&SquaredError, &along, &x, &y).unwrap()));
    assert!(largest(&(&products[0] - &products[1])) <= 1e-14);

    let wrong = Elementwise::new("sine", f64::sin, f64::cos).curvature(f64::sin);
    let error = net(wrong.into()).init(Seed(0)).unwrap_err();
    assert!(matches!(error, Error::WrongSlope { what: "curvature", of: "slope", .. }), "{error}");
}
