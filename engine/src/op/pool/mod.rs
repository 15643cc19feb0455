//! Ops that summarise neighbouring positions or features.

mod adaptive_pool;
mod average_pool;
mod max_pool;

pub use adaptive_pool::{AdaptivePool, adaptive_pool};
pub use average_pool::{AveragePool, average_pool, global_average_pool};
pub use max_pool::{MaxPool, max_pool};
