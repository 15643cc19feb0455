//! What a program or a notebook imports: `use hadamard::prelude::*;`.

pub use crate::names::*;
#[cfg(all(feature = "frames", feature = "plots"))]
pub use crate::study::{
    AdversarialRobustness, AdversarialRobustnessReport, Certificate, Comparison, ComparisonReport, ComplexNetworks,
    ComplexNetworksReport, CurveClassification, CurveClassificationReport, EigenvalueDecay, EigenvalueDecayReport,
    Extrapolation, ExtrapolationReport, ExtrapolationTask, GegenbauerIndexReport, GegenbauerIndexStudy,
    HeldOutProjections, HeldOutProjectionsReport, ImageRegression, ImageRegressionReport, KernelEquivalence,
    KernelEquivalenceReport, KernelEvolution, KernelEvolutionReport, KernelLimits, KernelLimitsReport, KernelTraining,
    KernelTrainingReport, LabelAwareness, LabelAwarenessReport, LayerSpectrum, LayerSpectrumReport, Memorization,
    MemorizationReport, MnistAddition, MnistAdditionReport, Profile, RayFit, Rays, Registered, Relation, Requires, Run,
    RunOptions, STUDIES, Saved, ScaleAndShape, ScaleAndShapeReport, SkipDiagram, SkipDiagramReport, SpectralBias,
    SpectralBiasReport, SpeedGain, Study, StudyReport, StudySettings, SuperConsistency, SuperConsistencyReport,
    TestFunction, ThompsonSampling, ThompsonSamplingReport, TrainedNetwork, TrainedNetworkReport, Verdict, VerdictKind,
    Verdicts, VisualAnalogies, VisualAnalogiesReport, adversarial_robustness, certificate, compare, complex_networks,
    curve_classification, eigenvalue_decay, extrapolation, gegenbauer_index, held_out_projections, image_regression,
    kernel_equivalence, kernel_evolution, kernel_limits, kernel_training, label_awareness, largest, layer_spectrum,
    memorization, mnist_addition, report_folder, scale_and_shape, skip_diagram, smallest, spectral_bias,
    super_consistency, thompson_sampling, trained_network, visual_analogies,
};

#[cfg(all(test, feature = "plots"))]
#[path = "prelude_tests.rs"]
mod tests;
