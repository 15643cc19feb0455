//! PNG, grey images of 8 bits a pixel.

use super::{at, bytes};
use crate::error::{Fault, Result};
use ndarray::Array2;
use png::{BitDepth, ColorType, DecodeOptions, Decoder, DecodingError};
use std::io::{Cursor, ErrorKind};
use std::path::Path;

/// How a PNG file begins.
const SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];
/// The most pixels that are read.
const PIXELS: u64 = 1 << 26;

/// The pixels of a grey PNG image of 8 bits a pixel, `[height, width]`, from 0 (black) to 255 (white). Checksums are checked; a
/// colour profile or a gamma value is not applied.
///
/// # Errors
/// [`Error::Data`](crate::Error::Data) with the [`Fault`]: `Missing`, `Empty`, `NotPng`; `Colour` for colours, transparency and
/// other than 8 bits; `CutOffImage`; `DamagedImage`; `Trailing`; `TooLarge` beyond 2^26 pixels.
/// [`Error::File`](crate::Error::File) for a file that cannot be read.
pub fn read_png(path: impl AsRef<Path>) -> Result<Array2<u8>> {
    let path = path.as_ref();
    parse(&bytes(path, "check the path")?).map_err(at(path))
}

/// The pixels in the bytes of a file.
pub(in crate::data) fn parse(bytes: &[u8]) -> Result<Array2<u8>, Fault> {
    if !bytes.starts_with(&SIGNATURE) {
        return Err(Fault::NotPng { got: bytes.iter().take(SIGNATURE.len()).copied().collect() });
    }
    let damaged = |error: DecodingError| match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            Fault::CutOffImage { offset: bytes.len() as u64 }
        }
        DecodingError::LimitsExceeded => Fault::TooLarge { limit: PIXELS },
        error => Fault::DamagedImage { reason: error.to_string() },
    };
    let mut options = DecodeOptions::default();
    options.set_ignore_checksums(false);
    let mut cursor = Cursor::new(bytes);
    let mut decoder = Decoder::new_with_options(&mut cursor, options);
    let header = decoder.read_header_info().map_err(damaged)?;
    if (header.color_type, header.bit_depth) != (ColorType::Grayscale, BitDepth::Eight) {
        let (colour, bits) = (format!("{:?}", header.color_type), header.bit_depth as u8);
        return Err(Fault::Colour { colour, bits });
    }
    if u64::from(header.width) * u64::from(header.height) > PIXELS {
        return Err(Fault::TooLarge { limit: PIXELS });
    }
    let mut reader = decoder.read_info().map_err(damaged)?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    // A transparent grey would be a second value of every pixel.
    if reader.info().trns.is_some() {
        return Err(Fault::Colour { colour: "Grayscale with transparency".into(), bits: 8 });
    }
    let mut pixels = vec![0; width * height];
    reader.next_frame(&mut pixels).map_err(damaged)?;
    reader.finish().map_err(damaged)?;
    drop(reader);
    let end = cursor.position();
    if end != bytes.len() as u64 {
        return Err(Fault::Trailing { what: "PNG image", offset: end, of: "the file" });
    }
    let short = |_| Fault::DamagedImage { reason: "not as many pixels as the header says".into() };
    Array2::from_shape_vec((height, width), pixels).map_err(short)
}
