//! Inputs and targets: seeds, samplers, and the target functions of the studies.

mod harmonics;
mod region;
mod regression_target;
mod seed;
mod sphere;

pub use harmonics::{Amplitude, GegenbauerIndex, HarmonicTarget};
pub use region::{Body, Region, Sector};
pub use regression_target::RegressionTarget;
pub use seed::Seed;
pub use sphere::sphere;
