//! Limits against means over random networks.

use crate::ground::{Outcome, Verdict, largest, require};
use crate::sample::Sample;
use hadamard::prelude::*;

pub const NAME: &str = "limit is the mean over networks";

/// Random networks of each width.
const NETS: usize = 100;
/// Probability that a run calls any of its limits wrong, by the spread of the means alone.
const LEVEL: f64 = 1e-3;

/// Compares the limit with means over networks of two widths, extrapolated: relative to the limit they are off by a term in one over
/// the width `m`, which `(4 D[4 m] - D[m]) / 3` is free of. What is far is drawn again, more often: the tails of products are
/// heavy, but an error stays.
pub fn check(sample: &Sample, networks: usize) -> Outcome {
    let Some((first, _)) = farthest(sample, NETS, 11)? else { return Ok(Verdict::Silent) };
    // Six pairs of three points, of the NNGP and the NTK.
    let level = LEVEL / (12 * networks) as f64;
    if first <= student(level, NETS - 1) {
        return Ok(Verdict::Held);
    }
    let nets = 6 * NETS;
    let (second, place) = farthest(sample, nets, 12)?.expect("there was a limit");
    let bound = student(level, nets - 1);
    require(second <= bound, || {
        format!("{first:.1}, then {second:.1} standard errors off, allowed {bound:.1}; {place}")
    })?;
    Ok(Verdict::Held)
}

/// Standard errors that an extrapolated entry is off, at most, and where; `None` if there is no limit.
fn farthest(sample: &Sample, nets: usize, stream: u64) -> std::result::Result<Option<(f64, String)>, String> {
    let [height, width, channels] = sample.input();
    // Pooled to a width that is no multiple of them, features would not fill equal shares.
    let features = height * width * channels;
    let narrow: usize = if height * width > 1 { 16 } else { 48 };
    let (narrow, x) = (narrow.next_multiple_of(features), sample.x());
    let mut sides = Vec::new();
    for (index, width) in [narrow, 4 * narrow].into_iter().enumerate() {
        let net = sample.net_of_width(width);
        let exact = match net.limit_kernel(&x) {
            Ok(kernels) => kernels,
            Err(_) => return Ok(None),
        };
        let seed = sample.seed(stream).child(index as u64);
        let sampled = net.monte_carlo_kernel(&x, nets, seed).map_err(|error| error.to_string())?;
        let parts = [Kernels::ntk as fn(&Kernels) -> &Kernel, Kernels::nngp].map(|part| {
            let (mean, exact) = (part(sampled.mean()).values(), part(&exact).values());
            let size = if largest(exact) > 0.0 { largest(exact) } else { 1.0 };
            ((mean - exact) / size, part(sampled.standard_error()).values() / size)
        });
        sides.push(parts);
    }
    let mut far = (0.0, String::new());
    for ((narrow, wide), what) in sides[0].iter().zip(&sides[1]).zip(["NTK", "NNGP"]) {
        let off = (&wide.0 * 4.0 - &narrow.0) / 3.0;
        let spread = |(i, j)| f64::hypot(4.0 * wide.1[[i, j]], narrow.1[[i, j]]) / 3.0;
        for (at, off) in off.indexed_iter() {
            // Networks that do not vary are off by rounding.
            let z = off.abs() / (spread(at) + 1e-10);
            require(!z.is_nan(), || format!("{what} at {at:?} is off by {off}"))?;
            if z > far.0 {
                far = (z, format!("{what} at {at:?}, relative {:.2e} and {:.2e}", narrow.0[at], wide.0[at]));
            }
        }
    }
    Ok(Some(far))
}

/// The value that Student's t of so many degrees of freedom exceeds in size with a probability (Abramowitz and Stegun 26.7.5, from
/// the normal quantile).
fn student(probability: f64, freedom: usize) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    while high - low > 1e-9 {
        let middle = 0.5 * (low + high);
        let above = libm::erfc(middle / std::f64::consts::SQRT_2) > probability;
        (low, high) = if above { (middle, high) } else { (low, middle) };
    }
    let (z, nu) = (low, freedom as f64);
    z + (z.powi(3) + z) / (4.0 * nu) + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * nu * nu)
}

#[test]
fn quantiles_of_student_are_those_of_tables() {
    assert!((student(0.05, 100) - 1.98397).abs() <= 1e-4);
    assert!((student(0.001, 60) - 3.46020).abs() <= 1e-3);
}
