//! Studies: one file each, of the shape settings → `run()` → report with tables, figures and verdicts, in a common [frame](Study).

mod comparison;
mod eigenvalue_decay;
mod extrapolation;
mod frame;
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
mod visual_analogies;

pub use comparison::{Comparison, ComparisonReport, compare};
pub use eigenvalue_decay::{EigenvalueDecay, EigenvalueDecayReport, eigenvalue_decay};
pub use extrapolation::{Extrapolation, ExtrapolationReport, ExtrapolationTask, RayFit, Rays, extrapolation};
pub use frame::{
    AnyReport, Profile, Registered, Relation, Requires, Run, RunOptions, Saved, Study, StudyReport, StudySettings,
    Verdict, Verdicts, factor, largest, report_folder, smallest, within,
};
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
pub use visual_analogies::{VisualAnalogies, VisualAnalogiesReport, visual_analogies};

/// All studies: the tests run each of them, `make seeds` and `make paper` take theirs from here.
pub const STUDIES: &[Registered] = &[
    Registered::of::<SpectralBias>(),
    Registered::of::<KernelLimits>(),
    Registered::of::<TrainedNetwork>(),
    Registered::of::<KernelEquivalence>(),
    Registered::of::<EigenvalueDecay>(),
    Registered::of::<Extrapolation>(),
    Registered::of::<MnistAddition>(),
    Registered::of::<VisualAnalogies>(),
    Registered::of::<ImageRegression>(),
    Registered::of::<ScaleAndShape>(),
    Registered::of::<HeldOutProjections>(),
    Registered::of::<GegenbauerIndexStudy>(),
    Registered::of::<LayerSpectrum>(),
    Registered::of::<SkipDiagram>(),
    Registered::of::<Comparison>(),
];
