//! IDX, the format of MNIST.

use super::gzip::Contents;
use super::{at, bytes};
use crate::error::{Fault, Result};
use ndarray::{ArrayD, IxDyn};
use std::path::Path;

/// The type code of unsigned bytes.
const BYTES: u8 = 0x08;

/// The array of an IDX file of unsigned bytes, gzipped or not, in the shape of its header.
///
/// The format: two zeros, the type of the values, the number of sizes, the sizes as big-endian `u32`, the values with the last
/// index running fastest.
///
/// # Errors
/// [`Error::Data`](crate::Error::Data) with the [`Fault`]: `Missing`, `Empty`, `Magic`, `ValueType`; `Short` where the values are
/// fewer than the header says and `Trailing` where more follow; `CutOff` and `Damaged` for a gzip stream.
/// [`Error::File`](crate::Error::File) for a file that cannot be read.
pub fn read_idx(path: impl AsRef<Path>) -> Result<ArrayD<u8>> {
    let path = path.as_ref();
    parse(&bytes(path, "check the path")?).map_err(at(path))
}

/// The array in the bytes of a file.
pub(in crate::data) fn parse(bytes: &[u8]) -> Result<ArrayD<u8>, Fault> {
    let mut contents = Contents::of(bytes);
    let magic = contents.take(4)?;
    let [0, 0, code, count] = magic[..] else { return Err(Fault::Magic { got: magic }) };
    if code != BYTES {
        return Err(Fault::ValueType { code });
    }
    let header = contents.take(4 * u64::from(count))?;
    let (sizes, _) = header.as_chunks::<4>();
    if sizes.len() != usize::from(count) {
        let (expected, got) = (4 * u64::from(count), header.len() as u64);
        return Err(Fault::Short { what: "the sizes", expected, got });
    }
    let shape: Vec<usize> = sizes.iter().map(|&size| u32::from_be_bytes(size) as usize).collect();
    let expected = shape.iter().fold(1u64, |product, &size| product.saturating_mul(size as u64));
    let values = contents.take(expected)?;
    let got = values.len() as u64;
    if got != expected {
        return Err(Fault::Short { what: "the values", expected, got });
    }
    contents.end("values")?;
    // Refused are sizes whose product is small only because one of them is zero.
    let refused = |_| Fault::Short { what: "the values", expected: u64::MAX, got };
    ArrayD::from_shape_vec(IxDyn(&shape), values).map_err(refused)
}
