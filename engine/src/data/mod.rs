//! Inputs and targets: seeds, samplers, the target functions of the studies, handwritten digits, a photograph, visual analogies, and
//! readers of data files.

pub(crate) mod analogies;
mod digits;
mod files;
mod harmonics;
mod image;
mod region;
mod regression_target;
mod seed;
mod shown;
mod sphere;

pub use analogies::{Analogy, Regime, SquareImages, analogies};
pub use digits::{Digits, digits};
pub use files::{Columns, read_csv, read_idx, read_png};
pub use harmonics::{Amplitude, GegenbauerIndex, HarmonicTarget};
pub use image::{GreyImage, camera};
pub use region::{Body, Region, Sector};
pub use regression_target::RegressionTarget;
pub use seed::Seed;
pub use sphere::sphere;
