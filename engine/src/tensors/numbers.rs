//! Numbers in bytes.

use super::broken;
use crate::number::Number;
use half::{bf16, f16};
use ndarray::Array2;
use std::fmt;
use std::io::{self, Read, Write};

/// Bytes read or written at once.
const BUFFER: usize = 1 << 15;
/// Values for which there is room before any is read; more comes as they do, so that no header can ask for it.
const ROOM: usize = 1 << 20;
/// Beyond it not every whole number is an `f64`.
const WHOLE: u64 = 1 << 53;

/// The types of numbers that files hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Five bits of exponent and ten of fraction.
    Half,
    /// The upper half of an `f32`.
    Brain,
    Single,
    Double,
    /// Zero or one in a byte.
    Bool,
    /// With a sign, of so many bytes.
    Signed(usize),
    /// Without a sign, of so many bytes.
    Unsigned(usize),
}

/// How a file holds a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberType {
    pub kind: Kind,
    /// The most significant byte first.
    pub big_endian: bool,
}

impl NumberType {
    pub fn little_endian(kind: Kind) -> Self {
        Self { kind, big_endian: false }
    }

    /// Bytes of one number.
    pub fn bytes(self) -> usize {
        match self.kind {
            Kind::Bool => 1,
            Kind::Half | Kind::Brain => 2,
            Kind::Single => 4,
            Kind::Double => 8,
            Kind::Signed(bytes) | Kind::Unsigned(bytes) => bytes,
        }
    }

    pub fn is_float(self) -> bool {
        matches!(self.kind, Kind::Half | Kind::Brain | Kind::Single | Kind::Double)
    }

    /// The next `count` numbers; every one but a large whole number is an `f64`.
    ///
    /// # Errors
    /// For whole numbers beyond 2^53, whose last digits would be lost.
    pub fn read(self, mut reader: impl Read, count: usize) -> io::Result<Vec<f64>> {
        let size = self.bytes();
        let mut buffer = [0; BUFFER];
        let mut values = Vec::with_capacity(count.min(ROOM));
        while values.len() < count {
            let part = &mut buffer[..(BUFFER / size).min(count - values.len()) * size];
            reader.read_exact(part)?;
            if values.try_reserve(part.len() / size).is_err() {
                return Err(io::Error::new(io::ErrorKind::OutOfMemory, format!("no memory for {count} values")));
            }
            if self.big_endian {
                part.chunks_exact_mut(size).for_each(<[u8]>::reverse);
            }
            match self.kind {
                Kind::Half => values.extend(part.as_chunks().0.iter().map(|&b| f16::from_le_bytes(b).to_f64())),
                Kind::Brain => values.extend(part.as_chunks().0.iter().map(|&b| bf16::from_le_bytes(b).to_f64())),
                Kind::Single => values.extend(part.as_chunks().0.iter().map(|&b| f64::from(f32::from_le_bytes(b)))),
                Kind::Double => values.extend(part.as_chunks().0.iter().map(|&b| f64::from_le_bytes(b))),
                Kind::Bool => values.extend(part.iter().map(|&b| f64::from(u8::from(b != 0)))),
                Kind::Signed(_) | Kind::Unsigned(_) => {
                    for bytes in part.chunks_exact(size) {
                        values.push(self.whole(bytes)?);
                    }
                }
            }
        }
        Ok(values)
    }

    /// A whole number whose least significant byte is the first.
    fn whole(self, bytes: &[u8]) -> io::Result<f64> {
        let negative = matches!(self.kind, Kind::Signed(_)) && bytes.last().is_some_and(|&byte| byte >= 0x80);
        let mut all = [if negative { 0xff } else { 0 }; 8];
        all[..bytes.len()].copy_from_slice(bytes);
        let (size, shown) = match negative {
            true => (i64::from_le_bytes(all).unsigned_abs(), i64::from_le_bytes(all).to_string()),
            false => (u64::from_le_bytes(all), u64::from_le_bytes(all).to_string()),
        };
        if size > WHOLE {
            return Err(broken(format!(
                "it holds {shown}, beyond the whole numbers that a float of 64 bits can tell apart"
            )));
        }
        Ok(if negative { -(size as f64) } else { size as f64 })
    }
}

