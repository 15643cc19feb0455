//! Input gradients of limit kernels.

use crate::case::{Case, Limit, for_each, largest, noise};
use crate::cases::cases;
use hadamard::prelude::*;
use std::f64::consts::PI;

/// Networks on vectors whose limit kernels have a derivative.
fn smooth_enough() -> Vec<Case> {
    let known = |case: &Case| {
        let one = |rows: usize, columns: usize| Matrix::ones((rows, columns));
        let answer = case.open().clone().width(8).limit_input_gradient(&one(1, 1), &one(1, 3), &one(1, 1), &one(1, 3));
        !matches!(&answer, Err(Error::NoSecondDerivative { .. }))
            && !matches!(&answer, Err(Error::NoLimit { reason, .. }) if reason.contains("derivative of its limit kernel"))
    };
    let vectors = cases().into_iter().filter(|case| case.input[..2] == [1, 1] && case.input[2] == 3);
    vectors.filter(|case| !matches!(case.limit, Limit::Refused(_))).filter(known).collect()
}

/// `Σ_jc u_ic K(x_i, z_j) α_jc` of every row, with both kernels.
fn predictions(net: &Net, u: &Matrix, x: &Matrix, alpha: &Matrix, z: &Matrix) -> [Vector; 2] {
    let kernels = net.limit_kernel_between(x, z).unwrap();
    [kernels.nngp(), kernels.ntk()].map(|kernel| (kernel.values().dot(alpha) * u).sum_axis(Axis(1)))
}

/// Fails where the gradient differs from central differences by more than `tolerance` of the larger of their size and of what they lose.
fn equals_differences(net: &Net, [u, x, alpha, z]: [&Matrix; 4], (step, tolerance): (f64, f64)) {
    let gradient = net.limit_input_gradient(u, x, alpha, z).unwrap();
    let mut differences = [Matrix::zeros(x.dim()), Matrix::zeros(x.dim())];
    for feature in 0..x.ncols() {
        let [above, below] = [step, -step].map(|step| {
            let mut moved = x.clone();
            moved.column_mut(feature).mapv_inplace(|v| v + step);
            predictions(net, u, &moved, alpha, z)
        });
        for ((differences, above), below) in differences.iter_mut().zip(above).zip(below) {
            differences.column_mut(feature).assign(&((above - below) / (2.0 * step)));
        }
    }
    let own = net.limit_kernel(&ndarray::concatenate![Axis(0), *x, *z]).unwrap();
    let sides = [("NNGP", &gradient.nngp, own.nngp()), ("NTK", &gradient.ntk, own.ntk())];
    for ((which, gradient, own), differences) in sides.into_iter().zip(differences) {
        let scale = largest(&differences).max(1e-2 * largest(own.values()));
        let error = largest(&(gradient - &differences));
        assert!(error <= tolerance * scale, "{net}, {which}: {error:e} of {scale:e}\n{gradient}\n{differences}");
    }
}

/// Rows of lengths that differ.
fn uneven(rows: usize, columns: usize, seed: u64) -> Matrix {
    let mut x = noise((rows, columns), seed) * 0.6;
    for (i, mut row) in x.rows_mut().into_iter().enumerate() {
        row *= 0.5 + 0.3 * i as f64;
    }
    x
}

#[test]
fn limit_input_gradients_equal_central_differences() {
    let cases = smooth_enough();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    for_each("limit input gradient", &cases, |case| {
        for (features, n, m) in [(1, 1, 1), (1, 3, 2), (2, 1, 4), (3, 2, 1), (4, 3, 3)] {
            let net = case.open().clone().input(features).width(64);
            let (x, z) = (uneven(n, features, 1), uneven(m, features, 2));
            let (u, alpha) = (noise((n, 2), 3), noise((m, 2), 4));
            equals_differences(&net, [&u, &x, &alpha, &z], (1e-5, 1e-6));
        }
    });
}

#[test]
fn so_they_do_of_more_points_than_a_block_holds() {
    let net = ccp(2).input(2);
    let (x, z) = (uneven(70, 2, 1), noise((600, 2), 2));
    equals_differences(&net, [&noise((70, 3), 3), &x, &noise((600, 3), 4), &z], (1e-5, 1e-6));
}

/// Where kernels with a kink have one, and of points that lie on a line through the origin.
#[test]
fn so_they_do_at_the_points_themselves() {
    for_each("limit input gradient, equal points", &smooth_enough(), |case| {
        let net = case.open().clone().width(64);
        let z = uneven(4, 3, 2);
        let x = ndarray::concatenate![
            Axis(0),
            z,
            z.slice(ndarray::s![..1, ..]).mapv(|v| -v),
            z.slice(ndarray::s![1..2, ..]).mapv(|v| 2.0 * v)
        ];
        let (u, alpha) = (noise((6, 1), 3), noise((4, 1), 4));
        equals_differences(&net, [&u, &x, &alpha, &z], (1e-5, 1e-4));
    });
}

