//! One error type for the whole crate: every variant says where it happened and carries the numbers that did it.

pub(crate) mod check;
mod column_fault;
mod data_fault;
mod kind;
mod search_fault;
mod tensor_fault;

pub(crate) use check::{all_finite, check_input, check_size};
pub use check::{check_finite, check_memory};
pub use column_fault::ColumnFault;
pub use data_fault::Fault;
pub use kind::Result;
pub use search_fault::SearchFault;
pub use tensor_fault::TensorFault;

use std::path::PathBuf;

/// Everything that can go wrong.
#[non_exhaustive]
#[derive(thiserror::Error)]
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
    /// Two things do not belong together.
    #[error("{place}: {reason}")]
    Unlike {
        /// The op or function.
        place: &'static str,
        /// What differs, and what would fit.
        reason: &'static str,
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
    /// The maximal-update parametrisation on a network that does not end in a dense layer, or that is a single one.
    #[error("{network}: the maximal-update parametrisation needs hidden layers and a dense layer at the end")]
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
    /// An op for which there is no limit, or no rule for it.
    #[error("{op}: {reason}; .monte_carlo_kernel(…) samples networks of a width")]
    NoLimit {
        /// The op.
        op: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// Learning rates of single parameters, which limit rules do not have.
    #[error(
        "{place}: the limit has no learning rates of single parameters; take .limit_kernel_by_layer(…) of the network without them, and add the shares with their rates"
    )]
    OwnRates {
        /// The function.
        place: &'static str,
    },
    /// Neither the Hermite series of a user's function nor quadrature has converged.
    #[error(
        "{op}: at input variance {variance:.3e} the Hermite series leaves {tail:.1e} of the second moment after {terms} terms, and the finest quadrature has not the tolerance {tolerance:.1e} either; allow it more with Elementwise::new(…).tolerance(…), scale the layer before it down (sigma_w), or use .monte_carlo_kernel(…)"
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
        /// The share that may be missing.
        tolerance: f64,
    },
    /// A second derivative was asked of a network or a loss with a function of a user's whose own is not known.
    #[error("{op}: its second derivative is not known; give it with {give}")]
    NoSecondDerivative {
        /// The activation, or the loss.
        op: &'static str,
        /// What to give it with.
        give: &'static str,
    },
    /// The slope given with an activation is not the derivative of its value, or the curvature not that of its slope.
    #[error(
        "{op}: the {what} at u = {at} is {slope:.6e}, but the central difference of the {of} there is {difference:.6e}; the {what} must be the derivative of the {of}"
    )]
    WrongSlope {
        /// The activation.
        op: &'static str,
        /// `slope` or `curvature`.
        what: &'static str,
        /// What it is the derivative of: `value` or `slope`.
        of: &'static str,
        /// Where they differ.
        at: f64,
        /// The slope given.
        slope: f64,
        /// The central difference of the value.
        difference: f64,
    },
    /// A learning rate at or beyond the stability limit.
    #[error(
        "gradient descent: the learning rate {rate:.6e} is at or beyond 2/λ_max = {limit:.6e} (λ_max = {lambda_max:.6e} of the loss's Hessian in function space), where it diverges; take a smaller one"
    )]
    Diverges {
        /// The learning rate asked for.
        rate: f64,
        /// The rate at which divergence begins.
        limit: f64,
        /// Largest eigenvalue of the Hessian in function space, `(2/n) λ_max(Θ)`.
        lambda_max: f64,
    },
    /// Training produced a loss that is not finite, or grew a thousandfold.
    #[error(
        "training: the loss at step {step} is {loss}; the learning rate {rate:.3e} is too large, take a smaller one"
    )]
    TrainingDiverged {
        /// The step.
        step: u64,
        /// The loss there.
        loss: f64,
        /// The learning rate.
        rate: f64,
    },
    /// An integrator did not reach the last time asked for.
    #[error(
        "{place}: {reason} at time {time:.6e} of {end:.6e}, after {steps} steps; raise max_steps, loosen the tolerance or ask for earlier times"
    )]
    Unfinished {
        /// What was integrated.
        place: &'static str,
        /// Why it stopped.
        reason: &'static str,
        /// The time reached.
        time: f64,
        /// The last time asked for.
        end: f64,
        /// Number of steps taken.
        steps: usize,
    },
    /// A kernel that cannot be inverted to the precision of its entries.
    #[error(
        "{place}: the kernel of {n} points is singular to the precision of its entries (smallest eigenvalue {smallest:.3e}, largest {largest:.3e}, noise {noise:.1e}); add a ridge above the noise or drop repeated points"
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
        /// The magnitude below which an eigenvalue cannot be told from zero.
        noise: f64,
    },
    /// A matrix that must be positive semidefinite is not.
    #[error(
        "{place}: the kernel of {n} points is indefinite (smallest eigenvalue {smallest:.3e}, largest {largest:.3e}, noise {noise:.1e})"
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
        /// The magnitude below which an eigenvalue cannot be told from zero.
        noise: f64,
    },
    /// A matrix that must be symmetric is not.
    #[error(
        "{place}: the entry at row {row}, column {column} is {value:e} and its mirror image {mirror:e}; they must be equal"
    )]
    NotSymmetric {
        /// The function.
        place: &'static str,
        /// Row of the worst pair of entries.
        row: usize,
        /// Its column.
        column: usize,
        /// The entry there.
        value: f64,
        /// The entry at the mirrored place.
        mirror: f64,
    },
    /// A value at or below the floor above which it means anything.
    #[error("{place}: {what} {index} is {value:.3e}; it must be above {floor:.3e}")]
    TooSmall {
        /// The function.
        place: &'static str,
        /// What is counted.
        what: &'static str,
        /// Its rank or degree.
        index: usize,
        /// Its value.
        value: f64,
        /// Zero, or the rounding noise where that is higher.
        floor: f64,
    },
    /// An iteration that ran out of steps.
    #[error(
        "{place}: the relative residual is {residual:.3e} after {count} {what}, above the tolerance {tolerance:.3e}; allow more of them, or a tolerance above the rounding of the operator"
    )]
    NotConverged {
        /// The solver.
        place: &'static str,
        /// What is counted.
        what: &'static str,
        /// How many were used.
        count: usize,
        /// The largest relative residual.
        residual: f64,
        /// The largest one allowed.
        tolerance: f64,
    },
    /// A search direction along which a matrix that must be positive definite is not.
    #[error(
        "{place}: iteration {iteration} of right-hand side {column} met a direction of curvature {curvature:.3e} (largest before it {largest:.3e}), so the matrix is not positive definite; add a ridge"
    )]
    NegativeCurvature {
        /// The solver.
        place: &'static str,
        /// The iteration, counted from 1.
        iteration: usize,
        /// Column of the right-hand sides.
        column: usize,
        /// `pᵀ A p / pᵀ p`; the smallest eigenvalue is at most this.
        curvature: f64,
        /// The largest curvature met before.
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
    /// A computation that does not fit in the memory allowed.
    #[error(
        "{place}: needs {:.3} GiB of memory, the budget is {:.3} GiB", *needed as f64 / (1u64 << 30) as f64, *budget as f64 / (1u64 << 30) as f64
    )]
    Budget {
        /// The function.
        place: &'static str,
        /// Bytes needed.
        needed: u64,
        /// Bytes allowed.
        budget: u64,
    },
    /// Arrays for which the computer has no memory.
    #[error("{place}: needs {:.3} GiB of memory, which there is not; take fewer points or outputs, or write the kernel in tiles with .tiled_kernel(…)", *needed as f64 / (1u64 << 30) as f64)]
    Memory {
        /// The function.
        place: &'static str,
        /// Bytes needed.
        needed: u64,
    },
    /// A disk without room for what is to be written.
    #[error(
        "{path}: needs {:.3} GiB on disk, {:.3} GiB are free", *needed as f64 / (1u64 << 30) as f64, *available as f64 / (1u64 << 30) as f64,
        path = path.display()
    )]
    Disk {
        /// The folder.
        path: PathBuf,
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        available: u64,
    },
    /// A folder or file of a checkpoint or a tiled kernel that cannot be used.
    #[error("{path}: {reason}", path = path.display())]
    Store {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Long work ended because a file asked it to; everything done is saved.
    #[error(
        "{what}: stopped after {done} of {total} {units} because of the file {file}, which has been removed; run it again with the same folder to go on", file = file.display()
    )]
    Stopped {
        /// What was at work.
        what: String,
        /// Units done.
        done: u64,
        /// Units in all.
        total: u64,
        /// What is counted.
        units: &'static str,
        /// The file that asked for it.
        file: PathBuf,
    },
    /// A file could not be written or read.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of data that is not what its reader takes.
    #[error("{path}: {fault}", path = path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: Fault,
    },
    /// A file of parameters that does not fit the network.
    #[error("{path}: {fault}", path = path.display())]
    Tensor {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        fault: TensorFault,
    },
    /// A column or an array that a file does not have.
    #[error("there is no \"{}\"; there are: {}", name.escape_debug(), tensor_fault::listed(names))]
    NoColumn {
        /// The name asked for.
        name: String,
        /// The names that there are.
        names: Vec<String>,
    },
    /// A column read as what it does not hold.
    #[error(transparent)]
    Column(#[from] ColumnFault),
    /// A column of equal values, which cannot be scaled to unit deviation.
    #[error(
        "{place}: column {column} (counted from 0) is {value} everywhere; leave it out, or use fit_leaving_constants"
    )]
    ConstantColumn {
        /// The function.
        place: &'static str,
        /// The column.
        column: usize,
        /// Its value.
        value: f64,
    },
    /// A search for a maximum that cannot go on.
    #[error(transparent)]
    Search(#[from] SearchFault),
    /// A table could not be built or written.
    #[cfg(feature = "frames")]
    #[error("table: {0}")]
    Table(#[from] polars::error::PolarsError),
}
