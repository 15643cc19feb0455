//! Readers of data files; none believes a size that the file does not have.

mod csv;
mod gzip;
mod idx;
mod png;

pub use csv::{Columns, read_csv};
pub(super) use idx::parse;
pub use idx::read_idx;
pub(super) use png::parse as parse_png;
pub use png::read_png;

use crate::error::{Error, Fault, Result};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The bytes of a file.
///
/// # Errors
/// [`Fault::Missing`] with the remedy, [`Fault::Empty`], [`Error::File`].
pub(super) fn bytes(path: &Path, remedy: &'static str) -> Result<Vec<u8>> {
    match fs::read(path) {
        Ok(bytes) if bytes.is_empty() => Err(at(path)(Fault::Empty)),
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(at(path)(Fault::Missing { remedy })),
        Err(source) => Err(Error::File { path: path.into(), source }),
    }
}

/// Names the file.
pub(super) fn at(path: &Path) -> impl Fn(Fault) -> Error {
    move |fault| Error::Data { path: path.into(), fault }
}
