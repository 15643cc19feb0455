//! The double integral of [`radii`](super::radii) over both radii.

use super::radii::{REACH, Radius, integral, nodes};

/// Deviations of the second radius from its centre at which panels end.
const SPREADS: [f64; 7] = [-6.5, -4.0, -2.0, 0.0, 2.0, 4.0, 6.5];
/// Width of a panel of the first radius where nothing turns.
const PANEL: f64 = 0.5;

/// `∫ 2 r e^{-r²} g(√q r) ∫ (2 r'/s²) e^{-(r' - c r)²/s²} Î_m(2 c r r'/s²) h(√q' r') dr' dr` with `s² = 1 - c²` and `Î_m(x) = e^{-x} I_m(x)`.
pub fn moment(order: u32, [g, h]: [&Radius; 2], deviations: [f64; 2], size: f64) -> f64 {
    let square = (1.0 - size) * (1.0 + size);
    let spread = square.sqrt();
    let kinks: Vec<f64> = h.kinks(deviations[1]).collect();
    let inner = |r: f64| {
        let centre = size * r;
        let mut ends: Vec<f64> = SPREADS.iter().map(|d| (centre + d * spread).max(0.0)).collect();
        let (first, last) = (ends[0], ends[ends.len() - 1]);
        ends.extend(kinks.iter().copied().filter(|&kink| first < kink && kink < last));
        ends.sort_by(f64::total_cmp);
        integral(&ends, |other| {
            let apart = (other - centre) / spread;
            let bessel = scaled_bessel(order, 2.0 * centre * other / square);
            2.0 * other / square * (-apart * apart).exp() * bessel * h.at(deviations[1], other)
        })
    };
    // Where the inner integral changes over a spread: at 0, where the centre passes a kink of `h`, and it is cut at those of `g`.
    let mut ends: Vec<f64> = (0..=(REACH / PANEL) as usize).map(|end| end as f64 * PANEL).collect();
    let fast = std::iter::once(0.0).chain(kinks.iter().map(|kink| kink / size));
    ends.extend(fast.flat_map(|at| SPREADS.iter().map(move |d| at + d * spread)).filter(|&r| r > 0.0 && r < REACH));
    ends.extend(g.kinks(deviations[0]));
    ends.sort_by(f64::total_cmp);
    nodes(&ends).map(|(r, w)| w * 2.0 * r * (-r * r).exp() * g.at(deviations[0], r) * inner(r)).sum()
}

/// `e^{-x} I_m(x)` for `x ≥ 0` and small `m`.
fn scaled_bessel(order: u32, x: f64) -> f64 {
    let m = f64::from(order);
    // Beyond, the least term of the expansion is below rounding.
    if x < 30.0 {
        let half = x / 2.0;
        let first: f64 = (1..=order).map(|k| half / f64::from(k)).product();
        let (mut term, mut sum) = (first, first);
        for k in 1..200 {
            let k = f64::from(k);
            term *= half * half / (k * (k + m));
            sum += term;
            if term <= f64::EPSILON / 4.0 * sum {
                break;
            }
        }
        return sum * (-x).exp();
    }
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..60 {
        let odd = f64::from(2 * k - 1);
        let next = term * (odd * odd - 4.0 * m * m) / (f64::from(k) * 8.0 * x);
        if next.abs() >= f64::abs(term) || next.abs() <= f64::EPSILON / 4.0 {
            break;
        }
        term = next;
        sum += term;
    }
    sum / (std::f64::consts::TAU * x).sqrt()
}
