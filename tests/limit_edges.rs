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
