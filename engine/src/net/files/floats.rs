//! Floats in bytes.

use crate::linalg::Scalar;
use ndarray::Array2;
use std::io::{self, Read, Write};

/// Bytes read or written at once.
const BUFFER: usize = 1 << 15;

/// How a file holds a float.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Float {
    /// `f64`, otherwise `f32`.
    pub double: bool,
    /// The most significant byte first.
    pub big_endian: bool,
}

impl Float {
    /// Bytes of one number.
    pub fn bytes(self) -> usize {
        if self.double { 8 } else { 4 }
    }

    /// The next `count` numbers; every `f32` is an `f64`.
    pub fn read(self, mut reader: impl Read, count: usize) -> io::Result<Vec<f64>> {
        let mut buffer = [0; BUFFER];
        let mut values = Vec::with_capacity(count);
        while values.len() < count {
            let bytes = (BUFFER / self.bytes()).min(count - values.len()) * self.bytes();
            reader.read_exact(&mut buffer[..bytes])?;
            match self.double {
                true => values.extend(buffer[..bytes].as_chunks().0.iter().map(|&chunk| match self.big_endian {
                    true => f64::from_be_bytes(chunk),
                    false => f64::from_le_bytes(chunk),
                })),
                false => values.extend(buffer[..bytes].as_chunks().0.iter().map(|&chunk| match self.big_endian {
                    true => f64::from(f32::from_be_bytes(chunk)),
                    false => f64::from(f32::from_le_bytes(chunk)),
                })),
            }
        }
        Ok(values)
    }
}

/// True if `F` is `f64`.
pub(super) fn is_double<F: Scalar>() -> bool {
    size_of::<F>() == size_of::<f64>()
}

/// Bytes of an array.
pub(super) fn size<F: Scalar>(values: &Array2<F>) -> usize {
    values.len() * size_of::<F>()
}

/// The values row by row, the least significant byte first.
pub(super) fn write<'a, F: Scalar>(values: impl IntoIterator<Item = &'a F>, mut writer: impl Write) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(BUFFER);
    for &value in values {
        // An f32 survives the way through f64.
        match is_double::<F>() {
            true => buffer.extend(value.to_f64().to_le_bytes()),
            false => buffer.extend((value.to_f64() as f32).to_le_bytes()),
        }
        if buffer.len() == BUFFER {
            writer.write_all(&buffer)?;
            buffer.clear();
        }
    }
    writer.write_all(&buffer)
}
