//! Layers over short sequences, each with its reverse pass: what reads the outputs of a network several at a time, which no op of a
//! [`Net`](crate::net::Net) does, because every sample of a network is by itself.
//!
//! A batch of `n` sequences of `T` steps with `k` features is a matrix `[T n, k]`, step by step: row `t n + s` is step `t` of
//! sequence `s`.

mod context_norm;
#[cfg(test)]
pub(super) mod differences;
mod lstm;

pub(super) use context_norm::{ContextNorm, Normalised};
pub(super) use lstm::{Lstm, Unrolled};
