//! What the studies and views of `hadamard` use of the engine and a user has no use for.

pub use crate::checkpoint::arrays::Arrays;
pub use crate::checkpoint::identity::Identity;
pub use crate::checkpoint::settings::Settings;
pub use crate::checkpoint::store::Store;
pub use crate::checkpoint::work::Work;
pub use crate::data::analogies::{CANDIDATES, LAST_REGION};
pub use crate::error::check::{check_finite, check_memory};
pub use crate::harmonic::harmonic_counts;
pub use crate::linalg::threads::single_threaded_blas;
pub use crate::sequence::{ContextNorm, Lstm, Normalised, Unrolled};
pub use crate::train::optimiser::{Memory, own_rates};
pub use crate::whole::write_whole;
