//! Studies: one file each, of the shape settings → `run()` → report with tables, figures and verdicts.
//!
//! They have in common settings that are chained, sizes by [profile](Profile), a seed, [progress lines](crate::progress),
//! [checkpoints](crate::checkpoint) and a report that shows itself as a cell's last value. [`STUDIES`] lists them.
//!
//! # A study of one's own
//! A study is what [`define_study!`](crate::define_study) makes of the list of its settings, an implementation of [`Study`], and a report
//! that implements [`StudyReport`]. All of it is public: a study of one's own, in a notebook or another crate, has the same means.
//!
//! ```
//! use hadamard::prelude::*;
//! hadamard::define_study! {
//!     /// How large the smallest eigenvalue of a network's NTK is, as a share of the largest.
//!     pub struct SmallestEigenvalue => SmallestEigenvalueReport, "smallest_eigenvalue", "smallest eigenvalue";
//!     /// The study of an MLP and a product net on 60 points.
//!     pub fn smallest_eigenvalue;
//!     settings {
//!         /// The networks.
//!         list networks: Net = [mlp(1), pnn(3)], digest "networks";
//!         /// The number of points.
//!         value points: usize = 60, with "number of points";
//!     }
//!     trial { points: 10 }
//! }
//!
//! impl Study for SmallestEigenvalue {
//!     type Report = SmallestEigenvalueReport;
//!
//!     fn check(&self) -> Result<()> {
//!         let requires = Self::requires().some(&self.networks)?.distinct(self.networks.iter().map(Net::name))?;
//!         requires.at_least_one("the number of points", self.points).map(|_| ())
//!     }
//!
//!     fn units(&self) -> (&'static str, usize) {
//!         ("networks", self.networks.len())
//!     }
//!
//!     fn measure(&self, run: &mut Run<'_>) -> Result<Self::Report> {
//!         let x = sphere(self.points, 10, run.seed())?;
//!         let share = |net: &Net| {
//!             let spectrum = net.limit_kernel(&x)?.ntk().spectrum()?;
//!             Ok(spectrum.values()[self.points - 1] / spectrum.values()[0])
//!         };
//!         let names = self.networks.iter().map(|net| net.name().to_string());
//!         Ok(SmallestEigenvalueReport { rows: names.zip(run.each("network", &self.networks, share)?).collect() })
//!     }
//! }
//!
//! pub struct SmallestEigenvalueReport {
//!     rows: Vec<(String, f64)>,
//! }
//!
//! impl StudyReport for SmallestEigenvalueReport {
//!     fn table(&self) -> Result<DataFrame> {
//!         frame(&self.rows).text("network", |r| r.0.as_str()).number("share", |r| r.1).table()
//!     }
//!
//!     fn figure(&self) -> Figure {
//!         bar_chart("Smallest eigenvalue over the largest").bars("share", self.rows.clone()).figure()
//!     }
//!
//!     fn verdicts(&self) -> Verdicts {
//!         let mut verdicts = Verdicts::new("smallest_eigenvalue");
//!         verdicts.claim("every kernel is positive definite").all_above(self.rows.iter().map(|r| r.1), 0.0);
//!         verdicts
//!     }
//! }
//!
//! let report = smallest_eigenvalue().seed(Seed(1)).quiet().run()?;
//! assert!(report.verdicts().all_hold() && report.table()?.height() == 2);
//! # Ok::<(), Error>(())
//! ```

mod adversarial_robustness;
mod comparison;
mod complex_networks;
mod curve_classification;
mod digit_sample;
mod eigenvalue_decay;
mod extrapolation;
mod frame;
mod gegenbauer_index;
mod half_life;
mod hardening;
mod held_out_projections;
mod image_regression;
mod kernel_equivalence;
mod kernel_evolution;
mod kernel_limits;
mod kernel_training;
mod label_awareness;
mod layer_spectrum;
mod memorization;
mod mnist_addition;
mod moments;
mod random_harmonics;
mod scale_and_shape;
mod skip_diagram;
mod spectral_bias;
mod super_consistency;
mod thompson_sampling;
mod trained_network;
mod unit_circle;
mod visual_analogies;

pub use adversarial_robustness::{AdversarialRobustness, AdversarialRobustnessReport, adversarial_robustness};
pub use comparison::{Comparison, ComparisonReport, compare};
pub use complex_networks::{ComplexNetworks, ComplexNetworksReport, complex_networks};
pub use curve_classification::{
    Certificate, CurveClassification, CurveClassificationReport, certificate, curve_classification,
};
pub use eigenvalue_decay::{EigenvalueDecay, EigenvalueDecayReport, eigenvalue_decay};
pub use extrapolation::{Extrapolation, ExtrapolationReport, ExtrapolationTask, RayFit, Rays, extrapolation};
pub use frame::{
    AnyReport, Judged, Profile, Registered, Relation, Requires, Run, RunOptions, Saved, Study, StudyReport,
    StudySettings, Verdict, VerdictKind, Verdicts, factor, largest, report_folder, smallest, within,
};
pub use gegenbauer_index::{GegenbauerIndexReport, GegenbauerIndexStudy, gegenbauer_index};
pub use held_out_projections::{HeldOutProjections, HeldOutProjectionsReport, held_out_projections};
pub use image_regression::{ImageRegression, ImageRegressionReport, image_regression};
pub use kernel_equivalence::{KernelEquivalence, KernelEquivalenceReport, kernel_equivalence};
pub use kernel_evolution::{KernelEvolution, KernelEvolutionReport, kernel_evolution};
pub use kernel_limits::{KernelLimits, KernelLimitsReport, kernel_limits};
pub use kernel_training::{KernelTraining, KernelTrainingReport, kernel_training};
pub use label_awareness::{LabelAwareness, LabelAwarenessReport, label_awareness};
pub use layer_spectrum::{LayerSpectrum, LayerSpectrumReport, layer_spectrum};
pub use memorization::{Memorization, MemorizationReport, memorization};
pub use mnist_addition::{MnistAddition, MnistAdditionReport, mnist_addition};
pub use scale_and_shape::{ScaleAndShape, ScaleAndShapeReport, SpeedGain, scale_and_shape};
pub use skip_diagram::{SkipDiagram, SkipDiagramReport, skip_diagram};
pub use spectral_bias::{SpectralBias, SpectralBiasReport, spectral_bias};
pub use super_consistency::{SuperConsistency, SuperConsistencyReport, super_consistency};
pub use thompson_sampling::{TestFunction, ThompsonSampling, ThompsonSamplingReport, thompson_sampling};
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
    Registered::of::<Memorization>(),
    Registered::of::<KernelTraining>(),
    Registered::of::<CurveClassification>(),
    Registered::of::<LabelAwareness>(),
    Registered::of::<ThompsonSampling>(),
    Registered::of::<SuperConsistency>(),
    Registered::of::<AdversarialRobustness>(),
    Registered::of::<KernelEvolution>(),
    Registered::of::<ComplexNetworks>(),
    Registered::of::<LayerSpectrum>(),
    Registered::of::<SkipDiagram>(),
    Registered::of::<Comparison>(),
];
