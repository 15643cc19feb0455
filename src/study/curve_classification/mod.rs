//! Two classes of points that lie on curves: which depth tells them apart.

mod angles;
mod certificate;
mod flow;
mod report;

use crate::define_study;
use crate::names::*;
use crate::study::frame::*;
use angles::{Circles, DecayAt};
pub use certificate::{Certificate, certificate};
use flow::{Flow, Trained};

define_study! {
    /// Two classes of points that lie on curves of a sphere: how the depth of a ReLU network decides how fast its kernel tells them apart.
    ///
    /// Wang, Buchanan, Gilboa and Wright (2021): gradient descent is fast if there is a *certificate*, a function `g` on the curves with
    /// `Θ g = ζ` and a small norm, `ζ` the initial error; then `‖ζ_t‖ ≤ ‖g‖ / (e t)`. Depth makes the kernel sharper (its width is about
    /// `4/L`), and curves that are near each other or strongly curved need it. Measured are
    ///
    /// - how the kernel decays with the angle, at depths up to 400;
    /// - norms of certificates of coaxial circles, whose `g` is constant on each, by an integral; of wavy pairs and random Fourier curves by quadrature
    ///   on twice as many points until the norm stands;
    /// - the flow of the kernel with `‖g‖ / (e t)` beside it, and a network of finite width that classifies points that it has not seen.
    ///
    /// The kernel is that of the hidden layers, `Θ = ψ_1(angle)` with `ψ_1(0) = L`: the share of the readout is left out, as in the
    /// paper. `ζ` is minus the labels ±1, and each curve has half of the mass. The paper's own curves are not in its text: these are chosen here.
    ///
    /// Built by [`curve_classification`].
    pub struct CurveClassification => CurveClassificationReport, "curve_classification", "curve classification";
    /// The study at depths up to 200: minutes.
    pub fn curve_classification;
    settings {
        /// Depths whose decay is shown, rising.
        list decay_depths: usize = [5, 10, 25, 50, 100, 200, 400], with "list of depths of the decay";
        /// Heights of the circles above and below the equator.
        list heights: f64 = [0.5, 0.2, 0.1, 0.05, 0.02], with "list of heights";
        /// Depths of their certificates, rising.
        list depths: usize = [2, 5, 10, 25, 50, 100, 200], with "list of depths";
        /// Waves of the wavy pairs, of amplitude 0.2 at height 0.1.
        list waves: usize = [1, 3, 6, 12], with "list of numbers of waves";
        /// Degrees `D` of random curves in 10 dimensions, the second shifted by `1/(2D)`.
        list degrees: usize = [2, 3, 5], with "list of degrees";
        /// Depths of the certificates of wavy and random curves, rising.
        list curve_depths: usize = [2, 5, 10, 25, 50], with "list of depths on curves";
        /// Points of each curve at first; twice as many until the norm changes by less than 1 %.
        value points: usize = 100, with "number of points";
        /// The most points of each curve.
        value most_points: usize = 1600, with "largest number of points";
        /// Depths of the flow.
        list flow_depths: usize = [5, 25, 50], with "list of depths of the flow";
        /// Points of each curve of the flow.
        value flow_points: usize = 400, with "number of points of the flow";
        /// The width of the network of depth 5 that is trained.
        value width: usize = 512, with "width";
        /// Its steps.
        value steps: u64 = 600, with "number of steps";
    }
    trial {
        decay_depths: vec![2, 5], heights: vec![0.5, 0.2], depths: vec![2, 3], waves: vec![1], degrees: vec![2], curve_depths: vec![2, 3],
        points: 20, most_points: 40, flow_depths: vec![2], flow_points: 20, width: 16, steps: 5
    }
    quick {
        /// A run of half a minute: degree 2, at most 800 points.
        degrees: vec![2], most_points: 800, flow_points: 200, width: 256, steps: 300
    }
}

/// The curves that are classified by flow and by a network: circles at heights 0.1 and -0.1.
fn circles(height: f64) -> Result<[Curve; 2]> {
    Ok([Curve::circle(height)?, Curve::circle(-height)?])
}

fn waves_name(waves: usize) -> String {
    format!("{waves} wave{}", if waves == 1 { "" } else { "s" })
}

fn wavy(waves: usize) -> Result<[Curve; 2]> {
    Ok([Curve::wavy(0.1, 0.2, waves)?, Curve::wavy(-0.1, 0.2, waves)?])
}

fn fourier(degree: usize, seed: Seed) -> Result<[Curve; 2]> {
    let of = |shift| Curve::fourier(degree, 10, shift, seed);
    Ok([of(0.0)?, of(1.0 / (2.0 * degree as f64))?])
}

