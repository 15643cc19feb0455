mod circle;
mod convergence;
mod regime;
mod report;

use super::Verdicts;
use crate::checkpoint::Checkpoint;
use crate::data::{Amplitude, GegenbauerIndex, HarmonicTarget, Seed, sphere};
use crate::error::{Error, Result};
use crate::internal::{Settings, Work};
use crate::net::{Net, ccp, deep_pnn, gated, mlp, pnn};
use crate::progress::Progress;
use circle::{Circle, Curves};
use convergence::Convergence;
use regime::Run;

/// Trained networks against kernel regression, and random networks against the limit, over widths.
///
/// Three questions, each with its rate in the width `m`:
/// - How far is the tangent kernel `Θ_m` of a random network from the limit? `‖Θ_m - Θ‖ / ‖Θ‖`, a mean over networks, and the
///   exponent of its power law in `m`, which is -1/2 for a mean over `m` independent units.
/// - How far does the kernel move in training? `‖Θ_T - Θ_0‖ / ‖Θ_0‖` after `T` steps of gradient descent.
/// - How far is the trained network from kernel regression with its initial kernel, along training and on held-out points?
///   `max_t ‖f_t - f_t^lin‖ / ‖y - f_0‖`, over widths *and degrees*.
///
/// And the kernel on the unit circle before and after training, over widths (Jacot, Gabriel and Hongler 2018).
///
/// Points are uniform on `S^{d-1}`, the target is a sum of harmonics with unit mean square, the learning rate a twentieth of the
/// largest stable one of each network's own kernel, close to gradient flow. A network may diverge all the same: its kernel is not
/// that of the start any more. Such runs have no numbers. Steps are taken in `f32`; kernels and predictions are `f64`.
///
/// Built by [`kernel_equivalence`].
#[derive(Clone)]
pub struct KernelEquivalence {
    widths: Vec<usize>,
    deep_widths: Vec<usize>,
    nets: usize,
    points: usize,
    dimension: usize,
    degrees: Vec<usize>,
    trained_widths: Vec<usize>,
    trained_nets: usize,
    training_points: usize,
    steps: u64,
    circle_widths: Vec<usize>,
    seed: Seed,
    checkpoint: Option<Checkpoint>,
    quiet: bool,
}

/// The study at widths 2^6 to 2^15 (networks that mix their units: to 2^12), training at widths 256 to 4096.
pub fn kernel_equivalence() -> KernelEquivalence {
    let powers = |range: std::ops::RangeInclusive<u32>| range.map(|p| 1 << p).collect();
    KernelEquivalence {
        widths: powers(6..=15),
        deep_widths: powers(6..=12),
        nets: 16,
        points: 32,
        dimension: 10,
        degrees: vec![2, 3, 6, 9],
        trained_widths: vec![256, 1024, 4096],
        trained_nets: 4,
        training_points: 100,
        steps: 1000,
        circle_widths: vec![256, 4096],
        seed: Seed(0),
        checkpoint: None,
        quiet: false,
    }
}

impl KernelEquivalence {
    /// Half a minute: widths 2^6 to 2^12 (2^10), degrees 3, 6 and 9 trained at widths 128 to 2048 for 200 steps.
    pub fn quick(self) -> Self {
        let powers = |range: std::ops::RangeInclusive<u32>| range.map(|p| 1 << p).collect();
        Self {
            widths: powers(6..=12),
            deep_widths: powers(6..=10),
            degrees: vec![3, 6, 9],
            trained_widths: vec![128, 512, 2048],
            trained_nets: 3,
            steps: 200,
            circle_widths: vec![64, 512],
            ..self
        }
    }

    /// Widths at which random networks are compared with the limit: at least three, rising.
    pub fn widths(self, widths: &[usize]) -> Self {
        Self { widths: widths.to_vec(), ..self }
    }

    /// The same for networks whose cost grows with the square of the width.
    pub fn deep_widths(self, widths: &[usize]) -> Self {
        Self { deep_widths: widths.to_vec(), ..self }
    }

    /// Random networks per width.
    pub fn nets(self, nets: usize) -> Self {
        Self { nets, ..self }
    }

    /// Degrees of the CCP and product nets that are trained beside an MLP.
    pub fn degrees(self, degrees: &[usize]) -> Self {
        Self { degrees: degrees.to_vec(), ..self }
    }

    /// Widths at which they are trained: at least two, rising.
    pub fn trained_widths(self, widths: &[usize]) -> Self {
        Self { trained_widths: widths.to_vec(), ..self }
    }

    /// Networks trained per architecture and width.
    pub fn trained_nets(self, nets: usize) -> Self {
        Self { trained_nets: nets, ..self }
    }

    /// Points that they are trained on, and as many held out.
    pub fn training_points(self, n: usize) -> Self {
        Self { training_points: n, ..self }
    }

    /// Steps of gradient descent.
    pub fn steps(self, steps: u64) -> Self {
        Self { steps, ..self }
    }

    /// Widths on the circle.
    pub fn circle_widths(self, widths: &[usize]) -> Self {
        Self { circle_widths: widths.to_vec(), ..self }
    }

