//! Images of fewer pixels.

use crate::error::{Error, Result, check_input};
use ndarray::Array2;

/// Images whose pixels are the means over blocks of `factor` × `factor` pixels: `[n, height · width · channels]` with values by row,
/// column, channel, to `[n, (height / factor) · (width / factor) · channels]`.
///
/// ```
/// use hadamard::prelude::*;
/// let x = array![[1.0, 2.0, 3.0, 6.0]];                       // an image of 2 × 2
/// assert_eq!(downsample(&x, (2, 2, 1), 2)?, array![[3.0]]);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::NoRows`], [`Error::NotFinite`]; [`Error::Size`] for other columns; [`Error::Range`] unless the factor divides height and
/// width.
pub fn downsample(
    images: &Array2<f64>,
    (height, width, channels): (usize, usize, usize),
    factor: usize,
) -> Result<Array2<f64>> {
    let place = "downsampling";
    let pixels = height.saturating_mul(width).saturating_mul(channels);
    check_input(place, images, Some(pixels))?;
    if factor == 0 || pixels == 0 || !height.is_multiple_of(factor) || !width.is_multiple_of(factor) {
        let (what, legal) = ("the factor", "a divisor of height and width");
        return Err(Error::Range { place, what, value: factor as f64, legal });
    }
    let across = width / factor;
    let mut small = Array2::zeros((images.nrows(), height / factor * across * channels));
    for (image, mut small) in images.rows().into_iter().zip(small.rows_mut()) {
        for (index, value) in image.iter().enumerate() {
            let (pixel, channel) = (index / channels, index % channels);
            let (row, column) = (pixel / width / factor, pixel % width / factor);
            small[(row * across + column) * channels + channel] += value;
        }
    }
    Ok(small / (factor * factor) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Seed;

    /// Against sums over each block.
    #[test]
    fn blocks_are_averaged() -> Result<()> {
        let mut normal = Seed(0).normals(0);
        for (height, width, channels, factor) in [(1, 1, 1, 1), (4, 6, 3, 2), (6, 3, 1, 3), (2, 2, 2, 1)] {
            let images = Array2::from_shape_fn((2, height * width * channels), |_| normal());
            let small = downsample(&images, (height, width, channels), factor)?;
            for ((n, index), &value) in small.indexed_iter() {
                let (pixel, channel) = (index / channels, index % channels);
                let (row, column) = (pixel / (width / factor), pixel % (width / factor));
                let mut sum = 0.0;
                for (i, j) in (0..factor).flat_map(|i| (0..factor).map(move |j| (i, j))) {
                    sum += images[[n, ((row * factor + i) * width + column * factor + j) * channels + channel]];
                }
                assert!((value - sum / (factor * factor) as f64).abs() <= 1e-14);
            }
        }
        let image = Array2::zeros((1, 6));
        assert!(matches!(downsample(&image, (2, 3, 1), 2), Err(Error::Range { .. })));
        assert!(matches!(downsample(&image, (2, 3, 1), 0), Err(Error::Range { .. })));
        assert!(matches!(downsample(&image, (2, 2, 1), 2), Err(Error::Size { expected: 4, got: 6, .. })));
        Ok(())
    }
}
