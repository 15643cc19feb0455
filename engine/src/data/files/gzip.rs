//! Contents that may be gzipped.

use crate::error::Fault;
use flate2::bufread::GzDecoder;
use std::io::{ErrorKind, Read};

/// The contents of a file, decompressed as they are read where the file begins as a gzip file does.
pub(super) enum Contents<'a> {
    Plain { bytes: &'a [u8], read: usize },
    Gzip { stream: Box<GzDecoder<&'a [u8]>>, length: usize, read: usize },
}

impl<'a> Contents<'a> {
    pub fn of(bytes: &'a [u8]) -> Self {
        match bytes.starts_with(&[0x1f, 0x8b]) {
            true => Self::Gzip { stream: Box::new(GzDecoder::new(bytes)), length: bytes.len(), read: 0 },
            false => Self::Plain { bytes, read: 0 },
        }
    }

    /// The next `count` bytes, or as many as there are; memory grows with what is there, not with `count`.
    pub fn take(&mut self, count: u64) -> Result<Vec<u8>, Fault> {
        match self {
            Self::Plain { bytes, read } => {
                let rest = &bytes[*read..];
                let part = &rest[..usize::try_from(count).map_or(rest.len(), |count| count.min(rest.len()))];
                *read += part.len();
                Ok(part.to_vec())
            }
            Self::Gzip { stream, length, read } => {
                let mut part = Vec::new();
                let result = stream.by_ref().take(count).read_to_end(&mut part);
                *read += part.len();
                let offset = (*length - stream.get_ref().len()) as u64;
                match result {
                    Ok(_) => Ok(part),
                    Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(Fault::CutOff { offset }),
                    Err(error) => Err(Fault::Damaged { offset, reason: error.to_string() }),
                }
            }
        }
    }

    /// Asserts that nothing is left, and with that the checksum of a gzip stream.
    pub fn end(mut self, what: &'static str) -> Result<(), Fault> {
        let more = !self.take(1)?.is_empty();
        match self {
            Self::Plain { read, .. } if more => Err(Fault::Trailing { what, offset: read as u64 - 1, of: "the file" }),
            Self::Gzip { read, .. } if more => {
                Err(Fault::Trailing { what, offset: read as u64 - 1, of: "the decompressed contents" })
            }
            Self::Gzip { stream, length, .. } if !stream.get_ref().is_empty() => {
                let offset = (length - stream.get_ref().len()) as u64;
                Err(Fault::Trailing { what: "gzip stream", offset, of: "the file" })
            }
            _ => Ok(()),
        }
    }
}
