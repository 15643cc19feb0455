//! Kernels, by three routes to the same object: at finite width ([`Network::kernel`](crate::net::Network::kernel)), at
//! infinite width ([`Net::limit_kernel`](crate::net::Net::limit_kernel)) and by Monte Carlo over random networks
//! ([`Net::monte_carlo_kernel`](crate::net::Net::monte_carlo_kernel)); and kernels that know the labels of the training points, [`HigherOrder`],
//! [`PairRegression`] and [`Hierarchy`].

mod derivative;
mod finite;
mod instances;
mod label_aware;
mod limit;
mod limit_gradient;
mod limit_parts;
mod monte_carlo;
mod precision;
pub mod tiled;

pub use finite::LayerKernel;
pub use instances::FiniteKernels;
pub use label_aware::{Elasticity, Hierarchy, HierarchyKernel, HigherOrder, PairRegression, local_elasticity};
pub use limit_gradient::LimitInputGradient;
pub use limit_parts::PartsKernels;
pub use monte_carlo::{MonteCarlo, MonteCarloKernels};
pub use precision::Precision;

use crate::error::{Error, Result, check_memory};
use ndarray::{Array2, s};

/// How a kernel was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// From one network's parameters.
    Finite,
    /// The closed form at infinite width.
    Limit,
    /// The mean over random networks.
    MonteCarlo {
        /// How many.
        nets: usize,
    },
}

/// Between which outputs of a network a finite-width kernel is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outputs {
    /// All with all: `[n1 · c, n2 · c]`, row `i · c + o`.
    #[default]
    All,
    /// The mean over the outputs of each with itself, `[n1, n2]`: in the limit this is the kernel.
    Averaged,
    /// One with itself, `[n1, n2]`.
    One(usize),
    /// The first for the rows with the second for the columns, `[n1, n2]`.
    Pair(usize, usize),
}

/// A kernel matrix between two sets of points, or of one set with itself.
#[derive(Clone, PartialEq)]
pub struct Kernel {
    values: Array2<f64>,
    outputs: usize,
    kind: Kind,
}

/// What a kernel is apart from its values; its parts are of the same kind.
#[derive(Clone, Copy, PartialEq)]
struct Kind {
    symmetric: bool,
    route: Route,
    precision: Precision,
}

/// The NNGP and the NTK of a network on the same points.
#[derive(Clone, PartialEq)]
pub struct Kernels {
    nngp: Kernel,
    ntk: Kernel,
}

impl Kernels {
    pub(crate) fn new(nngp: Array2<f64>, ntk: Array2<f64>, symmetric: bool, route: Route) -> Self {
        Self::of_outputs(nngp, ntk, (symmetric, route), 1)
    }

    pub(crate) fn of_outputs(nngp: Array2<f64>, ntk: Array2<f64>, kind: (bool, Route), outputs: usize) -> Self {
        let kernel = |values| Kernel::of_outputs(values, kind, outputs);
        Self { nngp: kernel(nngp), ntk: kernel(ntk) }
    }

    /// Means with these standard errors of their entries.
    pub(crate) fn sampled(self, standard_error: &Kernels) -> Self {
        let sampled = |mean: Kernel, error: &Kernel| {
            let standard_error = norm(&error.values) / norm(&mean.values);
            // Of a kernel of zeros, whose errors are zero.
            mean.with_precision(Precision::Sampled {
                standard_error: if standard_error.is_nan() { 0.0 } else { standard_error },
            })
        };
        Self { nngp: sampled(self.nngp, &standard_error.nngp), ntk: sampled(self.ntk, &standard_error.ntk) }
    }

    /// Both known to this precision; to double precision unless set.
    pub(crate) fn with_precision(self, precision: Precision) -> Self {
        Self { nngp: self.nngp.with_precision(precision), ntk: self.ntk.with_precision(precision) }
    }

    /// Both matrices, NNGP first.
    pub fn into_values(self) -> [Array2<f64>; 2] {
        [self.nngp.values, self.ntk.values]
    }

