//! The header of an array in NumPy's format (`numpy.lib.format`, versions 1 to 3).

use super::floats::Float;
use super::{Header, broken};
use std::io::{self, Read, Write};

const MAGIC: &[u8] = b"\x93NUMPY";

/// The longest header that NumPy reads by default; those of plain arrays have some 100 characters.
const LONGEST: usize = 10_000;

/// An array before its values.
pub(super) struct Preamble {
    pub header: Header,
    /// The first index varies fastest.
    pub fortran: bool,
}

/// Reads up to the first value.
pub(super) fn read(reader: &mut impl Read) -> io::Result<Preamble> {
    let mut start = [0; 8];
    reader.read_exact(&mut start)?;
    if &start[..6] != MAGIC {
        return Err(broken("not an array in NumPy's format"));
    }
    let length = match start[6] {
        1 => usize::from(u16::from_le_bytes(bytes(reader)?)),
        2 | 3 => u32::from_le_bytes(bytes(reader)?) as usize,
        version => return Err(broken(format!("version {version} of NumPy's format is not known"))),
    };
    if length > LONGEST {
        return Err(broken(format!("its header has {length} characters; those of arrays have at most {LONGEST}")));
    }
    let mut text = vec![0; length];
    reader.read_exact(&mut text)?;
    let text = std::str::from_utf8(&text).map_err(broken)?;
    Dictionary { rest: text }.preamble().ok_or_else(|| broken("its header is not that of an array"))
}

fn bytes<const N: usize>(reader: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The part of a Python dictionary that has not been read.
struct Dictionary<'a> {
    rest: &'a str,
}

impl<'a> Dictionary<'a> {
    /// `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`
    fn preamble(mut self) -> Option<Preamble> {
        let (mut numbers, mut fortran, mut shape) = (None, None, None);
        self.token("{")?;
        while self.token("}").is_none() {
            let key = self.string()?;
            self.token(":")?;
            let repeated = match key {
                // A list stands for a structure, whose end need not be found.
                "descr" if self.token("[").is_some() => return structured(),
                "descr" => numbers.replace(self.string()?).is_some(),
                "fortran_order" => fortran.replace(self.boolean()?).is_some(),
                "shape" => shape.replace(self.tuple()?).is_some(),
                _ => return None,
            };
            if repeated || self.token(",").is_none() && !self.rest.trim_start().starts_with('}') {
                return None;
            }
        }
        let header = Header { shape: shape?, numbers: float(numbers?) };
        self.rest.trim().is_empty().then_some(Preamble { header, fortran: fortran? })
    }

    fn token(&mut self, token: &str) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(token)?;
        Some(())
    }

    fn string(&mut self) -> Option<&'a str> {
        let quote = if self.token("'").is_some() { '\'' } else { self.token("\"").map(|()| '"')? };
        let (string, rest) = self.rest.split_once(quote)?;
        self.rest = rest;
        Some(string)
    }

    fn boolean(&mut self) -> Option<bool> {
        match self.token("True") {
            Some(()) => Some(true),
            None => self.token("False").map(|()| false),
        }
    }

    fn tuple(&mut self) -> Option<Vec<usize>> {
        self.token("(")?;
        let (inside, rest) = self.rest.split_once(')')?;
        self.rest = rest;
        let numbers = inside.strip_suffix(',').unwrap_or(inside);
        if numbers.trim().is_empty() {
            return Some(Vec::new());
        }
        // Python 2 wrote `3L`.
        numbers.split(',').map(|number| number.trim().trim_end_matches('L').parse().ok()).collect()
    }
}

fn structured() -> Option<Preamble> {
    let header = Header { shape: Vec::new(), numbers: Err("structures".into()) };
    Some(Preamble { header, fortran: false })
}

/// The floats that a type of NumPy stands for, or its name.
fn float(descr: &str) -> Result<Float, String> {
    match descr {
        "<f8" | ">f8" | "<f4" | ">f4" => Ok(Float { double: descr.ends_with('8'), big_endian: descr.starts_with('>') }),
        "|O" => Err("Python objects".into()),
        _ => Err(descr.into()),
    }
}

/// Writes all before the values, which NumPy fills up to a multiple of 64 bytes.
pub(super) fn write(writer: &mut impl Write, shape: &[usize], double: bool) -> io::Result<()> {
    let sizes: Vec<_> = shape.iter().map(usize::to_string).collect();
    // Python's tuple of one number ends in a comma.
    let sizes = if let [size] = sizes.as_slice() { format!("{size},") } else { sizes.join(", ") };
    let numbers = if double { "<f8" } else { "<f4" };
    let mut header = format!("{{'descr': '{numbers}', 'fortran_order': False, 'shape': ({sizes}), }}");
    let start = MAGIC.len() + 4;
    let length = (start + header.len() + 1).next_multiple_of(64) - start;
    header.extend(std::iter::repeat_n(' ', length - header.len() - 1));
    header.push('\n');
    writer.write_all(MAGIC)?;
    writer.write_all(&[1, 0])?;
    writer.write_all(&(length as u16).to_le_bytes())?;
    writer.write_all(header.as_bytes())
}
