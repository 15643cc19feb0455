//! Neural networks with Hadamard products (polynomial, gated and modulated nets): their neural tangent kernels at finite
//! and at infinite width, and what such networks learn.
//!
//! ```
//! use hadamard::prelude::*;
//!
//! let x = sphere(40, 10, Seed(0))?;                           // [n, d]
//! let net = ccp(3).width(4096).input(10);                     // an architecture is a value
//! let limit = net.limit_kernel(&x)?;                          // infinite width
//! let finite = net.init(Seed(1))?.kernel(&x)?;                // one random network
//! assert!(finite.ntk().relative_distance(limit.ntk())? < 0.2);
//!
//! let y = x.column(0).to_owned();
//! let run = limit.ntk().regression(&y)?.gradient_descent(LearningRate::MatchTop(0.5))?;
//! let residuals = run.residuals(&[0.0, 100.0, 30_000.0])?;    // exact, at any step
//! assert!(residuals[[2, 0]].abs() < residuals[[0, 0]].abs());
//! # Ok::<(), Error>(())
//! ```
//!
//! # Map
//! | module | what it holds | to add to it |
//! |---|---|---|
//! | [`op`] | one op per file: shapes, forward, reverse, limit rule | an op: see the module's page |
//! | [`net`] | architectures as values, the named ones in `zoo.rs`, networks with parameters | a network: a function in `zoo.rs` |
//! | [`sweep`] | one reverse sweep over `(H, Δ)`, many sinks: gradient, tangent Gram, Jacobian | a sink: a file |
//! | [`kernel`] | kernels at finite width, in the limit, by Monte Carlo | |
//! | [`regression`] | kernel regression; gradient descent and flow in closed form | |
//! | [`spectrum`] | Gegenbauer polynomials, Mercer coefficients on the sphere | |
//! | [`train`] | full-batch training of finite networks | |
//! | [`data`] | seeds, samplers, targets | a target or sampler: a file |
//! | `study` | one study per file: settings → `run()` → report with tables, charts, verdicts | a study: a file and a notebook |
//! | `view` | frames as HTML, charts, the notebook's display protocol | |
//! | [`linalg`] | the only place that talks to BLAS and LAPACK | |
//!
//! Dependencies point one way: `study → view, train, regression, spectrum → kernel → net → sweep → op → linalg → error`.
//! The features `frames` (polars) and `plots` (plotly) are on by default; `study` and `view` need both.
//!
//! # Notation
//! | symbol | meaning | shape |
//! |---|---|---|
//! | `n`, `d`, `m` | samples, input features, width | |
//! | `N`, `L` | degree of a product, depth | |
//! | `f(x)` | network output | `[n, outputs]` |
//! | `K` | NNGP kernel `E f f'` | `[n1, n2]` |
//! | `Θ` | tangent kernel `Σ_p ∂f/∂p ∂f'/∂p` | `[n1, n2]` |
//! | `H`, `Δ` | a dense layer's input and the cotangent of its output | `[n, in]`, `[n, out]` |
//! | `μ_k` | Mercer coefficient of frequency `k` | |
//! | `η`, `t` | learning rate, steps; time of gradient flow is `η t` | |
//!
//! # Parametrisation
//! Weights and biases are drawn from `N(0, 1)`; scales stand in the forward pass, so that gradients carry them too.
//! | gain of a dense layer | forward | tangent kernel of its weights | limit |
//! |---|---|---|---|
//! | [`Gain::FanIn`](op::Gain)`(σ_w)` (NTK parametrisation) | `σ_w/√in · x W + σ_b b` | `σ_w²/in · H H'ᵀ ∘ Δ Δ'ᵀ` | everywhere |
//! | [`Gain::Plain`](op::Gain)`(g)` (the anchor paper's first layers, `g = 1`) | `g · x W + σ_b b` | `g² · H H'ᵀ ∘ Δ Δ'ᵀ` | on the input only |
//!
//! The loss is the mean squared error `(1/n) Σ (f - y)²`; its Hessian in function space is `(2/n) Θ`, and gradient descent
//! is stable below `2/λ_max` of it.
//!
//! # Determinism
//! The same seed gives the same bits on any number of threads: work is cut into blocks of fixed size and summed in a fixed
//! order, and BLAS runs on one thread inside each block.

#![warn(missing_docs)]

// Links OpenBLAS and LAPACK, which the crate calls through their C interfaces.
use ndarray_linalg as _;

pub mod data;
pub mod error;
pub mod kernel;
pub mod linalg;
pub mod net;
pub mod op;
pub mod prelude;
pub mod regression;
pub mod spectrum;
#[cfg(all(feature = "frames", feature = "plots"))]
pub mod study;
pub mod sweep;
pub mod train;
#[cfg(all(feature = "frames", feature = "plots"))]
pub mod view;

pub use error::{Error, Result};
