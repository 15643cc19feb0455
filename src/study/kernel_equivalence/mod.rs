//! Where trained networks are kernel regression.

mod circle;
mod regime;
mod report;

use crate::define_study;
use crate::names::*;
use crate::study::frame::*;
use circle::{Circle, Curves};
use regime::{Found, Problem};

define_study! {
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
    pub struct KernelEquivalence => KernelEquivalenceReport, "kernel_equivalence", "kernel equivalence";
    /// The study at widths 2^6 to 2^15 (networks that mix their units: to 2^12), training at widths 256 to 4096.
    pub fn kernel_equivalence;
    settings {
        /// Widths at which random networks are compared with the limit: at least three, rising.
        list widths: usize = (6..=15).map(|p| 1 << p), with "list of widths";
        /// The same for networks whose cost grows with the square of the width.
        list deep_widths: usize = (6..=12).map(|p| 1 << p), with "list of widths of deep networks";
        /// Random networks per width.
        value nets: usize = 16, with "number of networks";
        /// Points on which kernels are compared with the limit.
        value points: usize = 32, with "number of points";
        /// The dimension `d` of the inputs, at least 3. Default 10.
        value dimension: usize = 10, with "dimension";
        /// Degrees of the CCP and product nets that are trained beside an MLP.
        list degrees: usize = [2, 3, 6, 9], with "list of degrees";
        /// Widths at which they are trained: at least two, rising.
        list trained_widths: usize = [256, 1024, 4096], with "list of widths of trained networks";
        /// Networks trained per architecture and width.
        value trained_nets: usize = 4, with "number of trained networks";
        /// Points that they are trained on, and as many held out.
        value training_points: usize = 100, with "number of training points";
        /// Steps of gradient descent.
        value steps: u64 = 1000, with "number of steps";
        /// Widths on the circle.
        list circle_widths: usize = [256, 4096], with "list of widths on the circle";
    }
    trial {
        widths: vec![8, 16, 32], deep_widths: vec![8, 16, 32], nets: 1, degrees: vec![3], trained_widths: vec![8, 16], trained_nets: 1,
        training_points: 12, steps: 5, circle_widths: vec![8]
    }
    quick {
        /// Half a minute: widths 2^6 to 2^12 (2^10), degrees 3, 6 and 9 trained at widths 128 to 2048 for 200 steps.
        widths: (6..=12).map(|p| 1 << p).collect(), deep_widths: (6..=10).map(|p| 1 << p).collect(), degrees: vec![3, 6, 9],
        trained_widths: vec![128, 512, 2048], trained_nets: 3, steps: 200, circle_widths: vec![64, 512]
    }
}

impl KernelEquivalence {
    /// The networks of the first question and their widths.
    fn compared(&self) -> Vec<(Net, &[usize])> {
        let wide = [mlp(1), pnn(2), pnn(3), ccp(3)].map(|net| (net, &self.widths[..]));
        let deep = [mlp(3), deep_pnn(2), gated(2)].map(|net| (net, &self.deep_widths[..]));
        wide.into_iter().chain(deep).collect()
    }

    /// Those of the other two.
    fn trained(&self) -> Vec<(Net, usize)> {
        let products = self.degrees.iter().flat_map(|&degree| [ccp(degree), pnn(degree)]);
        let of_widths = |net: Net| self.trained_widths.iter().map(move |&width| (net.clone(), width));
        std::iter::once(mlp(1)).chain(products).flat_map(of_widths).collect()
    }

    /// What they are trained on.
    fn problem(&self, seed: Seed) -> Result<Problem> {
        let points = |stream| sphere(self.training_points, self.dimension, seed.child(stream));
        let (x, held_out, index) = (points(2)?, points(3)?, GegenbauerIndex::Harmonic);
        let target = HarmonicTarget::new(&[1, 2, 3], self.dimension, index, Amplitude::Unit, seed.child(4))?;
        Ok(Problem { y: target.values(&x)?, x, held_out, steps: self.steps })
    }
}

impl Study for KernelEquivalence {
    type Report = KernelEquivalenceReport;

