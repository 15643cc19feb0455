//! Readers of data files; none believes a size that the file does not have.

mod csv;
mod gzip;
mod idx;
mod npy;
mod png;

pub use csv::{Csv, read_csv};
pub(super) use idx::parse;
pub use idx::read_idx;
pub use npy::{NpzFile, read_npy, read_npy_array, read_npy_vector, read_npz};
pub(super) use png::parse as parse_png;
pub use png::read_png;

use crate::error::{Error, Fault, Result};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

/// The bytes of a file.
///
/// # Errors
/// [`Fault::Missing`] with the remedy, [`Fault::Empty`], [`Fault::Folder`], [`Error::File`].
pub(super) fn bytes(path: &Path, remedy: &'static str) -> Result<Vec<u8>> {
    match fs::read(path) {
        Ok(bytes) if bytes.is_empty() => Err(at(path)(Fault::Empty)),
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(unreadable(path, remedy, error)),
    }
}

/// A file that is read from its start, and is not empty.
///
/// # Errors
/// As for [`bytes`].
fn open(path: &Path) -> Result<File> {
    let unreadable = |error| unreadable(path, "check the path", error);
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    match metadata.len() {
        _ if metadata.is_dir() => Err(at(path)(Fault::Folder)),
        0 if metadata.is_file() => Err(at(path)(Fault::Empty)),
        _ => Ok(file),
    }
}

fn unreadable(path: &Path, remedy: &'static str, source: io::Error) -> Error {
    match source.kind() {
        ErrorKind::NotFound if path.starts_with("~") => {
            at(path)(Fault::Missing { remedy: "only a shell takes ~ for the home folder; write the whole path" })
        }
        ErrorKind::NotFound => at(path)(Fault::Missing { remedy }),
        ErrorKind::IsADirectory => at(path)(Fault::Folder),
        _ => Error::File { path: path.into(), source },
    }
}

/// Names the file.
pub(super) fn at(path: &Path) -> impl Fn(Fault) -> Error {
    move |fault| Error::Data { path: path.into(), fault }
}
