//! Spectra of kernels: Gegenbauer polynomials and Mercer coefficients on the sphere.

pub mod gegenbauer;
mod mercer;

pub use mercer::{mercer_coefficients, zonal_coefficients};
