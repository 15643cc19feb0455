//! What relations ask of a sample, computed once, and how near two answers must be.

use crate::sample::Sample;
use hadamard::op::{Op, Parameter};
use hadamard::prelude::*;
use std::cell::{Cell, OnceCell};
use std::sync::OnceLock;

/// What a relation says of a network.
pub enum Verdict {
    Held,
    /// It says nothing here.
    Silent,
}

/// A relation fails with the numbers that do not agree.
pub type Outcome = std::result::Result<Verdict, String>;

pub struct Relation {
    pub name: &'static str,
    pub check: fn(&Ground) -> Outcome,
}

/// Fails with a message unless a condition holds.
pub fn require(holds: bool, message: impl FnOnce() -> String) -> std::result::Result<(), String> {
    if holds { Ok(()) } else { Err(message()) }
}

/// The value, or nothing to say where numbers grew beyond floats; any other error is a failure.
pub fn computed<T>(what: &str, result: Result<T>) -> std::result::Result<Option<T>, String> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Overflow { .. }) => Ok(None),
        Err(error) => Err(format!("{what}: {error}")),
    }
}

/// The value of an `Option`, or a relation that ends with nothing to say.
macro_rules! or_silent {
    ($value:expr) => {
        match $value {
            Some(value) => value,
            None => return Ok($crate::ground::Verdict::Silent),
        }
    };
}
pub(crate) use or_silent;

/// The value of an `Option`, or `Ok(None)`.
macro_rules! or_none {
    ($value:expr) => {
        match $value {
            Some(value) => value,
            None => return Ok(None),
        }
    };
}

pub fn largest<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values.into_iter().fold(0.0, |m: f64, v| if v.is_nan() { f64::NAN } else { m.max(v.abs()) })
}

/// How many roundings of a type stand behind a value, at most, in units of the largest: each op adds one per term of its sums, of
/// which random signs leave the square root.
const ROUNDINGS: f64 = 16.0;

/// A sample that computes, with what is asked of it more than once.
pub struct Ground {
    pub sample: Sample,
    pub net: Net,
    pub network: Network,
    pub x: Matrix,
    kernels: OnceCell<Result<Kernels>>,
    limits: OnceCell<Result<Kernels>>,
    slack: OnceCell<f64>,
    /// The largest error over its tolerance, of the relation at work.
    pub worst: Cell<f64>,
}

impl Ground {
    /// # Errors
    /// What the network answers if it cannot be drawn.
    pub fn new(sample: Sample) -> Result<Self> {
        let (net, x) = (sample.net(), sample.x());
        let network = sample.network(&net)?;
        let (kernels, limits, slack, worst) = (OnceCell::new(), OnceCell::new(), OnceCell::new(), Cell::new(0.0));
        Ok(Self { sample, net, network, x, kernels, limits, slack, worst })
    }

    /// The finite kernels, unless they overflow.
    pub fn kernels(&self) -> std::result::Result<Option<&Kernels>, String> {
        match self.kernels.get_or_init(|| self.network.kernel(&self.x)) {
            Ok(kernels) => Ok(Some(kernels)),
            Err(Error::Overflow { .. }) => Ok(None),
            Err(error) => Err(format!("kernel: {error}")),
        }
    }

    /// The limit kernels, or why there are none.
    pub fn limits(&self) -> std::result::Result<&Kernels, &Error> {
        self.limits.get_or_init(|| self.net.limit_kernel(&self.x)).as_ref()
    }

    /// Fails where two matrices differ by more than a tolerance, or one is not a number.
    pub fn near(&self, what: &str, got: &Matrix, expected: &Matrix, tolerance: f64) -> std::result::Result<(), String> {
        self.near_each(what, got, expected, |_| tolerance)
    }

    /// As [`Ground::near`], with a tolerance for every entry.
    pub fn near_each(
        &self,
        what: &str,
        got: &Matrix,
        expected: &Matrix,
        tolerance: impl Fn((usize, usize)) -> f64,
    ) -> std::result::Result<(), String> {
        require(got.dim() == expected.dim(), || format!("{what}: {:?} against {:?}", got.dim(), expected.dim()))?;
        for ((at, got), expected) in got.indexed_iter().zip(expected) {
            let (error, tolerance) = ((got - expected).abs(), tolerance(at));
            require(error <= tolerance, || {
                format!("{what} at {at:?}: {got:e} against {expected:e}, off by {error:.2e}, allowed {tolerance:.2e}")
            })?;
            if error > 0.0 {
                self.worst.set(self.worst.get().max(error / tolerance));
            }
        }
        Ok(())
    }

