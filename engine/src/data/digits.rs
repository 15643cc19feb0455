//! The digits of MNIST that come with the crate.

use super::files::{at, bytes, parse};
use crate::error::{Fault, Result};
use ndarray::{Array2, Axis};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Files of `data/mnist` and their sums.
const IMAGES: (&str, &str) = ("images.idx.gz", "6147811c070e77823b67d8be7963f6ab00af77f5660c687bbdc8a3a1bc7b7459");
const LABELS: (&str, &str) = ("labels.idx.gz", "4098cd2f8985372bfe9d2755e944398058f46893cb54c15631c6343ae14199a9");
const COUNT: usize = 10_000;
const SIDE: usize = 28;
const REMEDY: &str = "it comes with the repository; set HADAMARD_DATA to the repository's folder `data`";

/// Handwritten digits: 10,000 images of MNIST, sorted by class. Where they are from and under what licence: `data/mnist/README.md`.
#[derive(Clone, PartialEq)]
pub struct Digits {
    /// Pixels from 0 (paper) to 1 (ink), `[10000, 784]`, row by row of the image.
    pub images: Array2<f64>,
    /// The digit in each image, 0 to 9, `[10000]`.
    pub labels: Vec<u8>,
}

/// The folder of data files: `HADAMARD_DATA` where it is set, else `data` in the crate's sources.
pub(super) fn data_folder() -> PathBuf {
    std::env::var_os("HADAMARD_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("data"), PathBuf::from)
}

/// The bytes of a file that comes with the crate, whose SHA-256 is known.
///
/// # Errors
/// [`Fault::Missing`] with where it belongs; [`Fault::Checksum`]; [`Error::File`](crate::Error::File).
pub(super) fn known_bytes(path: &Path, sum: &str) -> Result<Vec<u8>> {
    let contents = bytes(path, REMEDY)?;
    let got: String = Sha256::digest(&contents).iter().map(|byte| format!("{byte:02x}")).collect();
    match got == sum {
        true => Ok(contents),
        false => Err(at(path)(Fault::Checksum { expected: sum.into(), got })),
    }
}

/// Reads the digits that come with the crate, from the folder `mnist` in `HADAMARD_DATA` where that is set, else in `data` of the
/// crate's sources.
///
/// ```
/// use hadamard::prelude::*;
/// let digits = digits()?;
/// assert_eq!(digits.images.dim(), (10_000, 784));
/// assert_eq!(digits.indices(7).len(), 1070);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Data`](crate::Error::Data) with the [`Fault`]: `Missing` says where the file belongs, `Checksum` that it is another
/// one. [`Error::File`](crate::Error::File) for a file that cannot be read.
pub fn digits() -> Result<Digits> {
    Digits::read(data_folder().join("mnist"))
}

impl Digits {
    /// Reads them from a folder with the files of `data/mnist`.
    ///
    /// # Errors
    /// As for [`digits`].
    pub fn read(folder: impl AsRef<Path>) -> Result<Self> {
        let values = |(name, sum): (&str, &str), shape: &[usize]| {
            let path = folder.as_ref().join(name);
            let contents = known_bytes(&path, sum)?;
            let values = parse(&contents).map_err(at(&path))?;
            let expected = shape.iter().product::<usize>() as u64;
            let got = values.len() as u64;
            let count = move || at(&path)(Fault::Count { what: "values", expected, got });
            let flat: (usize, usize) = (shape[0], shape[1..].iter().product());
            values.into_shape_with_order(flat).map_err(|_| count())
        };
        let images = values(IMAGES, &[COUNT, SIDE, SIDE])?.mapv(|pixel| f64::from(pixel) / 255.0);
        let labels = values(LABELS, &[COUNT])?.index_axis_move(Axis(1), 0).to_vec();
        Ok(Self { images, labels })
    }

    /// Rows of the images of a digit.
    pub fn indices(&self, digit: u8) -> Vec<usize> {
        self.labels.iter().enumerate().filter(|&(_, &label)| label == digit).map(|(index, _)| index).collect()
    }

    /// Per digit, 0 to 9, the rows of its first images, as many as the share given, and those of the others.
    ///
    /// # Errors
    /// [`Error::Range`](crate::Error::Range) unless the share is from 0 to 1.
    pub fn split(&self, share: f64) -> Result<[(Vec<usize>, Vec<usize>); 10]> {
        if !(0.0..=1.0).contains(&share) {
            let (place, what, legal) = ("digits", "the share of the first part", "from 0 to 1");
            return Err(crate::Error::Range { place, what, value: share, legal });
        }
        Ok(std::array::from_fn(|digit| {
            let mut first = self.indices(digit as u8);
            let others = first.split_off((share * first.len() as f64).floor() as usize);
            (first, others)
        }))
    }
}
