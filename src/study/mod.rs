//! Studies: one file each, all of the shape configuration → `run()` → report with tables, figures and verdicts.

mod comparison;
mod eigenvalue_decay;
mod extrapolation;
mod gegenbauer_index;
mod half_life;
mod held_out_projections;
mod image_regression;
mod kernel_equivalence;
mod kernel_limits;
mod layer_spectrum;
mod mnist_addition;
mod moments;
mod random_harmonics;
mod scale_and_shape;
mod skip_diagram;
mod spectral_bias;
mod trained_network;
mod verdict;
mod visual_analogies;

pub use comparison::{Comparison, ComparisonReport, compare};
pub use eigenvalue_decay::{EigenvalueDecay, EigenvalueDecayReport, eigenvalue_decay};
pub use extrapolation::{Extrapolation, ExtrapolationReport, ExtrapolationTask, RayFit, Rays, extrapolation};
pub use gegenbauer_index::{GegenbauerIndexReport, GegenbauerIndexStudy, gegenbauer_index};
pub use held_out_projections::{HeldOutProjections, HeldOutProjectionsReport, held_out_projections};
pub use image_regression::{ImageRegression, ImageRegressionReport, image_regression};
pub use kernel_equivalence::{KernelEquivalence, KernelEquivalenceReport, kernel_equivalence};
pub use kernel_limits::{KernelLimits, KernelLimitsReport, kernel_limits};
pub use layer_spectrum::{LayerSpectrum, LayerSpectrumReport, layer_spectrum};
pub use mnist_addition::{MnistAddition, MnistAdditionReport, mnist_addition};
pub use scale_and_shape::{ScaleAndShape, ScaleAndShapeReport, SpeedGain, scale_and_shape};
pub use skip_diagram::{SkipDiagram, SkipDiagramReport, skip_diagram};
pub use spectral_bias::{SpectralBias, SpectralBiasReport, spectral_bias};
pub use trained_network::{TrainedNetwork, TrainedNetworkReport, trained_network};
pub use verdict::{Relation, Verdict, Verdicts, report_folder};
pub use visual_analogies::{VisualAnalogies, VisualAnalogiesReport, visual_analogies};

/// What every study's report is for a notebook: the type that `run` returns goes into this list, or it shows itself as nothing.
macro_rules! reports {
    ($($report:ident),* $(,)?) => {
        $(
            impl crate::view::NotebookDisplay for $report {
                fn bundle(&self) -> crate::view::Bundle {
                    self.report().bundle()
                }
            }

            impl std::fmt::Debug for $report {
                /// What is in it, a line a part.
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    match self.report() {
                        Ok(report) => write!(f, "{report:?}"),
                        Err(error) => write!(f, "error: {error}"),
                    }
                }
            }
        )*

        /// The names of the reports, for a test that compares them with the prelude's.
        #[cfg(test)]
        pub(crate) const REPORTS: &[&str] = &[$(stringify!($report)),*];
    };
}

reports!(
    ComparisonReport,
    EigenvalueDecayReport,
    ExtrapolationReport,
    GegenbauerIndexReport,
    HeldOutProjectionsReport,
    ImageRegressionReport,
    KernelEquivalenceReport,
    KernelLimitsReport,
    LayerSpectrumReport,
    MnistAdditionReport,
    ScaleAndShapeReport,
    SkipDiagramReport,
    SpectralBiasReport,
    TrainedNetworkReport,
    VisualAnalogiesReport,
);