/// So many hidden layers of ReLU, no biases, on points of length 1: every layer has mean squares of 1.
fn relu_network(depth: usize) -> Net {
    let root = std::f64::consts::SQRT_2;
    let first = serial((Dense::hidden().plain_gain(root), relu()));
    let other = serial((Dense::hidden().sigma_w(root), relu()));
    let layers = std::iter::once(first).chain(std::iter::repeat_n(other, depth.saturating_sub(1)));
    network(&format!("ReLU, L = {depth}"), serial(layers.chain([dense(1)])))
}

/// The limit NTK without the share of the readout, which is the NNGP; of points with themselves, or with others.
fn hidden_kernel(net: &Net, x: &Matrix, others: Option<&Matrix>) -> Result<Matrix> {
    let net = net.clone().input(x.ncols());
    let kernels = others.map_or_else(|| net.limit_kernel(x), |others| net.limit_kernel_between(x, others))?;
    let [nngp, ntk] = kernels.into_values();
    Ok(ntk - nngp)
}

/// A certificate as it is shown.
#[derive(Clone)]
struct Found {
    curves: String,
    depth: usize,
    norm: f64,
    /// The number of points and the norm at each refinement.
    refinements: Vec<(f64, f64)>,
    length: f64,
    curvature: f64,
    separation: f64,
}
crate::saved_fields!(Found { curves, depth, norm, refinements, length, curvature, separation });

impl Study for CurveClassification {
    type Report = CurveClassificationReport;

    fn check(&self) -> Result<()> {
        let requires = Self::requires();
        for (what, depths) in [
            ("a depth of the decay", &self.decay_depths),
            ("a depth", &self.depths),
            ("a depth on curves", &self.curve_depths),
            ("a depth of the flow", &self.flow_depths),
        ] {
            requires.some(depths)?.rising(what, depths)?.at_least_one(what, depths[0])?;
        }
        requires
            .some(&self.heights)?
            .some(&self.waves)?
            .some(&self.degrees)?
            .that(self.points >= 8, "the number of points", self.points as f64, "at least 8")?
            .that(
                self.most_points >= 2 * self.points,
                "the largest number of points",
                self.most_points as f64,
                "twice that at first or more",
            )?
            .that(self.flow_points >= 8, "the number of points of the flow", self.flow_points as f64, "at least 8")?
            .at_least_one("the width", self.width)?;
        for &height in &self.heights {
            requires.that(
                height > 0.0 && height < 1.0,
                "a height",
                height,
                "above 0, or the circles touch, and below 1",
            )?;
        }
        Ok(())
    }

    fn units(&self) -> (&'static str, usize) {
        let certificates = self.curve_depths.len() * (self.waves.len() + self.degrees.len());
        ("parts", self.decay_depths.len() + self.depths.len() + certificates + self.flow_depths.len() + 1)
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<CurveClassificationReport> {
        let seed = run.seed();
        let decay = run.each("decay", &self.decay_depths, |&depth| DecayAt::measure(depth))?;
        let circles_of = |&depth: &usize| Circles::measure(depth, &self.heights);
        let of_circles = run.each("circles", &self.depths, circles_of)?;
        let mut pairs = Vec::new();
        for &waves in &self.waves {
            pairs.push((waves_name(waves), wavy(waves)?));
        }
        for &degree in &self.degrees {
            pairs.push((format!("Fourier, D = {degree}"), fourier(degree, seed.child(0))?));
        }
        let items = pairs.iter().flat_map(|pair| self.curve_depths.iter().map(move |&depth| (pair, depth)));
        let found = run.each("certificate", items.collect::<Vec<_>>(), |((name, curves), depth)| {
            let compute =
                || certificate(&relu_network(depth), [&curves[0], &curves[1]], (self.points, self.most_points));
            let found = Progress::silent().during(compute)?;
            Ok(Found {
                curves: name.clone(),
                depth,
                norm: found.norm,
                refinements: found.refinements.iter().map(|&(n, norm)| (n as f64, norm)).collect(),
                length: curves[0].length()?.max(curves[1].length()?),
                curvature: curves[0].curvature().max(curves[1].curvature()),
                separation: curves[0].separation(&curves[1])?,
            })
        })?;
        let flow = run.each("flow", &self.flow_depths, |&depth| {
            Progress::silent().during(|| Flow::measure(depth, self.flow_points))
        })?;
        let trained = run.part("trained", || Trained::measure((self.width, self.steps), seed.child(1)))?;
        Ok(CurveClassificationReport { settings: self.clone(), decay, circles: of_circles, found, flow, trained })
    }
}

/// What the study found.
#[derive(Clone)]
pub struct CurveClassificationReport {
    settings: CurveClassification,
    decay: Vec<DecayAt>,
    circles: Vec<Circles>,
    found: Vec<Found>,
    flow: Vec<Flow>,
    trained: Trained,
}
