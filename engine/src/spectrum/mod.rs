//! Spectra of kernels: eigenvalues and their decay, alignment with targets, motion along training; Gegenbauer polynomials and
//! Mercer coefficients on the sphere.

mod alignment;
mod decay;
mod eigenvalues;
mod kernel_motion;
mod learnability;
mod line;
mod mercer;
mod power_law;
mod smallest;
mod specialisation;

pub use crate::harmonic::harmonic_counts;
pub use crate::harmonic::{gegenbauer, zonal_coefficients};
pub use decay::{Decay, DecayFit, DecayLaw};
pub use eigenvalues::Spectrum;
pub use kernel_motion::{kernel_drift, kernel_velocity};
pub use learnability::{Learnability, learnability};
pub use mercer::{Parity, mercer_coefficients, mercer_coefficients_by_layer, mercer_decay, zonal_decay};
pub use power_law::{PowerLawFit, power_law_fit};
pub use smallest::SmallestEigenpairs;
pub use specialisation::class_specialisation;
