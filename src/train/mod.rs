//! Training of finite networks.

mod full_batch;
mod state;

pub use full_batch::{FullBatch, History};
