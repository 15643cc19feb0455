//! The double integral of [`radii`](super::radii) over both radii.

use super::radii::{REACH, Radius, integral, nodes};
use std::sync::OnceLock;

/// Deviations of the second radius from its centre at which panels end.
const SPREADS: [f64; 7] = [-6.5, -4.0, -2.0, 0.0, 2.0, 4.0, 6.5];
/// Width of a panel of the first radius where nothing turns.
const PANEL: f64 = 0.5;

/// `∫ 2 r e^{-r²} g(√q r) ∫ (2 r'/s²) e^{-(r' - c r)²/s²} Î_m(2 c r r'/s²) h(√q' r') dr' dr` with `s² = 1 - c²` and `Î_m(x) = e^{-x} I_m(x)`.
pub fn moment(order: u32, [g, h]: [&Radius; 2], deviations: [f64; 2], size: f64) -> f64 {
    let square = (1.0 - size) * (1.0 + size);
    let spread = square.sqrt();
    let kinks: Vec<f64> = h.kinks(deviations[1]).collect();
    let table = table(order);
    let bessel = |x: f64| table.map_or_else(|| scaled_bessel(order, x), |table| table.at(x));
    let inner = |r: f64| {
        let centre = size * r;
        let mut ends: Vec<f64> = SPREADS.iter().map(|d| (centre + d * spread).max(0.0)).collect();
        let (first, last) = (ends[0], ends[ends.len() - 1]);
        ends.extend(kinks.iter().copied().filter(|&kink| first < kink && kink < last));
        ends.sort_by(f64::total_cmp);
        integral(&ends, |other| {
            let apart = (other - centre) / spread;
            let share = bessel(2.0 * centre * other / square);
            2.0 * other / square * (-apart * apart).exp() * share * h.at(deviations[1], other)
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

/// Intervals of `x/(x + 8)` in `[0, 1]`, each with a polynomial.
const INTERVALS: usize = 64;
/// Its coefficients.
const DEGREE: usize = 11;
const HALF: f64 = 8.0;

/// `√(1 + x) e^{-x} I_m(x)` for `x ≥ 0`, by polynomials in `x/(x + 8)`, of interpolation at Chebyshev's points: to some 1e-14.
struct Table(Vec<[f64; DEGREE]>);

impl Table {
    fn new(order: u32) -> Self {
        let exact = |t: f64| {
            // Beyond, it is that of the limit.
            let x = (HALF * t / (1.0 - t)).min(1e15);
            (1.0 + x).sqrt() * scaled_bessel(order, x)
        };
        let polynomial = |interval: usize| {
            let nodes: [f64; DEGREE] =
                std::array::from_fn(|i| (std::f64::consts::PI * (i as f64 + 0.5) / DEGREE as f64).cos());
            // Newton's divided differences, then powers of the place in the interval.
            let mut differences = nodes.map(|u| exact((interval as f64 + (u + 1.0) / 2.0) / INTERVALS as f64));
            for order in 1..DEGREE {
                for i in (order..DEGREE).rev() {
                    differences[i] = (differences[i] - differences[i - 1]) / (nodes[i] - nodes[i - order]);
                }
            }
            let mut powers = [0.0; DEGREE];
            for i in (0..DEGREE).rev() {
                for k in (1..DEGREE).rev() {
                    powers[k] = powers[k - 1] - nodes[i] * powers[k];
                }
                powers[0] = differences[i] - nodes[i] * powers[0];
            }
            powers
        };
        Self((0..INTERVALS).map(polynomial).collect())
    }

    /// `e^{-x} I_m(x)`.
    fn at(&self, x: f64) -> f64 {
        let place = x / (x + HALF) * INTERVALS as f64;
        let interval = (place as usize).min(INTERVALS - 1);
        let u = 2.0 * (place - interval as f64) - 1.0;
        self.0[interval].iter().rev().fold(0.0, |sum, power| sum * u + power) / (1.0 + x).sqrt()
    }
}

/// Of orders 0 to 3, which activations with modes up to 2 have.
fn table(order: u32) -> Option<&'static Table> {
    static TABLES: OnceLock<Vec<Table>> = OnceLock::new();
    TABLES.get_or_init(|| (0..4).map(Table::new).collect()).get(order as usize)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_the_digits_of_series() {
        for order in 0..4 {
            let table = table(order).expect("of small orders");
            for x in (0..4000).map(|i| 1e-3 * 1.01f64.powi(i)).chain([0.0]).filter(|&x| x < 1e14) {
                let (got, exact) = (table.at(x), scaled_bessel(order, x));
                assert!(
                    (got - exact).abs() <= 1e-13 * exact.max(1e-2 / (1.0 + x).sqrt()),
                    "{order} {x}: {got} {exact}"
                );
            }
        }
    }
}
