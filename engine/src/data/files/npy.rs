//! Arrays of NumPy as data.

use super::{at, open};
use crate::error::{Error, Fault, Result};
use crate::tensors::{Npy, Npz, NumberType, Tensors};
use ndarray::{Array1, Array2, ArrayD, Axis, Dimension, Ix1, Ix2};
use std::io;
use std::path::{Path, PathBuf};

/// The table in a `.npy` file, `[rows, columns]`; a vector is one column.
///
/// Floats of 16, 32 and 64 bits, whole numbers and truth values of any size, in either order of bytes and of axes. Arrays of more axes
/// are read by [`read_npy_array`].
///
/// # Errors
/// [`Error::Data`] with the [`Fault`]: `Missing`, `Empty`; `Array` for what is no array of numbers, is damaged, or has other axes, and
/// for whole numbers beyond 2^53; `NotFinite`. [`Error::File`] for a file that cannot be read.
pub fn read_npy(path: impl AsRef<Path>) -> Result<Array2<f64>> {
    let path = path.as_ref();
    matrix(read_npy_array(path)?).map_err(at(path))
}

/// The vector in a `.npy` file, `[n]`, such as targets; a matrix of one column is one, too. Numbers as for [`read_npy`].
///
/// # Errors
/// As for [`read_npy`].
pub fn read_npy_vector(path: impl AsRef<Path>) -> Result<Array1<f64>> {
    let path = path.as_ref();
    vector(read_npy_array(path)?).map_err(at(path))
}

/// The array in a `.npy` file, in its own shape. Numbers as for [`read_npy`].
///
/// # Errors
/// As for [`read_npy`].
pub fn read_npy_array(path: impl AsRef<Path>) -> Result<ArrayD<f64>> {
    let path = path.as_ref();
    let file = io::BufReader::new(open(path)?);
    let fault = |error| at(path)(broken(error));
    let npy = Npy::open(file).map_err(fault)?;
    let (shape, number) = numbers(&npy.header.shape, &npy.header.numbers).map_err(at(path))?;
    finite(npy.values(&shape, number).map_err(fault)?).map_err(at(path))
}

/// The arrays of a `.npz` file, of which each is read when it is asked for.
pub struct NpzFile {
    path: PathBuf,
    archive: Npz,
}

/// Opens a `.npz` file.
///
/// ```
/// use hadamard::prelude::*;
/// let arrays = read_npz("../tests/files/named.npz")?;         // numpy.savez(…, **{"0.dense.weight": …})
/// assert_eq!(arrays.names().len(), 4);
/// assert_eq!(arrays.matrix("0.dense.weight")?.dim(), (3, 4));
/// assert_eq!(arrays.vector("1.dense.bias")?.len(), 4);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Data`] with the [`Fault`]: `Missing`, `Empty`, `Array`; [`Error::File`] for a file that cannot be read.
pub fn read_npz(path: impl AsRef<Path>) -> Result<NpzFile> {
    let path = path.as_ref();
    let archive = Npz::open(open(path)?).map_err(|error| at(path)(broken(error)))?;
    Ok(NpzFile { path: path.into(), archive })
}

impl NpzFile {
    /// The names of the arrays.
    pub fn names(&self) -> Vec<&str> {
        self.archive.names()
    }

    /// The array of that name, in its own shape.
    ///
    /// # Errors
    /// As for [`read_npy`]; [`Error::NoColumn`] with the names that there are.
    pub fn array(&self, name: &str) -> Result<ArrayD<f64>> {
        let names = self.names();
        let Some(index) = names.iter().position(|other| *other == name) else {
            return Err(Error::NoColumn { name: name.into(), names: names.into_iter().map(String::from).collect() });
        };
        let fault = |error| at(&self.path)(broken(error));
        let header = self.archive.header(index).map_err(fault)?;
        let (shape, number) = numbers(&header.shape, &header.numbers).map_err(at(&self.path))?;
        finite(self.archive.values(index, &shape, number).map_err(fault)?).map_err(at(&self.path))
    }

    /// The table of that name, as [`read_npy`].
    ///
    /// # Errors
    /// As for [`NpzFile::array`].
    pub fn matrix(&self, name: &str) -> Result<Array2<f64>> {
        matrix(self.array(name)?).map_err(at(&self.path))
    }

    /// The vector of that name, as [`read_npy_vector`].
    ///
    /// # Errors
    /// As for [`NpzFile::array`].
    pub fn vector(&self, name: &str) -> Result<Array1<f64>> {
        vector(self.array(name)?).map_err(at(&self.path))
    }
}

impl std::fmt::Debug for NpzFile {
    /// Path and names.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.names().join(", ").escape_debug())
    }
}

/// Shape and numbers of an array that can be read; no header may ask for more than memory has addresses.
fn numbers(shape: &[usize], numbers: &Result<NumberType, String>) -> Result<(Vec<usize>, NumberType), Fault> {
    let number = match numbers {
        Ok(number) => *number,
        Err(other) => {
            let reason = format!("it holds {}; save it with .astype(float)", other.escape_debug());
            return Err(Fault::Array { reason });
        }
    };
    let bytes = shape.iter().try_fold(8, |bytes: usize, &size| bytes.checked_mul(size.max(1)));
    match bytes.is_some_and(|bytes| isize::try_from(bytes).is_ok()) {
        true => Ok((shape.to_vec(), number)),
        false => Err(Fault::Array { reason: format!("its header claims the shape {shape:?}") }),
    }
}

fn matrix(array: ArrayD<f64>) -> Result<Array2<f64>, Fault> {
    let array = if array.ndim() == 1 { array.insert_axis(Axis(1)) } else { array };
    let shape = array.shape().to_vec();
    array.into_dimensionality::<Ix2>().map_err(|_| {
        let call = "read_npy_array, or .array(…) of a .npz file, reads it in its own shape; a row of samples holds an image by row, column, channel";
        Fault::Array { reason: format!("it has the shape {shape:?}, not that of rows and columns; {call}") }
    })
}

fn vector(array: ArrayD<f64>) -> Result<Array1<f64>, Fault> {
    let shape = array.shape().to_vec();
    let array = if let [_, 1] = shape[..] { array.index_axis_move(Axis(1), 0) } else { array };
    array
        .into_dimensionality::<Ix1>()
        .map_err(|_| Fault::Array { reason: format!("it has the shape {shape:?}, not that of a vector") })
}

fn finite(array: ArrayD<f64>) -> Result<ArrayD<f64>, Fault> {
    match array.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some((place, value)) => Err(Fault::NotFinite { place: place.slice().to_vec(), value: *value }),
        None => Ok(array),
    }
}

fn broken(error: io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Fault::Array { reason: "the file ends before the array does".into() },
        _ => Fault::Array { reason: error.to_string() },
    }
}
