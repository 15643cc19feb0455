//! The named arrays of a file of a checkpoint.

use crate::error::{Error, Result};
use crate::number::Number;
use crate::tensors::NamedArray;
use ndarray::{Array, Array1, Array2, ArrayD, Dimension};
use std::path::PathBuf;

/// Arrays in their order, with the file that they come from.
///
/// All are row by row in memory, read or not: how sums round may depend on it.
#[derive(Debug, Default)]
pub struct Arrays {
    pub(super) path: PathBuf,
    pub(super) list: Vec<NamedArray>,
}

impl Arrays {
    /// No arrays.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an array.
    pub fn with<D: Dimension>(self, name: &str, values: Array<f64, D>) -> Self {
        self.push(name, values.into_dyn(), false)
    }

    /// Adds a number.
    pub fn number(self, name: &str, value: f64) -> Self {
        self.with(name, Array1::from_elem(1, value))
    }

    /// Adds an array that is written in its own precision.
    pub fn in_its_precision<F: Number>(self, name: &str, values: &Array2<F>) -> Self {
        self.push(name, values.map(|v| v.to_f64()).into_dyn(), size_of::<F>() == size_of::<f32>())
    }

    fn push(mut self, name: &str, values: ArrayD<f64>, single: bool) -> Self {
        let values = if values.is_standard_layout() { values } else { values.as_standard_layout().into_owned() };
        self.list.push(NamedArray { name: name.into(), single, values });
        self
    }

    /// The shape of an array, if there is one of that name.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.list.iter().find(|array| array.name == name).map(|array| array.values.shape())
    }

    /// Takes an array of a known shape.
    ///
    /// # Errors
    /// [`Error::Store`] if there is none.
    pub fn take<D: Dimension>(
        &mut self,
        name: &str,
        dim: impl ndarray::IntoDimension<Dim = D>,
    ) -> Result<Array<f64, D>> {
        let (dim, path) = (dim.into_dimension(), self.path.clone());
        let broken = |found: String| {
            let reason = format!(
                "expected an array {name} of {:?}, {found}; delete the file to do this part again",
                dim.slice()
            );
            Error::Store { path: path.clone(), reason }
        };
        let Some(index) = self.list.iter().position(|array| array.name == name) else {
            return Err(broken("there is none".into()));
        };
        let values = self.list.swap_remove(index).values;
        let got = values.shape().to_vec();
        match values.into_dimensionality::<D>() {
            Ok(values) if values.raw_dim() == dim => Ok(values),
            _ => Err(broken(format!("got {got:?}"))),
        }
    }

    /// Takes a number.
    ///
    /// # Errors
    /// As for [`Arrays::take`].
    pub fn take_number(&mut self, name: &str) -> Result<f64> {
        Ok(self.take(name, 1)?[0])
    }

    /// Takes a whole number.
    ///
    /// # Errors
    /// As for [`Arrays::take`]; [`Error::Store`] if it is above `most` or not whole.
    pub fn take_count(&mut self, name: &str, most: u64) -> Result<u64> {
        let value = self.take_number(name)?;
        if value >= 0.0 && value.fract() == 0.0 && value <= most as f64 {
            return Ok(value as u64);
        }
        let reason =
            format!("{name} is {value}; it must be whole and at most {most}; delete the file to do this part again");
        Err(Error::Store { path: self.path.clone(), reason })
    }
}