    /// `K = E f f'`, over all weights in the limit; at finite width the last dense layer's part of `Θ`, which is `E f f'` over
    /// its weights where the network ends in it.
    pub fn nngp(&self) -> &Kernel {
        &self.nngp
    }

    /// The neural tangent kernel `Θ = Σ_p ∂f/∂p ∂f'/∂p`.
    pub fn ntk(&self) -> &Kernel {
        &self.ntk
    }
}

impl Kernel {
    /// Values that were computed elsewhere or saved: whether they are of a set of points with itself, how they were computed, and the
    /// rows per sample, 1 unless the kernel is a full one.
    pub fn of_outputs(values: Array2<f64>, (symmetric, route): (bool, Route), outputs: usize) -> Self {
        Self { values, outputs, kind: Kind { symmetric, route, precision: Precision::Double } }
    }

    /// Known to this precision; to double precision unless set.
    pub(crate) fn with_precision(self, precision: Precision) -> Self {
        Self { kind: Kind { precision, ..self.kind }, ..self }
    }

    /// Rows per sample: the number of outputs of a full kernel, else 1.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Numbers of points, `(n1, n2)`.
    pub fn points(&self) -> (usize, usize) {
        (self.values.nrows() / self.outputs, self.values.ncols() / self.outputs)
    }

    /// The kernel of output `o` with itself, `[n1, n2]`; a kernel per output is the same for each.
    ///
    /// # Errors
    /// [`Error::Range`] for an output that a full kernel has not; [`Error::Memory`].
    pub fn output(&self, o: usize) -> Result<Kernel> {
        let c = self.outputs;
        if c > 1 && o >= c {
            let (place, what) = ("kernel", "the output asked for (counted from 0)");
            return Err(Error::Range { place, what, value: o as f64, legal: "below the number of outputs" });
        }
        let start = if c == 1 { 0 } else { o };
        let (n1, n2) = self.points();
        check_memory("kernel of an output", &[n1, n2])?;
        let values = self.values.slice(s![start..;c, start..;c]).to_owned();
        Ok(Self { values, outputs: 1, kind: self.kind })
    }

