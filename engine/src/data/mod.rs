//! Inputs and targets: seeds, samplers, the target functions of the studies, handwritten digits, a photograph, visual analogies, readers of
//! data files, and what is done to data before and after a fit: standardised, divided, labelled, scored.

mod analogies;
mod classes;
mod columns;
mod curve;
mod digits;
mod downsample;
mod files;
mod gaussian;
mod harmonics;
mod image;
mod region;
mod regression_target;
mod sample_mean;
mod scores;
mod shown;
mod sphere;
mod split;
mod standardiser;

pub use crate::random::Seed;
pub use analogies::{Analogy, CANDIDATES, LAST_REGION, Regime, SquareImages, analogies};
pub use classes::{Classes, argmax, one_hot};
pub use columns::Columns;
pub use curve::{Curve, CurvePoints};
pub use digits::{Digits, digits};
pub use downsample::downsample;
pub use files::{Csv, NpzFile, read_csv, read_idx, read_npy, read_npy_array, read_npy_vector, read_npz, read_png};
pub use gaussian::gaussian;
pub use harmonics::{Amplitude, GegenbauerIndex, HarmonicTarget};
pub use image::{GreyImage, camera};
pub use region::{Body, Region, Sector};
pub use regression_target::RegressionTarget;
pub use sample_mean::{SampleMean, sample_mean};
pub use scores::{accuracy, confusion, mae, mse, r_squared};
pub use sphere::sphere;
pub use split::{Split, k_fold, random_rows, stratified_split, train_test_split};
pub use standardiser::Standardiser;
