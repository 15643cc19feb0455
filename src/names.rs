//! What studies, programs and notebooks name of everything but studies.

pub use crate::Compute;
pub use crate::attack::{Attack, AttackNorm, Attackable};
pub use crate::bayesian::{
    Acquisition, BayesianOptimisation, Evaluation, GaussianProcess, LinearSample, LinearSampler, NeuralThompson,
    RandomSearch, SearchStrategy, TrainedSample, TrainedSampler,
};
pub use crate::checkpoint::Checkpoint;
pub use crate::curvature::{GaussNewtonOperator, HessianOperator};
pub use crate::data::{
    Amplitude, Analogy, Body, Classes, Columns, Csv, Curve, CurvePoints, Digits, GegenbauerIndex, GreyImage,
    HarmonicTarget, NpzFile, Regime, Region, RegressionTarget, SampleMean, Sector, Seed, Split, SquareImages,
    Standardiser, accuracy, analogies, argmax, camera, confusion, digits, downsample, gaussian, k_fold, mae, mse,
    one_hot, r_squared, random_rows, read_csv, read_idx, read_npy, read_npy_array, read_npy_vector, read_npz, read_png,
    sample_mean, sphere, stratified_split, train_test_split,
};
pub use crate::error::{ColumnFault, Error, Fault, Result, SearchFault, TensorFault};
pub use crate::kernel::tiled::{Budget, Plan, TiledKernel, TiledPart, TiledRun, TiledStatus};
pub use crate::kernel::{
    Elasticity, Hierarchy, HierarchyKernel, HigherOrder, Kernel, Kernels, LayerKernel, LimitInputGradient, MonteCarlo,
    MonteCarloKernels, Outputs, PairRegression, PartsKernels, Precision, Route, local_elasticity,
};
pub use crate::linalg::{
    CombinedOperator, ConjugateGradient, Density, Estimate, Hutchinson, Lanczos, LargestEigenpairs, LinearOperator,
    SpectralDensity, SymmetricEigen, TopEigenvalue,
};
pub use crate::net::{
    Layout, Net, Network, TangentOperator, ccp, cnn, deep_pnn, gated, mlp, modulated, ncp, network, pnn, pnn_with_skip,
    poly_nonlocal, residual_mlp, squeeze_excitation,
};
pub use crate::op::{
    AdaptivePool, Attention, AveragePool, ComplexConv, ComplexDense, Conv, Dense, Elementwise, Gain, IntoLayers, Layer,
    LayerNorm, MaxPool, Parametrisation, Radial, Shape, Sine, Width, abs, adaptive_pool, attention, average_pool, bias,
    cardioid, complex_conv, complex_dense, complex_hidden, concat, conv, cos, dense, elementwise, erf, flatten, gelu,
    global_average_pool, hadamard, hadamard_skip, halves_to_complex, hermite, hidden, identity, imaginary_part,
    injection, layer_norm, leaky_relu, max_pool, mod_relu, modulus, monomial, radial, real_part, rectified_power, relu,
    repeat, residual, scale, serial, sigmoid, sin, stack_parts, sum, tanh, tied, to_complex, trained_scale, zrelu,
};
pub use crate::progress::Progress;
pub use crate::regression::{
    Condition, Ensemble, Integrator, KernelRegression, LearningRate, LimitPredictor, Logistic, Loss, LossFlow,
    LossTrajectory, MeanSquaredError, Posterior, Regularization, Ridge, RidgeChoice, RidgePath, SoftmaxCrossEntropy,
    SquaredError, Trajectory,
};
pub use crate::spectrum::{
    Decay, DecayFit, DecayLaw, Learnability, Parity, PowerLawFit, SmallestEigenpairs, Spectrum, class_specialisation,
    gegenbauer, kernel_drift, kernel_velocity, learnability, mercer_coefficients, mercer_coefficients_by_layer,
    mercer_decay, power_law_fit, zonal_coefficients, zonal_decay,
};
pub use crate::train::{
    Adadelta, Adam, AnyModel, FullBatch, History, Linearised, LossHistory, Minibatch, NetworkEnsemble, Objective,
    Observer, Optimiser, Penalty, Records, Schedule, Sgd, State, Trainer, TrainingRun, When,
};
#[cfg(feature = "plots")]
pub use crate::view::{
    BarChart, Bundle, Figure, LineChart, NotebookDisplay, Plot, Scale, bar_chart, heatmap, histogram, image,
    line_chart, panels, predicted_against_true,
};
#[cfg(all(feature = "frames", feature = "plots"))]
pub use crate::view::{
    Report, Rows, TableVerbs, evaluations_table, frame, read_table, records_table, summary, write_table,
};
#[cfg(all(feature = "frames", feature = "plots"))]
pub use crate::{define_study, saved_fields};

pub use ndarray::{self, Array1, Array2, Axis, array, s};
#[cfg(feature = "plots")]
pub use plotly;
// What a table is asked for: `table.lazy().group_by([col("width")]).agg([col("error").mean()]).collect()?`. The rest of polars comes by
// `use polars::prelude::*;`: of its names `concat`, `repeat`, `sum` and `abs` are ours too, and are then written with a path.
#[cfg(feature = "frames")]
pub use polars::prelude::{
    AnyValue, ChunkAgg, ChunkCompareEq, ChunkCompareIneq, ChunkFilter, ChunkSort, ChunkUnique, Column, CsvReadOptions,
    CsvReader, CsvWriter, DataFrameJoinOps, DataType, Expr, Float32Type, Float64Type, IndexOrder, Int32Type, Int64Type,
    IntoColumn, IntoLazy, IntoSeries, JoinArgs, JoinType, LazyFrame, NamedFrom, ParquetReader, ParquetWriter,
    SchemaRef, SerReader, SerWriter, Series, SortMultipleOptions, UnpivotDF, col, cols, len, lit, when,
};
#[cfg(feature = "frames")]
pub use polars::{self, df, frame::DataFrame};

/// A matrix.
pub type Matrix = Array2<f64>;
/// A vector.
pub type Vector = Array1<f64>;