impl fmt::Display for NumberType {
    /// As NumPy names them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = match self.kind {
            Kind::Brain => return f.write_str("bfloat16"),
            Kind::Half | Kind::Single | Kind::Double => 'f',
            Kind::Bool => 'b',
            Kind::Signed(_) => 'i',
            Kind::Unsigned(_) => 'u',
        };
        let order = match (self.bytes(), self.big_endian) {
            (1, _) => '|',
            (_, false) => '<',
            (_, true) => '>',
        };
        write!(f, "{order}{letter}{}", self.bytes())
    }
}

/// True if `F` is `f64`.
pub(super) fn is_double<F: Number>() -> bool {
    size_of::<F>() == size_of::<f64>()
}

/// Bytes of an array.
pub(super) fn size<F: Number>(values: &Array2<F>) -> usize {
    values.len() * size_of::<F>()
}

/// The values row by row, the least significant byte first.
pub(super) fn write<'a, F: Number>(values: impl IntoIterator<Item = &'a F>, mut writer: impl Write) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: Kind, bytes: &[u8]) -> io::Result<Vec<f64>> {
        let size = NumberType::little_endian(kind).bytes();
        let little = NumberType::little_endian(kind).read(bytes, bytes.len() / size);
        let reversed: Vec<u8> = bytes.chunks(size).flat_map(|number| number.iter().rev().copied()).collect();
        let big = NumberType { kind, big_endian: true }.read(&reversed[..], bytes.len() / size);
        let bits = |values: &io::Result<Vec<f64>>| {
            values.as_ref().map(|list| list.iter().map(|v| v.to_bits()).collect::<Vec<_>>()).map_err(|e| e.to_string())
        };
        assert_eq!(bits(&little), bits(&big));
        little
    }

    /// The bits from IEEE 754-2019, table 3.5: sign, exponent with its bias, fraction.
    fn by_definition(bits: u16, exponent_bits: u32, fraction_bits: u32) -> f64 {
        let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
        let (fraction, exponent) = (
            f64::from(bits & ((1 << fraction_bits) - 1)) / f64::from(1u32 << fraction_bits),
            i32::from((bits >> fraction_bits) & ((1 << exponent_bits) - 1)),
        );
        let bias = (1 << (exponent_bits - 1)) - 1;
        match exponent {
            0 => sign * fraction * 2f64.powi(1 - bias),
            e if e == (1 << exponent_bits) - 1 => {
                if fraction == 0.0 {
                    sign * f64::INFINITY
                } else {
                    f64::NAN
                }
            }
            e => sign * (1.0 + fraction) * 2f64.powi(e - bias),
        }
    }

    #[test]
    fn all_halves_are_the_numbers_of_their_bits() {
        for (kind, exponent, fraction) in [(Kind::Half, 5, 10), (Kind::Brain, 8, 7)] {
            let bytes: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
            for (bits, value) in (0..=u16::MAX).zip(read(kind, &bytes).unwrap()) {
                let expected = by_definition(bits, exponent, fraction);
                assert!(
                    value.to_bits() == expected.to_bits() || value.is_nan() && expected.is_nan(),
                    "{bits:x}: {value}"
                );
            }
        }
    }

    #[test]
    fn whole_numbers_of_all_sizes() {
        assert_eq!(read(Kind::Signed(1), &[0, 1, 127, 128, 255]).unwrap(), [0.0, 1.0, 127.0, -128.0, -1.0]);
        assert_eq!(read(Kind::Unsigned(1), &[0, 128, 255]).unwrap(), [0.0, 128.0, 255.0]);
        assert_eq!(read(Kind::Bool, &[0, 1]).unwrap(), [0.0, 1.0]);
        assert_eq!(read(Kind::Signed(2), &(-300i16).to_le_bytes()).unwrap(), [-300.0]);
        assert_eq!(read(Kind::Unsigned(4), &u32::MAX.to_le_bytes()).unwrap(), [4_294_967_295.0]);
        for exact in [0, 1, -1, 1 << 53, -(1 << 53), i64::from(i32::MIN)] {
            assert_eq!(read(Kind::Signed(8), &exact.to_le_bytes()).unwrap(), [exact as f64]);
        }
        for lost in [(1 << 53) + 1, i64::MIN, i64::MAX] {
            assert!(read(Kind::Signed(8), &lost.to_le_bytes()).unwrap_err().to_string().contains(&lost.to_string()));
        }
        assert!(read(Kind::Unsigned(8), &u64::MAX.to_le_bytes()).is_err());
    }
}
