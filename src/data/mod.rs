//! Inputs and targets: seeds, samplers, and the target functions of the studies.

mod harmonics;
mod seed;
mod sphere;

pub use harmonics::{Amplitude, GegenbauerIndex, HarmonicTarget};
pub use seed::Seed;
pub use sphere::sphere;