    /// The mean over outputs of each with itself, `[n1, n2]`.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub fn traced(&self) -> Result<Kernel> {
        let (c, (n1, n2)) = (self.outputs, self.points());
        check_memory("traced kernel", &[n1, n2])?;
        let mut values = Array2::zeros(self.points());
        for o in 0..c {
            values += &self.values.slice(s![o..;c, o..;c]);
        }
        values /= c as f64;
        Ok(Self { values, outputs: 1, kind: self.kind })
    }

    /// The full matrix for `outputs` independent outputs, `[n1 · outputs, n2 · outputs]`: `K ⊗ I`. A full kernel is returned as
    /// it is.
    ///
    /// # Errors
    /// [`Error::Range`] for no outputs, [`Error::Size`] for a full kernel of another number of them, [`Error::Memory`].
    pub fn full(&self, outputs: usize) -> Result<Kernel> {
        let place = "full kernel";
        if outputs == 0 {
            return Err(Error::Range { place, what: "the number of outputs", value: 0.0, legal: "at least 1" });
        }
        if self.outputs > 1 && self.outputs != outputs {
            return Err(Error::Size { place, what: "outputs", expected: self.outputs, got: outputs });
        }
        let (n1, n2) = self.points();
        check_memory(place, &[n1, n2, outputs, outputs])?;
        if self.outputs == outputs {
            return Ok(self.clone());
        }
        let mut values = Array2::zeros((n1 * outputs, n2 * outputs));
        for o in 0..outputs {
            values.slice_mut(s![o..;outputs, o..;outputs]).assign(&self.values);
        }
        Ok(Self { values, outputs, kind: self.kind })
    }

    /// The matrix: `[n1, n2]`, or `[n1 · c, n2 · c]` for a full kernel of `c` outputs.
    pub fn values(&self) -> &Array2<f64> {
        &self.values
    }

    /// How it was computed.
    pub fn route(&self) -> Route {
        self.kind.route
    }

    /// How well its entries are known.
    pub fn precision(&self) -> Precision {
        self.kind.precision
    }

    /// True if it is of one set of points with itself.
    pub fn is_symmetric(&self) -> bool {
        self.kind.symmetric
    }

    /// The matrix, if it is of one set of points with itself.
    ///
    /// # Errors
    /// [`Error::Size`] for a kernel between two sets, [`Error::Unlike`] if they are as large.
    pub(crate) fn of_one_set(&self, place: &'static str) -> Result<&Array2<f64>> {
        let (rows, columns) = self.values.dim();
        if rows == columns && self.kind.symmetric {
            return Ok(&self.values);
        }
        if rows == columns {
            let reason = "needs the kernel of one set of points with itself, as .limit_kernel(&x) and .kernel(&x) give it; this one is between two sets";
            return Err(Error::Unlike { place, reason });
        }
        let what = "columns (a kernel of one set with itself)";
        Err(Error::Size { place, what, expected: rows, got: columns })
    }

    /// `‖a - b‖ / ‖b‖` in Frobenius norm, `b` being `reference`: infinite if `b` is zero and `a` is not.
    ///
    /// # Errors
    /// [`Error::Size`] if the shapes differ.
    pub fn relative_distance(&self, reference: &Kernel) -> Result<f64> {
        let place = "relative distance";
        let ((r1, c1), (r2, c2)) = (self.values.dim(), reference.values.dim());
        for (what, expected, got) in [("rows", r2, r1), ("columns", c2, c1)] {
            if expected != got {
                return Err(Error::Size { place, what, expected, got });
            }
        }
        // In units of the largest value, whose square may overflow.
        let values = self.values.iter().chain(&reference.values);
        let unit = values.fold(f64::MIN_POSITIVE, |largest: f64, v| largest.max(v.abs()));
        let size: f64 = reference.values.iter().map(|v| (v / unit).powi(2)).sum();
        let pairs = self.values.iter().zip(&reference.values);
        let distance: f64 = pairs.map(|(a, b)| (a / unit - b / unit).powi(2)).sum();
        // Two zero kernels are at distance zero.
        Ok(if distance == 0.0 { 0.0 } else { distance.sqrt() / size.sqrt() })
    }
}

/// The Frobenius norm, by values in units of the largest, whose squares neither overflow nor vanish.
fn norm(a: &Array2<f64>) -> f64 {
    let unit = a.iter().fold(f64::MIN_POSITIVE, |most: f64, v| most.max(v.abs()));
    unit * a.iter().map(|v| (v / unit).powi(2)).sum::<f64>().sqrt()
}

impl std::fmt::Display for Kernel {
    /// One line: shape, route, precision and range of values.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (rows, columns) = self.values.dim();
        let route = match self.kind.route {
            Route::Finite => "finite width".to_string(),
            Route::Limit => "infinite width".to_string(),
            Route::MonteCarlo { nets } => format!("mean of {nets} networks"),
        };
        let precision = match self.kind.precision {
            Precision::Double => String::new(),
            Precision::Single => ", in f32".to_string(),
            Precision::Tolerance(share) => format!(", within {share:.0e}"),
            Precision::Sampled { standard_error } => format!(" (standard error {:.1} %)", 100.0 * standard_error),
        };
        let (low, high) =
            self.values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        let outputs = if self.outputs == 1 { String::new() } else { format!(" of {} outputs", self.outputs) };
        write!(f, "{rows} × {columns} kernel{outputs}, {route}{precision}, values {low:.4e} to {high:.4e}")
    }
}

impl std::fmt::Debug for Kernel {
    /// As [`Display`](std::fmt::Display).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::fmt::Debug for Kernels {
    /// A line for each.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NNGP: {}\nNTK:  {}", self.nngp, self.ntk)
    }
}
