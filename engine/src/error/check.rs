//! What several functions ask of their input.

use super::{Error, Result};
use crate::number::Number;
use ndarray::Array2;
use rayon::prelude::*;

/// Checks that BLAS can count to a size, which it does in 32 bits.
///
/// # Errors
/// [`Error::Range`] from 2^31 on.
pub(crate) fn check_size(place: &'static str, what: &'static str, size: usize) -> Result<()> {
    match i32::try_from(size) {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::Range { place, what, value: size as f64, legal: "below 2^31" }),
    }
}

/// Checks that `x` has rows, `expected` columns where given, and only finite values.
pub(crate) fn check_input(place: &'static str, x: &Array2<f64>, expected: Option<usize>) -> Result<()> {
    if x.nrows() == 0 {
        return Err(Error::NoRows { place });
    }
    if let Some(expected) = expected
        && x.ncols() != expected
    {
        return Err(Error::Size { place, what: "input features", expected, got: x.ncols() });
    }
    check_size(place, "the number of rows", x.nrows())?;
    check_size(place, "the number of columns", x.ncols())?;
    check_finite(place, x)
}

/// Checks that every value is finite.
///
/// # Errors
/// [`Error::NotFinite`] with the first that is not.
pub fn check_finite<F: Number>(place: &'static str, x: &Array2<F>) -> Result<()> {
    if all_finite(x) {
        return Ok(());
    }
    let found = x.indexed_iter().find(|(_, v)| !v.is_finite());
    let ((row, column), value) = found.expect("one of the values is not finite");
    Err(Error::NotFinite { place, row, column, value: value.to_f64() })
}

/// Values of which one thread says whether they are finite.
const CHUNK: usize = 1 << 14;

/// Whether every value is finite; without branches, since weights and kernels are checked at every call.
pub(crate) fn all_finite<F: Number>(x: &Array2<F>) -> bool {
    let finite = |part: &[F]| part.iter().fold(true, |all, v| all & v.is_finite());
    match x.as_slice_memory_order() {
        // The threads take longer to start than to count so few.
        Some(values) if values.len() <= CHUNK => finite(values),
        Some(values) => values.par_chunks(CHUNK).all(finite),
        None => x.iter().all(|v| v.is_finite()),
    }
}

/// Checks that there is memory for as many `f64` as the product of `counts`, where a failed allocation would end the process.
///
/// # Errors
/// [`Error::Memory`] if there is not.
pub fn check_memory(place: &'static str, counts: &[usize]) -> Result<()> {
    let numbers = counts.iter().fold(1, |product: usize, &count| product.saturating_mul(count));
    let mut array = Vec::<f64>::new();
    match array.try_reserve_exact(numbers) {
        // Or the compiler leaves out an allocation that nobody uses.
        Ok(()) => drop(std::hint::black_box(array)),
        Err(_) => return Err(Error::Memory { place, needed: (numbers as u64).saturating_mul(8) }),
    }
    Ok(())
}
