//! The energy of a residual in bands of frequency.

use ndarray::{Array2, ArrayView1};
use std::f64::consts::TAU;

/// Between the bands, in cycles per side of the image.
const EDGES: [f64; 3] = [2.0, 4.0, 8.0];
/// Number of bands.
pub(super) const BANDS: usize = EDGES.len() + 1;
/// Their names, in cycles per side of the image.
pub(super) const NAMES: [&str; BANDS] = ["below 2", "2 to 4", "4 to 8", "above 8"];

/// Whether a pixel is trained on: those of one colour of a chessboard are.
pub(super) fn trained(row: usize, column: usize) -> bool {
    (row + column).is_multiple_of(2)
}

/// The Fourier transform of values on the trained pixels, split by frequency.
///
/// The trained pixels of a square of even side `s` are a lattice themselves: on it the waves of the frequencies `(u, v)` and
/// `(u + s/2, v + s/2)` are the same. A coefficient belongs to the shortest of the frequencies that it stands for.
pub(super) struct Bands {
    side: usize,
    cosines: Array2<f64>,
    sines: Array2<f64>,
    /// The band of each frequency of the whole square, `[s, s]`.
    band: Array2<usize>,
}

impl Bands {
    pub fn new(side: usize) -> Self {
        let angle = |(u, j): (usize, usize)| TAU * ((u * j) % side) as f64 / side as f64;
        let length = |u: usize, v: usize| {
            let signed = |u: usize| if 2 * u < side { u as f64 } else { u as f64 - side as f64 };
            signed(u % side).hypot(signed(v % side))
        };
        let band = |(u, v): (usize, usize)| {
            let shortest = length(u, v).min(length(u + side / 2, v + side / 2));
            EDGES.iter().filter(|&&edge| shortest >= edge).count()
        };
        Self {
            side,
            cosines: Array2::from_shape_fn((side, side), |at| angle(at).cos()),
            sines: Array2::from_shape_fn((side, side), |at| angle(at).sin()),
            band: Array2::from_shape_fn((side, side), band),
        }
    }

    /// The share of each band in the mean square of `values`, which are given on the trained pixels, row by row; their sum is the
    /// mean square.
    pub fn energies(&self, values: ArrayView1<'_, f64>) -> [f64; BANDS] {
        let mut square = Array2::zeros((self.side, self.side));
        let pixels = square.indexed_iter_mut().filter(|((i, j), _)| trained(*i, *j));
        pixels.zip(values).for_each(|((_, pixel), &value)| *pixel = value);
        let (across, along) = (square.dot(&self.cosines), square.dot(&self.sines));
        let real = self.cosines.dot(&across) - self.sines.dot(&along);
        let imaginary = self.cosines.dot(&along) + self.sines.dot(&across);
        // Parseval: the squares of all coefficients sum to s² times those of the values, of which there are s²/2.
        let scale = 2.0 / (self.side as f64).powi(4);
        let mut energies = [0.0; BANDS];
        for ((&band, re), im) in self.band.iter().zip(&real).zip(&imaginary) {
            energies[band] += scale * (re * re + im * im);
        }
        energies
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array1;

    fn on_trained(side: usize, f: impl Fn(f64, f64) -> f64) -> Array1<f64> {
        let pixels = (0..side).flat_map(|i| (0..side).map(move |j| (i, j)));
        pixels.filter(|&(i, j)| trained(i, j)).map(|(i, j)| f(i as f64, j as f64)).collect()
    }

    #[test]
    fn a_wave_is_in_the_band_of_its_frequency_and_of_no_other() {
        let (side, s) = (32, 32.0);
        let bands = Bands::new(side);
        // The last is the wave of (-5, 3) on the lattice.
        for (u, v, expected) in
            [(0.0, 0.0, 0), (1.0, 1.0, 0), (2.0, 0.0, 1), (3.0, 3.0, 2), (0.0, 8.0, 3), (11.0, 19.0, 2)]
        {
            let wave = on_trained(side, |i, j| (TAU * (u * i + v * j) / s + 0.3).cos());
            let mean_square = wave.dot(&wave) / wave.len() as f64;
            for (band, energy) in bands.energies(wave.view()).into_iter().enumerate() {
                let expected = if band == expected { mean_square } else { 0.0 };
                assert!((energy - expected).abs() <= 1e-12, "({u}, {v}) in band {band}: {energy} {expected}");
            }
        }
    }

    #[test]
    fn the_energies_sum_to_the_mean_square() {
        let values = on_trained(16, |i, j| (i * i - 3.0 * j).sin() + 0.2 * j);
        let sum: f64 = Bands::new(16).energies(values.view()).iter().sum();
        let mean_square = values.dot(&values) / values.len() as f64;
        assert!((sum / mean_square - 1.0).abs() <= 1e-12, "{sum} {mean_square}");
    }
}
