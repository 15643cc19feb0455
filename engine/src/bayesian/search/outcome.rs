//! What a user's function returns.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What an objective may return: a number, or a result with one.
#[diagnostic::on_unimplemented(message = "an objective returns a number (`f64`) or a `Result` with one, not `{Self}`")]
pub trait Outcome {
    /// The number, or why there is none.
    fn value(self) -> Result<f64, String>;
}

impl Outcome for f64 {
    fn value(self) -> Result<f64, String> {
        Ok(self)
    }
}

impl<E: Display> Outcome for Result<f64, E> {
    fn value(self) -> Result<f64, String> {
        self.map_err(|error| error.to_string())
    }
}

/// The finite value of an objective at a point, or why there is none.
pub(super) fn evaluate(objective: &mut dyn FnMut(&[f64]) -> Result<f64, String>, point: &[f64]) -> Result<f64, String> {
    match catch_unwind(AssertUnwindSafe(|| objective(point))) {
        Ok(value) => finite(value?),
        Err(panic) => {
            let said = panic.downcast_ref::<&str>().map(|text| text.to_string());
            let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
            Err(format!("it panicked: {}", said.unwrap_or_else(|| "without a message".into())))
        }
    }
}

/// A value, unless it is no number.
pub(super) fn finite(value: f64) -> Result<f64, String> {
    match value.is_finite() {
        true => Ok(value),
        false => {
            Err(format!("its value is {value}; where it has none, let it return the worst value that it can have"))
        }
    }
}
