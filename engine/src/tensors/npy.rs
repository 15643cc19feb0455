//! An array in NumPy's format (`numpy.lib.format`, versions 1 to 3).

use super::numbers::{Kind, NumberType};
use super::{Header, broken};
use ndarray::{ArrayD, IxDyn, ShapeBuilder};
use std::io::{self, Read, Write};

const MAGIC: &[u8] = b"\x93NUMPY";

/// The longest header that NumPy reads by default; those of plain arrays have some 100 characters.
const LONGEST: usize = 10_000;

/// An array whose header has been read, up to the first value.
pub(crate) struct Npy<R> {
    reader: R,
    pub header: Header,
    /// The first index varies fastest.
    fortran: bool,
}

impl<R: Read> Npy<R> {
    /// Reads the header.
    pub fn open(mut reader: R) -> io::Result<Self> {
        let Preamble { header, fortran } = preamble(&mut reader)?;
        Ok(Self { reader, header, fortran })
    }

    /// The values, which must be all that is left, in a shape that the header has been found to have.
    pub fn values(mut self, shape: &[usize], number: NumberType) -> io::Result<ArrayD<f64>> {
        let values = number.read(&mut self.reader, shape.iter().product())?;
        if self.reader.read(&mut [0])? != 0 {
            return Err(broken("it goes on after its values"));
        }
        ArrayD::from_shape_vec(IxDyn(shape).set_f(self.fortran), values).map_err(broken)
    }
}

/// What stands before the values.
struct Preamble {
    header: Header,
    fortran: bool,
}

fn preamble(reader: &mut impl Read) -> io::Result<Preamble> {
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
        let header = Header { shape: shape?, numbers: number(numbers?) };
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

/// The numbers that a type of NumPy stands for, or its name.
fn number(descr: &str) -> Result<NumberType, String> {
    let kind = match descr.trim_start_matches(['<', '>', '|', '=']) {
        "f2" => Kind::Half,
        "f4" => Kind::Single,
        "f8" => Kind::Double,
        "b1" => Kind::Bool,
        "i1" => Kind::Signed(1),
        "i2" => Kind::Signed(2),
        "i4" => Kind::Signed(4),
        "i8" => Kind::Signed(8),
        "u1" => Kind::Unsigned(1),
        "u2" => Kind::Unsigned(2),
        "u4" => Kind::Unsigned(4),
        "u8" => Kind::Unsigned(8),
        "O" => return Err("Python objects".into()),
        _ => return Err(descr.into()),
    };
    match (descr.as_bytes()[0], NumberType::little_endian(kind).bytes()) {
        (_, 1) | (b'<', _) => Ok(NumberType::little_endian(kind)),
        (b'>', _) => Ok(NumberType { kind, big_endian: true }),
        // Which order the native one was, the file does not say.
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