#[test]
fn of_relu_they_are_exact_at_any_angle() {
    let net = network("one", serial([hidden(), relu(), dense(1)]));
    let unit = array![[1.0, 0.0]];
    // Of units with K = x·z the arc-cosine kernels, times this.
    let factor = net.limit_kernel(&unit).unwrap().nngp().values()[[0, 0]] / PI;
    // The smaller of the angle and of what it lacks to π, which has its digits.
    for (near, acute) in
        [1e-12_f64, 1e-9, 1e-6, 1e-3, 0.7, PI / 2.0].into_iter().flat_map(|near| [(near, true), (near, false)])
    {
        let (sine, cosine) = (near.sin(), if acute { near.cos() } else { -near.cos() });
        let opening = if acute { PI - near } else { near };
        for (length, other) in [(1.0, 1.0), (0.3, 20.0), (1e-9, 1e9)] {
            let (x, z) = (array![length, 0.0], array![other * cosine, other * sine]);
            let arc = array![sine * other, 0.0] + &z * opening;
            let across = array![0.0, other * cosine];
            let nngp = &arc * factor;
            let ntk = (&arc + &z * opening + across) * factor;
            let [x, z, one] = [x, z, array![1.0]].map(|v| v.insert_axis(Axis(0)));
            let got = net.limit_input_gradient(&one, &x, &one, &z).unwrap();
            for (got, exact) in [(got.nngp, nngp), (got.ntk, ntk)] {
                let size = largest(&exact).max(factor * other * (sine + opening));
                let error = largest(&(got.row(0).to_owned() - &exact)) / size;
                assert!(error <= 1e-12, "{near} {acute}, lengths {length} and {other}: {error:e}, {got} {exact}");
            }
        }
    }
}

#[test]
fn a_row_of_zeros_has_one_where_a_bias_makes_the_kernel_smooth() {
    let zero = |features: usize| ndarray::concatenate![Axis(0), Matrix::zeros((1, features)), uneven(2, features, 1)];
    for features in [1, 2, 3] {
        let (x, z) = (zero(features), zero(features));
        let (u, alpha) = (noise((3, 1), 3), noise((3, 1), 4));
        let inputs = [&u, &x, &alpha, &z];
        let first = || -> Layer { Dense::hidden().bias(0.5).into() };
        for activation in [
            relu(),
            tanh(),
            erf(),
            gelu(),
            sigmoid(),
            hermite(3),
            monomial(3),
            sin(),
            abs(),
            leaky_relu(0.1),
            rectified_power(2),
        ] {
            let net = network("biased", serial([first(), activation.clone(), hidden(), activation.clone(), dense(1)]))
                .input(features);
            equals_differences(&net, inputs, (1e-5, 1e-6));
            // Without a bias it is where directions meet.
            let net = network("plain", serial([hidden(), activation, dense(1)])).input(features);
            match net.limit_input_gradient(&u, &x, &alpha, &z) {
                Err(Error::TooSmall { index: 0, value, .. }) => assert!(value == 0.0),
                other => panic!("{net} {features}: {other:?}"),
            }
        }
        // A linear net has one everywhere.
        equals_differences(&network("linear", dense(1)).input(features), inputs, (1e-5, 1e-6));
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let (net, x, z) = (mlp(2), uneven(3, 2, 1), uneven(4, 2, 2));
    let (u, alpha) = (Matrix::ones((3, 1)), Matrix::ones((4, 1)));
    let says = |answer: Result<LimitInputGradient>, words: &str| {
        let text = answer.expect_err(words).to_string();
        assert!(text.contains("input gradient of a limit kernel") && text.contains(words), "{text}");
    };
    says(net.limit_input_gradient(&Matrix::ones((2, 1)), &x, &alpha, &z), "expected 3 rows of u, got 2");
    says(net.limit_input_gradient(&u, &x, &Matrix::ones((3, 1)), &z), "expected 4 rows of the coefficients, got 3");
    says(net.limit_input_gradient(&Matrix::ones((3, 2)), &x, &alpha, &z), "expected 1 columns of u, got 2");
    says(net.limit_input_gradient(&u, &x, &alpha, &uneven(4, 3, 2)), "expected 2 input features, got 3");
    says(net.limit_input_gradient(&u, &(&x * f64::NAN), &alpha, &z), "row 0, column 0 is NaN");
    says(net.limit_input_gradient(&u, &x, &(&alpha * f64::INFINITY), &z), "row 0, column 0 is inf");
    says(
        net.limit_input_gradient(&Matrix::ones((0, 1)), &x.slice(ndarray::s![..0, ..]).to_owned(), &alpha, &z),
        "no rows",
    );
    let images = network("images", serial([conv(3, 4), relu(), flatten(), dense(1)])).image(2, 2, 1);
    says(
        images.limit_input_gradient(&u, &uneven(3, 4, 1), &alpha, &uneven(4, 4, 2)),
        "expected 1 position of the input, got 4",
    );
    let kinked =
        Elementwise::new("kinked", |u| u.max(0.0), |u| f64::from(u8::from(u > 0.0))).curvature(|_| 0.0).tolerance(0.05);
    let kinked = network("kinked", serial([hidden(), kinked.into(), dense(1)]));
    assert!(matches!(
        kinked.limit_input_gradient(&u, &x, &alpha, &z),
        Err(Error::NoSecondDerivative { op: "kinked", .. })
    ));
}

/// A user's function, by its series and at a variance where quadrature takes its place.
#[test]
fn a_function_of_ones_own_has_one_by_series_and_by_quadrature() {
    let steep = Elementwise::new("steep", |u| (3.0 * u).tanh(), |u| 3.0 / (3.0 * u).cosh().powi(2))
        .curvature(|u| -18.0 * (3.0 * u).tanh() / (3.0 * u).cosh().powi(2));
    let sinh = Elementwise::new("softplus", |u| u.exp().ln_1p(), |u| 1.0 / (1.0 + (-u).exp()))
        .curvature(|u| 0.25 / (u / 2.0).cosh().powi(2));
    for (activation, size) in [(sinh, 1.0), (steep.clone(), 0.3), (steep, 4.0)] {
        let net = network("own", serial([hidden(), activation.into(), dense(1)])).input(3);
        let (x, z) = (uneven(3, 3, 1) * size, uneven(2, 3, 2) * size);
        equals_differences(&net, [&noise((3, 1), 3), &x, &noise((2, 1), 4), &z], (1e-4, 1e-6));
    }
}
