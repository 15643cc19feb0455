//! Images of squares.

use super::{CANDIDATES, LEVELS, Regime};
use crate::error::{Error, Result};
use crate::linalg::Scalar;
use ndarray::{Array2, ArrayViewMut1};

/// Side of an image as the protocol has it, in pixels.
const FULL: usize = 128;
/// Grey of the background.
const BACKGROUND: f64 = 128.0;

/// The images of a region: of each combination of levels a square on a grey ground, as it is drawn on 128 × 128 pixels.
///
/// The square of size `s` has the side `s + 1` and the colour `(0, b, 0)` for the brightness `b` on the ground `(128, 128, 128)`.
/// Smaller images are exact averages over areas. In grey a pixel is the mean of its three channels; the green channel alone, or the
/// luminance, would make a square of some brightness invisible.
///
/// Pixels are `(value - 128) / 128`, by row, column, channel: the ground is zero, as the padding of a convolution is. There are 7⁴ = 2401 images in a region: row `((7 x + y) 7 + s) 7 + b` for the
/// levels within the region, from 0 to 6. They are drawn when they are asked for, which costs as much as a copy.
#[derive(Clone, Debug, PartialEq)]
pub struct SquareImages {
    /// For each dimension the levels of the region.
    levels: [usize; CANDIDATES],
    side: usize,
    colour: bool,
}

impl SquareImages {
    /// Those of a region with `side × side` pixels, of three channels in colour, else of one.
    ///
    /// # Errors
    /// [`Error::Range`] for a region above 5 and for a side that does not divide 128.
    pub fn new(regime: Regime, region: usize, side: usize, colour: bool) -> Result<Self> {
        if side == 0 || !FULL.is_multiple_of(side) {
            let (place, what, legal) = ("images of squares", "the side", "a divisor of 128");
            return Err(Error::Range { place, what, value: side as f64, legal });
        }
        Ok(Self { levels: regime.levels(region)?, side, colour })
    }

    /// Number of values of an image.
    pub fn features(&self) -> usize {
        self.side * self.side * if self.colour { 3 } else { 1 }
    }

    /// The images of some rows, `[rows, features]`; the levels of a row are taken by its digits to the base 7, so that any number is
    /// one.
    pub fn rows<F: Scalar>(&self, rows: &[usize]) -> Array2<F> {
        let mut images = Array2::zeros((rows.len(), self.features()));
        for (image, &row) in images.rows_mut().into_iter().zip(rows) {
            self.draw(image, row);
        }
        images
    }

    fn draw<F: Scalar>(&self, image: ArrayViewMut1<'_, F>, row: usize) {
        let level = |dimension: u32| self.levels[row / CANDIDATES.pow(3 - dimension) % CANDIDATES];
        let [x, y] = [0, 1].map(|dimension| self.covered(position(level(dimension)), half_side(level(2))));
        let brightness = brightness(level(3));
        let colours: &[f64] = if self.colour { &[0.0, brightness, 0.0] } else { &[brightness / 3.0] };
        let mut values = image.into_iter();
        for y in &y {
            for x in &x {
                for colour in colours {
                    if let Some(value) = values.next() {
                        *value = F::of(x * y * (colour - BACKGROUND) / BACKGROUND);
                    }
                }
            }
        }
    }

    /// The share of each pixel along an axis that lies from `centre - half` to `centre + half`.
    fn covered(&self, centre: usize, half: usize) -> Vec<f64> {
        let pixel = FULL / self.side;
        let share = |index: usize| {
            let from = (index * pixel).max(centre.saturating_sub(half));
            let to = ((index + 1) * pixel).min(centre + half);
            to.saturating_sub(from) as f64 / pixel as f64
        };
        (0..self.side).map(share).collect()
    }
}

/// Centre of a level, from 43 to 84.
fn position(level: usize) -> usize {
    43 + level
}

/// Half of the side of a level, from 2 to 43: sizes are 3, 5, …, 85, and a side is one more.
fn half_side(level: usize) -> usize {
    level + 2
}

/// Whole numbers from 102 to 255 at equal distances, rounded down.
fn brightness(level: usize) -> f64 {
    (102 + level * (255 - 102) / (LEVELS - 1)) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_those_of_the_protocol() {
        assert_eq!([0, 41].map(position), [43, 84]);
        let table = [102.0, 105.0, 109.0, 113.0, 116.0, 120.0, 124.0, 128.0];
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7].map(brightness), table);
        assert_eq!([40, 41].map(brightness), [251.0, 255.0]);
        assert_eq!([0, 41].map(|level| 2 * half_side(level)), [3 + 1, 85 + 1]);
    }

    /// From the protocol, pixel by pixel: rows and columns from `centre - h` to `centre + h - 1`, `h = (s + 1) / 2`.
    fn drawn(x: i32, y: i32, size: i32, value: f64) -> Vec<f64> {
        let half = (size + 1) / 2;
        let inside = |at: i32, centre: i32| (centre - half..centre + half).contains(&at);
        let pixels = (0..128).flat_map(|row| (0..128).map(move |column| (row, column)));
        pixels.map(|(row, column)| if inside(row, y) && inside(column, x) { value } else { 128.0 }).collect()
    }

    #[test]
    fn images_are_averages_of_the_full_ones_and_squares_lie_inside() -> Result<()> {
        // Levels 2, 5, 6 and 1 of the fifth region of either regime.
        let row = ((2 * 7 + 5) * 7 + 6) * 7 + 1;
        for (regime, [x, y, size, brightness]) in
            [(Regime::Translation, [80, 83, 85, 236]), (Regime::Scale, [55, 73, 75, 124])]
        {
            let full = drawn(x, y, size, f64::from(brightness) / 3.0);
            let painted = full.iter().filter(|&&v| v != 128.0).count() as i32;
            assert_eq!(painted, (size + 1) * (size + 1));
            for side in [128, 32, 16] {
                let found = SquareImages::new(regime, 5, side, false)?.rows::<f64>(&[row]);
                let pixel = 128 / side;
                for (index, &value) in found.iter().enumerate() {
                    let places = (0..pixel * pixel).map(|place| {
                        full[(index / side * pixel + place / pixel) * 128 + index % side * pixel + place % pixel]
                    });
                    let expected = places.sum::<f64>() / (pixel * pixel) as f64 / 128.0 - 1.0;
                    assert!((value - expected).abs() <= 1e-14, "{value} {expected}");
                }
            }
        }
        let colour = SquareImages::new(Regime::Scale, 5, 128, true)?.rows::<f64>(&[row]);
        let centre = (73 * 128 + 55) * 3;
        assert_eq!([0, 1, 2].map(|channel| 128.0 * (1.0 + colour[[0, centre + channel]])), [0.0, 124.0, 0.0]);
        assert_eq!(colour[[0, 0]], 0.0);
        assert!(matches!(SquareImages::new(Regime::Scale, 0, 48, false), Err(Error::Range { value: 48.0, .. })));
        Ok(())
    }
}
