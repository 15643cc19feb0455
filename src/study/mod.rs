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

/// What a study's settings and its report are for a notebook: every study is in this list, or a test fails.
macro_rules! reports {
    ($($function:ident: $settings:ident => $report:ident),* $(,)?) => {
        $(
            impl std::fmt::Debug for $settings {
                /// A line; a study shows itself once it has run.
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(concat!("settings of the study ", stringify!($function), "; .run() gives its report"))
                }
            }

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
    compare: Comparison => ComparisonReport,
    eigenvalue_decay: EigenvalueDecay => EigenvalueDecayReport,
    extrapolation: Extrapolation => ExtrapolationReport,
    gegenbauer_index: GegenbauerIndexStudy => GegenbauerIndexReport,
    held_out_projections: HeldOutProjections => HeldOutProjectionsReport,
    image_regression: ImageRegression => ImageRegressionReport,
    kernel_equivalence: KernelEquivalence => KernelEquivalenceReport,
    kernel_limits: KernelLimits => KernelLimitsReport,
    layer_spectrum: LayerSpectrum => LayerSpectrumReport,
    mnist_addition: MnistAddition => MnistAdditionReport,
    scale_and_shape: ScaleAndShape => ScaleAndShapeReport,
    skip_diagram: SkipDiagram => SkipDiagramReport,
    spectral_bias: SpectralBias => SpectralBiasReport,
    trained_network: TrainedNetwork => TrainedNetworkReport,
    visual_analogies: VisualAnalogies => VisualAnalogiesReport,
);
