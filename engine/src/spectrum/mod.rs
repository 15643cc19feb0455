//! Spectra of kernels: eigenvalues and their decay, alignment with targets, motion along training; Gegenbauer polynomials and
//! Mercer coefficients on the sphere.

mod alignment;
mod decay;
mod eigenvalues;
mod learnability;
mod line;
mod mercer;
mod motion;
mod power_law;

pub use crate::harmonic::harmonic_counts;
pub use crate::harmonic::{gegenbauer, zonal_coefficients};
pub use decay::{Decay, DecayFit, DecayLaw};
pub use eigenvalues::Spectrum;
pub use learnability::{Learnability, learnability};
pub use mercer::{Parity, mercer_coefficients, mercer_coefficients_by_layer, mercer_decay, zonal_decay};
pub use motion::{kernel_drift, kernel_velocity};
pub use power_law::{PowerLawFit, power_law_fit};
