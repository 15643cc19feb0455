//! Grey images as functions of the plane, and the photograph that comes with the crate.

use super::digits::{data_folder, known_bytes};
use super::files::{at, parse_png, read_png};
use crate::error::{Error, Result};
use ndarray::{Array1, Array2, s};
use std::path::Path;

/// The photograph of `data/images` and its sum.
const CAMERA: (&str, &str) = ("camera.png", "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a");

/// A grey image.
#[derive(Clone, PartialEq)]
pub struct GreyImage {
    /// Grey values from 0 (black) to 1 (white), `[height, width]`.
    pub pixels: Array2<f64>,
}

/// Reads the photograph that comes with the crate, a man with a camera, 512 × 512, from the folder `images` in `HADAMARD_DATA` where
/// that is set, else in `data` of the crate's sources. Where it is from and under what licence: `data/images/README.md`.
///
/// ```
/// use hadamard::prelude::*;
/// let image = camera()?.averaged(64)?;
/// assert_eq!(image.pixels.dim(), (64, 64));
/// assert_eq!(image.coordinates().row(0).to_vec(), [-63.0 / 64.0, -63.0 / 64.0]);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// As for [`digits`](super::digits()), and as for [`read_png`].
pub fn camera() -> Result<GreyImage> {
    let path = data_folder().join("images").join(CAMERA.0);
    let values = parse_png(&known_bytes(&path, CAMERA.1)?).map_err(at(&path))?;
    Ok(GreyImage::of(&values))
}

impl GreyImage {
    /// Reads a grey PNG image of 8 bits a pixel.
    ///
    /// # Errors
    /// As for [`read_png`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self::of(&read_png(path)?))
    }

    fn of(values: &Array2<u8>) -> Self {
        Self { pixels: values.mapv(|value| f64::from(value) / 255.0) }
    }

    /// The image of `side` × `side` pixels whose values are the means over blocks of this one.
    ///
    /// # Errors
    /// [`Error::Size`] unless this image is square; [`Error::Range`] unless the side divides its own.
    pub fn averaged(&self, side: usize) -> Result<Self> {
        let (place, (height, width)) = ("averages of an image", self.pixels.dim());
        if height != width {
            return Err(Error::Size { place, what: "pixels across, as many as down", expected: height, got: width });
        }
        if side == 0 || height == 0 || !height.is_multiple_of(side) {
            let (what, legal) = ("the side", "a divisor of the image's own side");
            return Err(Error::Range { place, what, value: side as f64, legal });
        }
        let block = height / side;
        let mean = |(i, j)| {
            let cells = self.pixels.slice(s![i * block..(i + 1) * block, j * block..(j + 1) * block]);
            cells.sum() / (block * block) as f64
        };
        Ok(Self { pixels: Array2::from_shape_fn((side, side), mean) })
    }

    /// The centres `(x, y)` of the pixels, row by row, `[height · width, 2]`: the image fills `[-1, 1]²`, `x` goes across and `y` down.
    pub fn coordinates(&self) -> Array2<f64> {
        let (height, width) = self.pixels.dim();
        let centre = |index: usize, count: usize| (2 * index + 1) as f64 / count as f64 - 1.0;
        Array2::from_shape_fn((height * width, 2), |(pixel, axis)| match axis {
            0 => centre(pixel % width, width),
            _ => centre(pixel / width, height),
        })
    }

    /// The grey values, row by row, `[height · width]`.
    pub fn values(&self) -> Array1<f64> {
        self.pixels.iter().copied().collect()
    }
}
