//! Studies: one file each, all of the shape configuration → `run()` → report with tables, figures and verdicts.

mod comparison;
mod eigenvalue_decay;
mod extrapolation;
mod image_regression;
mod kernel_equivalence;
mod kernel_limits;
mod mnist_addition;
mod spectral_bias;
mod trained_network;
mod verdict;

pub use comparison::{Comparison, ComparisonReport, compare};
pub use eigenvalue_decay::{EigenvalueDecay, EigenvalueDecayReport, eigenvalue_decay};
pub use extrapolation::{Extrapolation, ExtrapolationReport, ExtrapolationTask, RayFit, Rays, extrapolation};
pub use image_regression::{ImageRegression, ImageRegressionReport, image_regression};
pub use kernel_equivalence::{KernelEquivalence, KernelEquivalenceReport, kernel_equivalence};
pub use kernel_limits::{KernelLimits, KernelLimitsReport, kernel_limits};
pub use mnist_addition::{MnistAddition, MnistAdditionReport, mnist_addition};
pub use spectral_bias::{SpectralBias, SpectralBiasReport, spectral_bias};
pub use trained_network::{TrainedNetwork, TrainedNetworkReport, trained_network};
pub use verdict::{Relation, Verdict, Verdicts, report_folder};