    /// The seed of points, targets and networks.
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// Saves every network trained in a folder, and goes on from what is there: see [`checkpoint`](crate::checkpoint).
    pub fn checkpoint(self, folder: impl Into<Checkpoint>) -> Self {
        Self { checkpoint: Some(folder.into()), ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Runs the study, with [progress lines](crate::progress).
    ///
    /// # Errors
    /// [`Error::Range`] for too few widths or widths that do not rise; settings without networks, points or degrees. With a
    /// checkpoint [`Error::Stopped`], [`Error::Store`], [`Error::File`].
    pub fn run(&self) -> Result<KernelEquivalenceReport> {
        rising("widths", &self.widths, 3)?;
        rising("widths of deep networks", &self.deep_widths, 3)?;
        rising("widths of trained networks", &self.trained_widths, 2)?;
        rising("widths on the circle", &self.circle_widths, 1)?;
        let counts = [
            ("the number of networks", self.nets),
            ("the number of trained networks", self.trained_nets),
            ("the number of degrees", self.degrees.len()),
        ];
        for (what, count) in counts {
            if count == 0 {
                return Err(Error::Range { place: PLACE, what, value: 0.0, legal: "at least 1" });
            }
        }
        Progress::unless(self.quiet).during(|| self.measure())
    }

    /// Everything that the result depends on.
    fn settings(&self) -> Settings {
        let Self { widths, deep_widths, nets, points, dimension, degrees, trained_widths, .. } = self;
        let Self { trained_nets, training_points, steps, circle_widths, seed, checkpoint: _, quiet: _, .. } = self;
        Settings::new()
            .with("list of widths", widths)
            .with("list of widths of deep networks", deep_widths)
            .with("number of networks", nets)
            .with("number of points", points)
            .with("dimension", dimension)
            .with("list of degrees", degrees)
            .with("list of widths of trained networks", trained_widths)
            .with("number of trained networks", trained_nets)
            .with("number of training points", training_points)
            .with("number of steps", steps)
            .with("list of widths on the circle", circle_widths)
            .with("seed", seed.0)
    }

    fn measure(&self) -> Result<KernelEquivalenceReport> {
        let x = sphere(self.points, self.dimension, self.seed.child(0))?;
        let compared = self.compared();
        let products = self.degrees.iter().flat_map(|&degree| [ccp(degree), pnn(degree)]);
        let trained: Vec<(Net, usize)> = std::iter::once(mlp(1))
            .chain(products)
            .flat_map(|net| self.trained_widths.iter().map(move |&width| (net.clone(), width)))
            .collect();
        let store = Checkpoint::of_study(self.checkpoint.as_ref(), "kernel_equivalence", self.settings())?;
        let total = compared.len() + trained.len() + self.circle_widths.len();
        let mut work = Work::new(store.as_ref(), "kernel equivalence".into(), "networks", total as u64, 0);
        let mut convergence = Vec::new();
        for (index, (net, widths)) in compared.into_iter().enumerate() {
            let measure = || convergence::distances(&net, &x, widths, self.nets, self.seed.child(1));
            let found = work.part(&format!("random-{index:02}"), || Progress::silent().during(measure))?;
            convergence.push(Convergence::restore(&net, widths, found)?);
            work.advance_saved()?;
        }
        let problem = self.problem()?;
        let mut runs = Vec::new();
        for (index, (net, width)) in trained.into_iter().enumerate() {
            let measure = || Run::measure(&net, width, &problem, self.trained_nets, self.seed.child(5));
            let name = format!("trained-{index:02}");
            let found = work.part(&name, || Ok(Progress::silent().during(measure)?.arrays()))?;
            runs.push(Run::restore(&net, width, found)?);
            work.advance_saved()?;
        }
        let mut curves = Vec::new();
        for &width in &self.circle_widths {
            let measure = || Curves::measure(width, self.steps, self.seed.child(6));
            let name = format!("circle-{width}");
            let found = work.part(&name, || Ok(Progress::silent().during(measure)?.arrays()))?;
            curves.push(Curves::restore(width, found)?);
            work.advance_saved()?;
        }
        work.finish_saved()?;
        Ok(KernelEquivalenceReport { convergence, runs, circle: Circle::new(curves)? })
    }

    /// What the networks of the second and third question are trained on.
    fn problem(&self) -> Result<regime::Problem> {
        let (x, held_out) = (
            sphere(self.training_points, self.dimension, self.seed.child(2))?,
            sphere(self.training_points, self.dimension, self.seed.child(3))?,
        );
        let index = GegenbauerIndex::Harmonic;
        let target = HarmonicTarget::new(&[1, 2, 3], self.dimension, index, Amplitude::Unit, self.seed.child(4))?;
        Ok(regime::Problem { y: target.values(&x)?, x, held_out, steps: self.steps })
    }

    /// The networks of the first question and their widths.
    fn compared(&self) -> Vec<(Net, &[usize])> {
        let wide = [mlp(1), pnn(2), pnn(3), ccp(3)].map(|net| (net, &self.widths[..]));
        let deep = [mlp(3), deep_pnn(2), gated(2)].map(|net| (net, &self.deep_widths[..]));
        wide.into_iter().chain(deep).collect()
    }
}

const PLACE: &str = "kernel equivalence";

fn rising(what: &'static str, widths: &[usize], least: usize) -> Result<()> {
    if widths.len() < least {
        let legal = if least == 1 { "at least 1" } else { "enough for a comparison" };
        return Err(Error::Range { place: PLACE, what, value: widths.len() as f64, legal });
    }
    match widths.windows(2).find(|pair| pair[1] <= pair[0]) {
        Some(pair) => Err(Error::Range { place: PLACE, what, value: pair[1] as f64, legal: "rising" }),
        None => Ok(()),
    }
}

/// What the study found.
#[derive(Clone)]
pub struct KernelEquivalenceReport {
    convergence: Vec<Convergence>,
    runs: Vec<Run>,
    circle: Circle,
}
