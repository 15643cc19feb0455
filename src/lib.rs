//! Neural networks with Hadamard products (polynomial, gated and modulated nets): their neural tangent kernels at finite
//! and at infinite width, and what such networks learn.
//!
//! ```
//! use hadamard::prelude::*;
//!
//! let x = sphere(40, 10, Seed(0))?;                           // [n, d]
//! let net = ccp(3).width(4096).input(10);                     // an architecture is a value
//! let limit = net.limit_kernel(&x)?;                          // infinite width
//! let finite = net.init(Seed(1))?.kernel(&x)?;                // one random network
//! assert!(finite.ntk().relative_distance(limit.ntk())? < 0.2);
//!
//! let y = x.column(0).to_owned();
//! let run = limit.ntk().regression(&y)?.gradient_descent(LearningRate::MatchTop(0.5))?;
//! let residuals = run.residuals(&[0.0, 100.0, 30_000.0])?;    // exact, at any step
//! assert!(residuals[[2, 0]].abs() < residuals[[0, 0]].abs());
//! # Ok::<(), Error>(())
//! ```
//!
//! # A network of one's own
//! A network is a tree of ops. Combinators hold layers, so trees nest freely; a leaf has parameters of its own wherever it stands.
//! ```
//! use hadamard::prelude::*;
//!
//! // Two gated layers with a residual around the second, the network's input brought back in at the end.
//! let gate = || hadamard([hidden(), serial([hidden(), sigmoid()])]);
//! let input_again = serial([injection(), hidden()]);
//! let tree = serial((gate(), residual(gate()), hadamard([hidden(), input_again]), Dense::new(3).bias(0.1)));
//! let net = network("two gates", tree).width(64).input(5);
//! println!("{net}");                                          // the tree with sizes and numbers of parameters
//!
//! let (x, seed) = (sphere(6, 5, Seed(0))?, Seed(1));
//! let drawn = net.init(seed)?;
//! assert_eq!(drawn.outputs(&x)?.dim(), (6, 3));
//! let full = drawn.kernel(&x)?;                               // three outputs: [6 · 3, 6 · 3]
//! assert_eq!(full.ntk().values().dim(), (18, 18));
//! let parts = drawn.kernel_by_layer(&x)?;                     // what each parameter contributes
//! assert_eq!(parts.len(), drawn.parameters().len());
//! assert!(net.limit_kernel(&x).is_ok());
//! # Ok::<(), Error>(())
//! ```
//! What has no closed form at infinite width is refused by an error that names the op and the remedy, never computed wrongly;
//! [`Net::monte_carlo_kernel`](net::Net::monte_carlo_kernel) samples it with standard errors.
//! ```
//! use hadamard::prelude::*;
//! let x = sphere(4, 5, Seed(0))?;
//! let net = network("no rule", serial([hadamard([hidden(), hidden()]), relu(), dense(1)])).width(64);
//! let message = net.limit_kernel(&x).unwrap_err().to_string();
//! assert!(message.starts_with("ReLU: no closed form after a Hadamard product"));
//! let sampled = net.monte_carlo_kernel(&x, 8, Seed(1))?;
//! assert_eq!(sampled.standard_error().ntk().values().dim(), (4, 4));
//! # Ok::<(), Error>(())
//! ```
//!
//! # Ops
//! | op | constructor | limit rule |
//! |---|---|---|
//! | [`Dense`](op::Dense) | `dense(m)`, `hidden()`, `Dense::new(m).sigma_w(…).bias(…)` | any state |
//! | [`Conv`](op::Conv) | `conv(c, size)`, `Conv::new(c, size).stride(…).padding(…)` | any state |
//! | [`Attention`](op::Attention) | `attention(keys, values)` | none |
//! | [`Bias`](op::Bias), [`Scale`](op::Scale) | `bias(σ_b)`, `scale(a)`, `trained_scale(a)` | see their pages |
//! | [`LayerNorm`](op::LayerNorm) | `layer_norm()` | any state |
//! | activations | `relu()`, `leaky_relu(a)`, `abs()`, `erf()`, `gelu()`, `tanh()`, `sigmoid()`, `sin()`, `cos()`, `monomial(k)`, `hermite(k)`, `rectified_power(k)`, `identity()` | Gaussian states |
//! | [`Elementwise`](op::Elementwise) | `elementwise(name, φ, φ')`: any scalar function or closure | Gaussian states, by Hermite series or quadrature |
//! | [`ComplexDense`](op::ComplexDense), [`ComplexConv`](op::ComplexConv) | `complex_dense(m)`, `complex_hidden()`, `complex_conv(c, size)`, `ComplexConv::like(Conv::…)` | any state |
//! | [`ToComplex`](op::ToComplex), [`Parts`](op::Parts), [`Modulus`](op::Modulus) | `to_complex()`, `halves_to_complex()`; `real_part()`, `imaginary_part()`, `stack_parts()`, `modulus()` | see their pages |
//! | complex activations | any activation acts on both parts; [`Radial`](op::Radial): `mod_relu(b)`, `radial(name, ρ, ρ')`; `cardioid()`; [`ZRelu`](op::ZRelu): `zrelu()` | circular Gaussian states; zReLU none |
//! | [`AveragePool`](op::AveragePool), [`Flatten`](op::Flatten) | `average_pool(size)`, `global_average_pool()`, `flatten()` | any state |
//! | [`MaxPool`](op::MaxPool) | `max_pool(size)` | none |
//! | [`Injection`](op::Injection), [`AdaptivePool`](op::AdaptivePool) | `injection()`, `adaptive_pool()`: the network's input, brought to the width | see their pages |
//! | [`Serial`](op::Serial) | `serial([…])`, `serial((…))` of ops of [several types](op::IntoLayers), `repeat(n, layer)` | that of its layers |
//! | [`Tied`](op::Tied) | `tied(n, layer)`: `n` times with the same parameters | none |
//! | [`Hadamard`](op::Hadamard) | `hadamard([…])`, `hadamard_skip([…])` | independent branches |
//! | [`Sum`](op::Sum), [`Concat`](op::Concat) | `sum([…])`, `residual(layer)`, `concat([…])` | independent branches |
//!
//! # Map
//! `study` and `view` are in `src`; all other modules are in `engine/src`, a crate of its own (`hadamard-engine`), so that an edit of a
//! study compiles without them. Both are named as one: `hadamard::op`, `hadamard::study`.
//!
//! | module | what it holds | to add to it |
//! |---|---|---|
//! | [`op`] | one op per file: shapes, forward, reverse, limit rule | an op: see the module's page |
//! | [`net`] | architectures as values, the named ones in `zoo/`, networks with parameters, files of parameters, the linear model | a network: a function in `zoo/` |
//! | [`number`] | the numbers that networks are computed in, and numbers with a derivative, of which all second derivatives are made | |
//! | [`sweep`] | one reverse sweep over `(H, Δ)`, many sinks: gradient, tangent Gram, Jacobian | a sink: a file |
//! | [`kernel`] | kernels at finite width, in the limit, by Monte Carlo; [`kernel::tiled`] for those that do not fit | |
//! | [`regression`] | kernel regression, ridge, Gaussian processes, NTK ensembles; gradient descent and flow in closed form, flow of any loss | a loss: a file in `loss/` |
//! | [`curvature`] | Hessian and Gauss–Newton matrix of a loss in the parameters, as operators | |
//! | [`spectrum`] | eigenvalues and their decay, alignment, motion of kernels, Mercer coefficients on the sphere; [`harmonic`]: Gegenbauer polynomials, Funk–Hecke | |
//! | [`train`] | training of networks and their linearisations: models, objectives, a trainer, observers | an optimiser: a file in `optimiser/` |
//! | [`attack`] | adversarial examples of whatever has outputs and an input gradient, and training on them | a norm: `AttackNorm` |
//! | [`bayesian`] | functions drawn from posteriors of wide networks; Bayesian optimisation by them and by Gaussian processes | a strategy: a file in `strategy/` |
//! | [`data`] | seeds, samplers, targets; the digits of MNIST; a photograph; visual analogies; readers of CSV, NumPy, IDX and PNG files; splits, standardised columns, classes, scores | a target, sampler or reader: a file |
//! | [`checkpoint`], [`progress`] | long work: saved in a folder and continued from there; lines that say how far it is | |
//! | [`atomic_file`] | files that appear whole or not at all | |
//! | `study` | one study per file: settings → `run()` → report with tables, charts, verdicts; what they have in common in `study/frame` | a study: a file, a line in the list, and a notebook; `define_study!` for one of one's own |
//! | `view` | frames as HTML, charts, the notebook's display protocol | |
//! | [`linalg`] | the only place that talks to BLAS and LAPACK; Lanczos, conjugate gradients, traces and densities of operators | |
//!
//! Dependencies point one way: `study → view, bayesian → attack → train → curvature → regression, spectrum → kernel → net → sweep → op → checkpoint → data →
//! linalg → error → number`; `tests/rooms.rs` keeps it so.
//! The features `frames` (polars) and `plots` (plotly) are on by default; `study` needs both, `view` has charts with `plots` alone.
//!
//! # Which call for what
//! | wanted | call |
//! |---|---|
//! | kernels at infinite width | [`net.limit_kernel(&x)`](net::Net::limit_kernel), `limit_kernel_between(&x1, &x2)` |
//! | complex networks: data of `[n, 2 d]` columns by [`net.complex_input(d)`](net::Net::complex_input); kernels between the parts of their outputs | [`net.limit_kernel_between_parts(&x)`](net::Net::limit_kernel_between_parts) |
//! | kernels of one network, initial or trained | [`network.kernel(&x)`](net::Network::kernel), `kernel_between`; of some outputs [`kernel_of(Outputs::Averaged, &x)`](net::Network::kernel_of) |
//! | what each parameter contributes | [`network.kernel_by_layer(&x)`](net::Network::kernel_by_layer) |
//! | single precision | [`network.cast::<f32>()`](net::Network::cast) |
//! | products with a kernel that is never formed | [`network.tangent_operator(&x)`](net::Network::tangent_operator) with [`Lanczos`](linalg::Lanczos) or [`ConjugateGradient`](linalg::ConjugateGradient) |
//! | a kernel that does not fit in memory | [`network.tiled_kernel(&x, folder)`](net::Network::tiled_kernel), [`net.tiled_limit_kernel`](net::Net::tiled_limit_kernel): `.plan()?`, `.run()?` |
//! | long work that survives a kill or a stop | [`.checkpoint("folder")`](checkpoint) on [training](train::Trainer), [sampling](kernel::MonteCarlo) and every study |
//! | a study of one's own | `define_study!` and the page of `study` |
//! | lines that say how far it is | studies, training, sampling and tiled kernels print them, unless `.quiet()`; kernels do in [`Progress::lines().during(…)`](progress::Progress::during) |
//! | many kernels or steps in a program of one's own | [`keep_freed_memory()`](linalg::keep_freed_memory) at its start, as notebooks do |
//! | a linearisation that can be trained | [`network.linearised()`](net::Network::linearised), [`.centred()`](train::Linearised::centred) |
//! | Hessian and Gauss–Newton matrix of a loss, never formed | [`network.hessian_operator(&loss, &x, &y)`](net::Network::hessian_operator), [`gauss_newton_operator`](net::Network::gauss_newton_operator) with [`Lanczos`](linalg::Lanczos), [`TopEigenvalue`](linalg::TopEigenvalue), [`Hutchinson`](linalg::Hutchinson), [`SpectralDensity`](linalg::SpectralDensity); along training [`Observer::sharpness`](train::Observer::sharpness) |
//! | how the kernel moves | [`network.kernel_derivative(&direction, &x)`](net::Network::kernel_derivative); in training [`objective.kernel_velocity(&network, &x)`](train::Objective::kernel_velocity) |
//! | derivatives with respect to the input | [`input_gradient`](net::Network::input_gradient), [`input_jacobian_vector`](net::Network::input_jacobian_vector); of predictions with its kernel [`kernel_input_gradient`](net::Network::kernel_input_gradient), with limit kernels [`net.limit_input_gradient`](net::Net::limit_input_gradient) |
//! | derivatives, the linear model | [`jacobian`](net::Network::jacobian), [`jacobian_vector`](net::Network::jacobian_vector), [`vector_jacobian`](net::Network::vector_jacobian), [`linearised_outputs`](net::Network::linearised_outputs) |
//! | parameters trained elsewhere | [`net.read("net.safetensors")`](net::Net::read), [`net.read_named(…, Layout::PyTorch)`](net::Net::read_named), [`network.write("net.npz")`](net::Network::write) |
//! | kernels that know the labels of the training points, local elasticity | [`HigherOrder::new`](kernel::HigherOrder::new), [`PairRegression`](kernel::PairRegression), [`Hierarchy`](kernel::Hierarchy), [`local_elasticity`](kernel::local_elasticity) |
//! | the smallest eigenvalues of a large kernel | [`kernel.smallest_eigenpairs(k)`](kernel::Kernel::smallest_eigenpairs) |
//! | many initialisations, trained side by side | [`net.network_ensemble(count, seed)`](net::Net::network_ensemble), `.train(…)`, `.outputs(&x)`, `.map(…)` |
//! | training | [`Trainer::steps(n, Sgd::new(rate))`](train::Trainer) `.train(&mut network, &`[`Objective::new(&x, &y, loss)?`](train::Objective)`)?`; [`Adam`](train::Adam), [`Adadelta`](train::Adadelta); `Trainer::epochs(n, …).batch(128).shuffle(seed)` |
//! | penalties, adversarial training | [`objective.penalty(Penalty::to_start(λ, &network))`](train::Penalty), [`objective.perturb(…)`](train::Objective::perturb) |
//! | adversarial examples | [`Attack::projected_gradient(radius, steps)`](attack::Attack) `.examples(&model, &loss, &x, &y)?`, of a network, a linearisation, [`net.limit_predictor(…)`](net::Net::limit_predictor), [`network.kernel_predictor(…)`](net::Network::kernel_predictor); in training `.during(objective)?` |
//! | networks as they were in training, to go on from | [`Observer::parameters`](train::Observer::parameters), [`records.network(&start, k)`](train::Records::network) |
//! | what happens in training | [`Observer::new(When::Every(10)).loss().kernel(…)`](train::Observer) on the trainer; `records_table(&run.records[0])?` is a frame |
//! | visual analogies between squares | [`analogies(seed)`](data::analogies), [`SquareImages`](data::SquareImages) |
//! | data from files | [`read_csv`](data::read_csv), with settings [`Csv::new()`](data::Csv); [`read_npy`](data::read_npy), [`read_npz`](data::read_npz); [`digits()`](data::digits), [`camera()`](data::camera), [`read_idx`](data::read_idx), [`read_png`](data::read_png) |
//! | columns of a table | [`table.matrix(&["a", "b"])`](data::Columns::matrix), [`column("y")`](data::Columns::column), [`classes("species")`](data::Columns::classes) |
//! | data before a fit | [`Standardiser`](data::Standardiser), [`train_test_split`](data::train_test_split), [`k_fold`](data::k_fold), [`one_hot`](data::one_hot), [`downsample`](data::downsample), [`random_rows`](data::random_rows) |
//! | predictions after it | [`mse`](data::mse), [`mae`](data::mae), [`r_squared`](data::r_squared), [`argmax`](data::argmax), [`accuracy`](data::accuracy), [`confusion`](data::confusion) |
//! | the slope of a log-log plot | [`power_law_fit`](spectrum::power_law_fit) |
//! | a mean with its 95 % interval | [`sample_mean`](data::sample_mean) |
//! | mean and spread by group | `summary(&table, &["network", "width"], "error")` |
//! | a table from rows | `frame(&rows).text("network", \|r\| …).number("left", \|r\| …).table()` |
//! | charts | `line_chart(…)` with `.line`, `.points`, `.errors`, `.band`, `.by(&rows, …)`, `.means(&table, x, y, by)`; `panels` of several; `bar_chart`, `histogram`, `heatmap`, `image`, `predicted_against_true` of `view` |
//! | predictions | [`kernel.regression(&y)`](kernel::Kernel::regression) → `ridge`, `ridge_by` (leave-one-out, GCV, validation), `gradient_descent`, `gradient_flow`, `posterior`, `log_marginal_likelihood`; [`kernels.ensemble(&y)`](kernel::Kernels::ensemble) |
//! | functions drawn from the posterior of a tangent kernel | [`LinearSampler::new(&net, noise)`](bayesian::LinearSampler), [`TrainedSampler`](bayesian::TrainedSampler); on given points [`posterior.samples(n, seed)`](regression::Posterior::samples) |
//! | the maximum of an expensive function | [`BayesianOptimisation::new(&bounds, strategy, seed)`](bayesian::BayesianOptimisation) `.run(rounds, f)`, or `.ask()`, `.tell(y)` |
//! | points in cubes, balls and spheres, directions withheld | [`Region::ball(1.0).without(Sector::Quadrant).sample(n, d, seed)`](data::Region) |
//! | Gaussian points; curves on spheres with their lengths, curvatures and distances | [`gaussian`](data::gaussian); [`Curve::new`](data::Curve::new), [`Curve::circle`](data::Curve::circle), [`Curve::fourier`](data::Curve::fourier) |
//! | how fast a kernel tells two curves apart | `certificate(&net, [&a, &b], (100, 800))` of `study` |
//! | how far outputs are polynomials along rays | `Rays::random(…)`, `.points()`, `.fits(&outputs, degree)` of `study` |
//! | the spectrum | [`kernel.spectrum()`](kernel::Kernel::spectrum), [`target_alignment`](kernel::Kernel::target_alignment), [`kernel_velocity`](spectrum::kernel_velocity) |
//!
//! # Notation
//! | symbol | meaning | shape |
//! |---|---|---|
//! | `n`, `d`, `m`, `c` | samples, input features, width, outputs | |
//! | `N`, `L` | degree of a product, depth | |
//! | `f(x)` | network output | `[n, c]` |
//! | `K` | NNGP kernel `E f f'` | `[n1, n2]` |
//! | `Θ` | tangent kernel `Σ_p η_p ∂f/∂p ∂f'/∂p`, with learning rates `η_p` relative to the common one | `[n1, n2]`, full `[n1 c, n2 c]` |
//! | `H`, `Δ` | what a weight acts on and the cotangent of its output | `[n · positions, in]`, `[n · positions, out]` |
//! | `μ` | mean of a unit over the parameters; `μ_k` the Mercer coefficient of frequency `k` | |
//! | `η`, `t` | learning rate, steps; time of gradient flow is `η t` | |
//!
//! Images are matrices of samples too: a row holds the values by row, column, channel, and `.image(height, width, channels)` on the
//! network says so.
//!
//! # Parametrisation
//! | [`Parametrisation`](op::Parametrisation) | initial weights | forward | learning rates | tangent kernel | time `t` of flow after `T` steps |
//! |---|---|---|---|---|---|
//! | `Ntk` (default) | `N(0, 1)` | `σ_w/√in · x W + σ_b b` | `η` | has a limit | `η T` |
//! | `Standard` | `W ~ N(0, σ_w²/in)`, `b ~ N(0, σ_b²)` | `x W + b` | `η` | grows with the width; `η ∝ 1/m` gives it a limit | `η T` |
//! | `MuP` | `N(0, 1)` | as `Ntk`, the readout by a further `1/√m` | `η m` | with the rates, that of `Ntk` at initialisation | `η T` |
//!
//! `MuP` is the maximal-update parametrisation (Yang and Hu 2021) in the form with multipliers; features move by a finite amount
//! at any width, so the kernel is that of the start only, and the initial output goes to zero. `m` is the fan-in of the readout.
//! A dense layer may have [`Gain::Plain`](op::Gain)`(g)` instead, forward `g · x W + σ_b b`: the anchor paper's first layers (`g = 1`); its
//! limit exists on the input only. Beside it stand the [richness](net::Net::richness) `γ_0` of training,
//! [learning rates of parameters](net::Net::learning_rates) and the [depth scaling](net::Net::depth_scaled) of residual branches.
//!
//! The loss is the mean squared error `(1/n) Σ (f - y)²`; its Hessian in function space is `(2/n) Θ`, and gradient descent
//! is stable below `2/λ_max` of it.
//!
//! # Determinism and precision
//! The same seed gives the same bits on any number of threads: work is cut into blocks of fixed size and summed in a fixed
//! order, and BLAS runs on one thread inside each block; regressions and spectra too. A network in `f32` is swept in `f32`; its kernels are
//! summed in `f64` and know it ([`Precision`](kernel::Precision)): regressions and spectra take what is below its noise for zero.
//!
//! # Coming from neural-tangents
//! | neural-tangents | here |
//! |---|---|
//! | `stax.serial`, `FanInSum`, `FanInProd`, `FanInConcat` | `serial`, `sum`, `hadamard`, `concat`: branches read the same input, no `FanOut` |
//! | `stax.Dense(m, W_std, b_std)` | `Dense::new(m).sigma_w(W_std).bias(b_std)` |
//! | `kernel_fn(x1, x2, 'ntk')` | `net.limit_kernel_between(&x1, &x2)?.ntk()` |
//! | `empirical_ntk_fn`, `trace_axes`, `diagonal_axes` | `network.kernel_of(Outputs::Averaged, &x)?`; the mean, as theirs |
//! | `empirical_ntk_vp_fn` | `network.tangent_operator(&x)?` |
//! | `linearize`, `taylor_expand(…, 1)` | `network.linearised()`, `network.linearised_outputs(&at, &x)?` |
//! | `batch`, `monte_carlo_kernel_fn` | nothing to call: kernels are cut into blocks; `net.monte_carlo_kernel(…)` |
//! | `predict.gradient_descent_mse` | `kernel.regression(&y)?.gradient_flow()`; its loss is `½ mean (f - y)²`: for one output their time is twice ours |
//! | `predict.gradient_descent_mse_ensemble` | `kernels.ensemble(&y)?` |
//! | `predict.gradient_descent(loss, …)` | `LossFlow::new(loss).run(&regression, &times)?` |

#![warn(missing_docs)]

#[doc(inline)]
pub use hadamard_engine::{
    atomic_file, attack, bayesian, checkpoint, curvature, data, error, harmonic, kernel, linalg, net, number, op,
    progress, random, regression, spectrum, sweep, train,
};

mod names;
pub mod prelude;
#[cfg(all(feature = "frames", feature = "plots"))]
pub mod study;
#[cfg(feature = "plots")]
pub mod view;

pub use error::{ColumnFault, Error, Fault, Result, SearchFault, TensorFault};
pub use hadamard_engine::Compute;
