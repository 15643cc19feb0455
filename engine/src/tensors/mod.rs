//! Tensors in files: NumPy's `.npy` and `.npz`, and safetensors; no reader believes a size that the file does not have.

mod named;
mod npy;
mod npz;
mod numbers;
mod safetensors;

pub(crate) use named::{NamedArray, read_arrays, write_arrays};
pub(crate) use npy::Npy;
pub(crate) use npz::{Npz, write as write_npz};
pub(crate) use numbers::NumberType;
pub(crate) use safetensors::{Safetensors, write as write_safetensors};

use ndarray::{Array2, ArrayD};
use std::io;

/// A file whose names are known and whose values have not been read.
pub(crate) trait Tensors {
    /// The names of all tensors.
    fn names(&self) -> Vec<&str>;

    /// Shape and numbers of a tensor, which may be lies.
    fn header(&self, index: usize) -> io::Result<Header>;

    /// The values of a tensor, whose header has been found to be that of what is wanted.
    fn values(&self, index: usize, shape: &[usize], number: NumberType) -> io::Result<ArrayD<f64>>;
}

/// What a file says about a tensor.
pub(crate) struct Header {
    pub shape: Vec<usize>,
    /// The numbers, or the name of what it holds instead.
    pub numbers: Result<NumberType, String>,
}

/// A parameter as it is written.
pub(crate) struct Stored<'a, F> {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: &'a Array2<F>,
}

/// An error for a file that breaks its format.
pub(crate) fn broken(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