    fn check(&self) -> Result<()> {
        let lists = [
            ("widths", &self.widths, 3),
            ("widths of deep networks", &self.deep_widths, 3),
            ("widths of trained networks", &self.trained_widths, 2),
            ("widths on the circle", &self.circle_widths, 1),
        ];
        for (what, widths, least) in lists {
            let legal = if least == 1 { "at least 1" } else { "enough for a comparison" };
            Self::requires().that(widths.len() >= least, what, widths.len() as f64, legal)?.rising(what, widths)?;
        }
        Self::requires()
            .at_least_one("the number of networks", self.nets)?
            .at_least_one("the number of trained networks", self.trained_nets)?
            .at_least_one("the number of degrees", self.degrees.len())?
            .distinct(self.degrees.iter().map(|degree| format!("degree {degree}")))?;
        Ok(())
    }

    fn units(&self) -> (&'static str, usize) {
        ("networks", self.compared().len() + self.trained().len() + self.circle_widths.len())
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<KernelEquivalenceReport> {
        let seed = run.seed();
        let x = sphere(self.points, self.dimension, seed.child(0))?;
        let mut convergence = Vec::new();
        for (index, (net, widths)) in self.compared().into_iter().enumerate() {
            let measure = || distances(&net, &x, widths, self.nets, seed.child(1));
            let fits = |distances: &Vec<f64>| distances.len() == widths.len();
            let name = format!("random-{index:02}");
            let distances = run.part_that(&name, fits, || Progress::silent().during(measure))?;
            let law = Decay::fit(Self::TITLE, "the distance at a width", widths.to_vec(), &distances, 0.0)?.power;
            convergence.push(Convergence { network: net.name().into(), widths: widths.to_vec(), distances, law });
        }
        let (problem, trained) = (self.problem(seed)?, self.trained());
        let found = run.each("trained", &trained, |(net, width)| {
            let measure = || Found::mean(net, *width, &problem, self.trained_nets, seed.child(5));
            Progress::silent().during(measure)
        })?;
        let of =
            |((net, width), found): (&(Net, usize), _)| TrainedAt { network: net.name().into(), width: *width, found };
        let runs = trained.iter().zip(found).map(of).collect();
        let mut curves = Vec::new();
        for &width in &self.circle_widths {
            let measure = || Curves::measure(width, self.steps, seed.child(6));
            let compute = || Progress::silent().during(measure);
            curves.push((width, run.part_that(&format!("circle-{width}"), Curves::fits, compute)?));
        }
        Ok(KernelEquivalenceReport { convergence, runs, circle: Circle::new(curves)? })
    }
}

/// Mean distances of random networks from the limit at each width.
fn distances(net: &Net, x: &Matrix, widths: &[usize], nets: usize, seed: Seed) -> Result<Vec<f64>> {
    let limit = net.limit_kernel(x)?;
    let at = |&width: &usize| {
        let (sized, seed) = (net.clone().width(width).input(x.ncols()), seed.child(width as u64));
        let mut sum = 0.0;
        for index in 0..nets {
            sum += sized.init(seed.child(index as u64))?.kernel(x)?.ntk().relative_distance(limit.ntk())?;
        }
        Ok(sum / nets as f64)
    };
    widths.iter().map(at).collect()
}

/// One architecture over widths.
#[derive(Clone)]
struct Convergence {
    network: String,
    widths: Vec<usize>,
    /// Mean over networks of `‖Θ_m - Θ‖ / ‖Θ‖`.
    distances: Vec<f64>,
    /// The power law of the distances; its rate is minus the slope.
    law: DecayFit,
}

/// One network and width.
#[derive(Clone)]
struct TrainedAt {
    network: String,
    width: usize,
    /// What was measured, unless the loss of one of the networks diverged: a rate that is stable for the kernel need not be for the network.
    found: Option<Found>,
}

/// What the study found.
#[derive(Clone)]
pub struct KernelEquivalenceReport {
    convergence: Vec<Convergence>,
    runs: Vec<TrainedAt>,
    circle: Circle,
}
