//! One error type for the whole crate: every variant says where it happened and carries the numbers that did it.

use std::path::PathBuf;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An array that must have rows has none.
    #[error("{place}: the input has no rows")]
    NoRows {
        /// The function that was called.
        place: &'static str,
    },
    /// A NaN or an infinity in an input.
    #[error("{place}: the value at row {row}, column {column} is {value}; every value must be finite")]
    NotFinite {
        /// The function that was called.
        place: &'static str,
        /// Row of the first offending value.
        row: usize,
        /// Column of the first offending value.
        column: usize,
        /// The value itself.
        value: f64,
    },
    /// Two sizes that must agree do not.
    #[error("{place}: expected {expected} {what}, got {got}")]
    Size {
        /// The op or function.
        place: &'static str,
        /// What is counted.
        what: &'static str,
        /// The count that would be right.
        expected: usize,
        /// The count found.
        got: usize,
    },
    /// A number outside its legal range.
    #[error("{place}: {what} is {value}; it must be {legal}")]
    Range {
        /// The op or function.
        place: &'static str,
        /// The name of the number.
        what: &'static str,
        /// Its value.
        value: f64,
        /// The legal range in words.
        legal: &'static str,
    },
    /// Two networks of a study have the same name, so that their rows could not be told apart.
    #[error("{place}: two networks are called {name}; give one of them another name with .named(…)")]
    SameName {
        /// The study.
        place: &'static str,
        /// The name.
        name: String,
    },
    /// A network was asked to compute before its sizes were known.
    #[error("{network}: the {what} is not set; call .{what}(…) on the network first")]
    Unset {
        /// Name of the network.
        network: String,
        /// `width` or `input`.
        what: &'static str,
    },
    /// The maximal-update parametrisation on a network that does not end in a dense layer.
    #[error("{network}: the maximal-update parametrisation needs a network that ends in a dense layer")]
    NoReadout {
        /// Name of the network.
        network: String,
    },
    /// A combinator without branches or layers.
    #[error("{op}: needs at least one branch")]
    NoBranches {
        /// The combinator.
        op: &'static str,
    },
    /// Two branches of a product or sum pass their input on unit by unit, so that they are not independent.
    #[error(
        "{op}: branches {first} and {second} both pass their input on without a dense layer in between, so they are not independent; put a dense layer into one of them"
    )]
    DependentBranches {
        /// The combinator.
        op: &'static str,
        /// Index of the first such branch.
        first: usize,
        /// Index of the second such branch.
        second: usize,
    },
    /// A limit rule met a state it does not hold for.
    #[error(
        "{op}: no closed form after {before}, because its units are not Gaussian or not alike; put a dense layer in between or use .monte_carlo_kernel(…)"
    )]
    NoLimitRule {
        /// The op that has no rule here.
        op: &'static str,
        /// The op before it.
        before: &'static str,
    },
    /// An op without a limit rule at this place.
    #[error("{op}: no closed form of the limit kernel here; .monte_carlo_kernel(…) samples it")]
    NoClosedForm {
        /// The op.
        op: &'static str,
    },
    /// The Hermite series of an activation has not converged.
    #[error(
        "{op}: the Hermite series at input variance {variance:.3e} leaves {tail:.1e} of the second moment after {terms} terms; scale the layer before it down (sigma_w) or use .monte_carlo_kernel(…)"
    )]
    SeriesTail {
        /// The activation.
        op: &'static str,
        /// Variance of its input.
        variance: f64,
        /// Share of E φ² that is missing.
        tail: f64,
        /// Number of terms used.
        terms: usize,
    },
    /// A learning rate at or beyond the stability limit.
    #[error(
        "gradient descent: the learning rate {rate:.6e} is at or beyond 2/λ_max = {limit:.6e} (λ_max = {lambda_max:.6e} of the loss's Hessian in function space); it diverges"
    )]
    Diverges {
        /// The learning rate asked for.
        rate: f64,
        /// The rate at which divergence begins.
        limit: f64,
        /// Largest eigenvalue of the Hessian in function space, `(2/n) λ_max(Θ)`.
        lambda_max: f64,
    },
    /// Training produced a loss that is not finite.
    #[error("training: the loss at step {step} is {loss}; the learning rate {rate:.3e} is too large")]
    TrainingDiverged {
        /// The step.
        step: u64,
        /// The loss there.
        loss: f64,
        /// The learning rate.
        rate: f64,
    },
    /// A kernel that cannot be inverted in double precision.
    #[error(
        "{place}: the kernel of {n} points is singular to working precision (smallest eigenvalue {smallest:.3e}, largest {largest:.3e}); add a ridge or drop repeated points"
    )]
    Singular {
        /// The solve.
        place: &'static str,
        /// Number of points.
        n: usize,
        /// Smallest eigenvalue.
        smallest: f64,
        /// Largest eigenvalue.
        largest: f64,
    },
    /// A matrix that must be positive semidefinite is not.
    #[error(
        "{place}: the kernel of {n} points is indefinite (smallest eigenvalue {smallest:.3e}, largest {largest:.3e})"
    )]
    Indefinite {
        /// The function.
        place: &'static str,
        /// Number of points.
        n: usize,
        /// Smallest eigenvalue.
        smallest: f64,
        /// Largest eigenvalue.
        largest: f64,
    },
    /// LAPACK reported a failure.
    #[error("LAPACK {routine} failed with info = {info} on a matrix of {n} rows")]
    Lapack {
        /// Name of the routine.
        routine: &'static str,
        /// Its info code.
        info: i32,
        /// Size of the matrix.
        n: usize,
    },
    /// A result that is not finite although the input was.
    #[error("{place}: overflow, the result is not finite; scale the input or the weights down")]
    Overflow {
        /// The function.
        place: &'static str,
    },
    /// A file could not be written or read.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A table could not be built or written.
    #[cfg(feature = "frames")]
    #[error("table: {0}")]
    Table(#[from] polars::error::PolarsError),
}

/// Checks that `x` has rows, `expected` columns where given, and only finite values.
pub(crate) fn check_input(place: &'static str, x: &ndarray::Array2<f64>, expected: Option<usize>) -> Result<()> {
    if x.nrows() == 0 {
        return Err(Error::NoRows { place });
    }
    if let Some(expected) = expected
        && x.ncols() != expected
    {
        return Err(Error::Size { place, what: "input features", expected, got: x.ncols() });
    }
    match x.indexed_iter().find(|(_, v)| !v.is_finite()) {
        Some(((row, column), &value)) => Err(Error::NotFinite { place, row, column, value }),
        None => Ok(()),
    }
}

/// Checks that `y` has `rows` values and that all are finite.
pub(crate) fn check_target(place: &'static str, y: &ndarray::Array1<f64>, rows: usize) -> Result<()> {
    if y.len() != rows {
        return Err(Error::Size { place, what: "targets", expected: rows, got: y.len() });
    }
    match y.iter().enumerate().find(|(_, v)| !v.is_finite()) {
        Some((row, &value)) => Err(Error::NotFinite { place, row, column: 0, value }),
        None => Ok(()),
    }
}
