//! Spectra of kernels: eigenvalues and their decay, alignment with targets, motion along training; Gegenbauer polynomials and
//! Mercer coefficients on the sphere.

mod alignment;
mod decay;
mod eigenvalues;
pub mod gegenbauer;
mod learnability;
mod line;
pub(crate) mod mercer;
mod motion;
mod power_law;

pub use decay::{Decay, DecayFit, DecayLaw};
pub use eigenvalues::Spectrum;
pub use learnability::{Learnability, learnability};
pub use mercer::{
    Parity, harmonic_counts, mercer_coefficients, mercer_coefficients_by_layer, mercer_decay, zonal_coefficients,
    zonal_decay,
};
pub use motion::{kernel_drift, kernel_velocity};
pub use power_law::{PowerLawFit, power_law_fit};
