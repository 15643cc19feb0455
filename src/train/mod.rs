//! Training of finite networks.

mod full_batch;

pub use full_batch::{FullBatch, History};
