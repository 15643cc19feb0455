//! What tells one architecture from another: every number of every op, and the values of a user's functions.

use hadamard::op::Op;
use hadamard::prelude::*;

fn bytes(layer: &Layer) -> Vec<u8> {
    let mut bytes = Vec::new();
    layer.fingerprint(&mut |piece| bytes.extend_from_slice(piece));
    bytes
}

fn ramp(cap: f64) -> Layer {
    elementwise(format!("ramp to {}", 0), move |u: f64| u.min(cap), move |u| if u < cap { 1.0 } else { 0.0 })
}

/// Layers of which no two are the same.
fn layers() -> Vec<Layer> {
    let next = |value: f64| f64::from_bits(value.to_bits() + 1);
    vec![
        dense(3),
        dense(4),
        hidden(),
        Dense::new(3).sigma_w(next(1.0)).into(),
        Dense::new(3).plain_gain(1.0).into(),
        Dense::new(3).bias(0.0).into(),
        Dense::new(3).bias(-0.0).into(),
        conv(3, 3),
        Conv::new(3, 3).stride(1, 2).into(),
        Conv::new(3, 3).stride(2, 1).into(),
        Conv::new(3, 3).window(3, 2).into(),
        Conv::new(3, 3).valid().into(),
        Conv::new(3, 3).bias(1.0).into(),
        Conv::new(3, 3).sigma_w(next(1.0)).into(),
        Conv::hidden(3).into(),
        attention(3, 4),
        attention(4, 3),
        Attention::new(3, 4).sigma_w(2.0).into(),
        bias(0.5),
        bias(next(0.5)),
        scale(0.5),
        trained_scale(0.5),
        relu(),
        identity(),
        tanh(),
        erf(),
        layer_norm(),
        LayerNorm::new(0.0).into(),
        average_pool(2),
        AveragePool::new(2).stride(1, 1).into(),
        global_average_pool(),
        max_pool(2),
        MaxPool::new(2).stride(1, 2).into(),
        adaptive_pool(),
        AdaptivePool::to(3).into(),
        flatten(),
        injection(),
        serial([relu()]),
        serial([relu(), serial([relu()])]),
        serial([serial([relu()]), relu()]),
        serial([serial([relu(), relu()])]),
        hadamard([relu()]),
        hadamard_skip([relu()]),
        sum([relu()]),
        concat([relu()]),
        leaky_relu(0.1),
        leaky_relu(next(0.1)),
        abs(),
        gelu(),
        sigmoid(),
        sin(),
        cos(),
        Sine::new(1.0, next(0.0)).into(),
        monomial(2),
        monomial(3),
        hermite(2),
        ramp(5.0),
        ramp(f64::INFINITY),
        ramp(1e9),
        ramp(2e-20),
        elementwise("other", |u| u, |_| 1.0),
        elementwise("ramp to 0", |u| u, |u| if u < 30.0 { 1.0 } else { 0.0 }),
        Elementwise::new("other", |u| u, |_| 1.0).tolerance(0.5).into(),
    ]
}

#[test]
fn equal_layers_have_one_fingerprint_and_no_two_others() {
    let (one, again) = (layers(), layers());
    for (i, a) in one.iter().enumerate() {
        for (j, b) in again.iter().enumerate() {
            let zeros = |layer: &Layer| layer.label().contains("σ_b = -0") || layer.label().contains("σ_b = 0.0000");
            assert_eq!(bytes(a) == bytes(b), i == j, "{} and {}", a.label(), b.label());
            // As numbers, zeros of both signs are one.
            assert!((a == b) == (i == j) || zeros(a) && zeros(b), "{} and {}", a.label(), b.label());
        }
    }
}

#[test]
fn functions_are_told_apart_by_their_values_wherever_they_differ() {
    let capped = |cap: f64| elementwise("u", move |u: f64| u.min(cap), |_| 1.0);
    let plain = elementwise("u", |u| u, |_| 1.0);
    // Between two points of the grid of the same sign lies less than 8 % of the smaller.
    for exponent in -27..=27 {
        let cap = 10f64.powi(exponent);
        assert_ne!(capped(cap), plain, "{cap}");
        assert_ne!(bytes(&capped(cap)), bytes(&plain), "{cap}");
        assert_ne!(bytes(&capped(-cap)), bytes(&capped(-1.1 * cap)), "{cap}");
        assert_eq!(bytes(&capped(cap)), bytes(&capped(cap)), "{cap}");
    }
    let poles = || elementwise("pole", |u: f64| 1.0 / u - 1.0 / u, |_| f64::NAN);
    assert_eq!(poles(), poles());
    assert_eq!(bytes(&poles()), bytes(&poles()));
    // A factor takes no digits away from what differs by one bit.
    let times = |a: f64| elementwise("a u", move |u| a * u, move |_| a);
    assert_ne!(bytes(&times(1.0)), bytes(&times(1.0 + f64::EPSILON)));
}

#[test]
fn names_of_layers_cannot_run_into_their_numbers() {
    let a = concat([elementwise("ab", |u| u, |_| 1.0), relu()]);
    let b = concat([elementwise("a", |u| u, |_| 1.0), relu()]);
    assert_ne!(bytes(&a), bytes(&b));
    assert_ne!(bytes(&serial([dense(1), dense(2)])), bytes(&serial([dense(2), dense(1)])));
}
