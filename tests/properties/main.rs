//! Relations that hold of every network, on random trees of all ops: no oracle but the product itself, asked in two ways, and the
//! mathematics that says that both are the same.
//!
//! `HADAMARD_PROPERTIES=500` runs so many networks, `HADAMARD_PROPERTIES=1800s` for so long, both from a fresh seed, which is
//! printed; `HADAMARD_PROPERTIES_SEED` sets it. Without, a fixed number of networks of a fixed seed is run. Networks that failed stand in
//! `proptest-regressions/properties.txt` and are run first.

mod build;
mod derivatives;
mod finite;
mod ground;
mod limit;
mod refusals;
mod regression;
mod run;
mod sample;
mod sampled;
mod second_order;
mod training;
mod tree;
