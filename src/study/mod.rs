//! Studies: one file each, all of the shape configuration → `run()` → report with tables, figures and verdicts.

mod comparison;
mod extrapolation;
mod kernel_limits;
mod spectral_bias;
mod trained_network;
mod verdict;

pub use comparison::{Comparison, ComparisonReport, compare};
pub use extrapolation::{Extrapolation, ExtrapolationReport, ExtrapolationTask, RayFit, Rays, extrapolation};
pub use kernel_limits::{KernelLimits, KernelLimitsReport, kernel_limits};
pub use spectral_bias::{SpectralBias, SpectralBiasReport, spectral_bias};
pub use trained_network::{TrainedNetwork, TrainedNetworkReport, trained_network};
pub use verdict::{Relation, Verdict, Verdicts, report_folder};
