//! Named arrays in a file of NumPy's, each in its own precision.

use super::npz::{Npz, Writer};
use super::numbers::Kind;
use super::{Tensors, broken};
use ndarray::ArrayD;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// An array with its name.
#[derive(Debug)]
pub(crate) struct NamedArray {
    pub name: String,
    /// Written as `f32`, without loss if its values are such.
    pub single: bool,
    pub values: ArrayD<f64>,
}

/// Writes an `.npz` file.
pub(crate) fn write_arrays(file: impl Write, arrays: &[NamedArray]) -> io::Result<()> {
    let mut writer = Writer::new(file);
    for NamedArray { name, single, values } in arrays {
        match single {
            true => writer.array(name, values.shape(), values.mapv(|v| v as f32).iter())?,
            false => writer.array(name, values.shape(), values.iter())?,
        }
    }
    writer.finish()
}

/// Reads all arrays of an uncompressed `.npz` file.
pub(crate) fn read_arrays(path: &Path) -> io::Result<Vec<NamedArray>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let npz = Npz::open(file)?;
    let names: Vec<String> = npz.names().into_iter().map(String::from).collect();
    let mut arrays = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        let header = npz.header(index)?;
        let number = header.numbers.map_err(|numbers| broken(format!("the array {name} holds {numbers}")))?;
        // No header may ask for more memory than the file has values.
        let count = header.shape.iter().try_fold(number.bytes() as u64, |bytes, &n| bytes.checked_mul(n as u64));
        if count.is_none_or(|bytes| bytes > length) {
            return Err(broken(format!("the array {name} claims the shape {:?}", header.shape)));
        }
        let values = npz.values(index, &header.shape, number)?;
        arrays.push(NamedArray { name, single: number.kind == Kind::Single, values });
    }
    Ok(arrays)
}