    /// The number of layers and of terms in the longest sum, as the square root of what roundings add up to.
    pub fn roundings(&self) -> f64 {
        let longest = |p: &Parameter| p.values.nrows().max(p.slot().positions);
        let terms = self.network.parameters().iter().map(longest).max().unwrap_or(1);
        ROUNDINGS * count(self.net.layer()) as f64 * (terms as f64).sqrt()
    }

    /// The size of the finite kernel: its largest entry, and that of the outputs squared, which is what a network of parameters
    /// near 1 moves by where cancellation leaves nothing of the kernel.
    pub fn size(&self) -> std::result::Result<Option<f64>, String> {
        let kernels = or_none!(self.kernels()?);
        let outputs = or_none!(computed("outputs", self.network.outputs(&self.x))?);
        let (ntk, outputs) = (largest(kernels.ntk().values()), largest(&outputs));
        Ok(Some(ntk + outputs * outputs).filter(|size| size.is_finite()))
    }

    /// How far two computations of the finite kernel in `f64` may differ: by the roundings of either. Single precision says how much
    /// this network magnifies them.
    pub fn slack(&self) -> std::result::Result<Option<f64>, String> {
        if let Some(&slack) = self.slack.get() {
            return Ok(Some(slack));
        }
        let (kernels, size) = (or_none!(self.kernels()?), or_none!(self.size()?));
        let single = computed("kernel in single precision", self.network.cast::<f32>().kernel(&self.x))?;
        let slack = self.slack_of(kernels.ntk().values(), single.as_ref().map(|single| single.ntk().values()), size);
        Ok(Some(*self.slack.get_or_init(|| slack)))
    }

    /// The same for any array, computed from values of a size: of it in single precision, unless that overflows.
    pub fn slack_of(&self, exact: &Matrix, single: Option<&Matrix>, size: f64) -> f64 {
        let seen = single.map_or(size, |single| largest(&(single - exact)).min(size));
        let ratio = f64::EPSILON / f64::from(f32::EPSILON);
        ROUNDINGS * seen * ratio + self.roundings() * f64::EPSILON * size
    }

    /// The rows at some indices.
    pub fn rows(&self, indices: &[usize]) -> Matrix {
        self.x.select(Axis(0), indices)
    }

    /// A few points: the first, the last and one that the sample chooses.
    pub fn few(&self) -> Vec<usize> {
        let last = self.x.nrows() - 1;
        let mut few = vec![0, last, usize::from(self.sample.choice) % (last + 1), last / 2];
        few.sort_unstable();
        few.dedup();
        few
    }
}

/// Number of ops in a tree.
fn count(layer: &Layer) -> usize {
    1 + layer.children().iter().map(count).sum::<usize>()
}

/// Rows and columns `i · c + o` of some points.
pub fn block(kernel: &Matrix, rows: &[usize], columns: &[usize], outputs: usize) -> Matrix {
    let of =
        |points: &[usize]| points.iter().flat_map(|&i| (0..outputs).map(move |o| i * outputs + o)).collect::<Vec<_>>();
    kernel.select(Axis(0), &of(rows)).select(Axis(1), &of(columns))
}

/// A permutation of `n` numbers that moves all of them, where there are two or more.
pub fn shuffled(n: usize) -> Vec<usize> {
    let step = (1..n).rev().find(|step| gcd(*step, n) == 1).unwrap_or(1);
    (0..n).map(|i| (1 + i * step) % n).collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Runs something on one or two threads.
pub fn on_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    static POOLS: [OnceLock<rayon::ThreadPool>; 2] = [OnceLock::new(), OnceLock::new()];
    let pool = || rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
    POOLS[threads - 1].get_or_init(pool).install(run)
}

/// A folder of its own, removed at the end.
pub struct Folder(pub std::path::PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static FOLDERS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = FOLDERS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("hadamard-properties-{name}-{}-{number}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing is there if the run was refused.
        if self.0.exists() {
            std::fs::remove_dir_all(&self.0).expect("a folder of this test");
        }
    }
}
