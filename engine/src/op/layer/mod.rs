//! What all ops share: shapes, batches, parameters, what a reverse pass hands over, and how trees are printed and told apart.

pub(in crate::op) mod batch;
mod fingerprint;
mod identity;
mod parameter;
mod printed;
mod shape;
mod sink;

pub use batch::{Batch, Saved};
pub use fingerprint::Fingerprint;
pub use parameter::{Parameter, ParameterView, Role, Scope, Slot};
pub(crate) use shape::check_count;
pub use shape::{Parametrisation, Shape, Site, Width};
pub(crate) use sink::sum_positions;
pub use sink::{Sink, VectorVisit, WeightVisit};
