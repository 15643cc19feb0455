//! Sharpness along training and the transfer of learning rates, across widths and depths, by parametrisation.

mod convnet;
mod figures;
mod report;
mod task;

use crate::define_study;
use crate::names::*;
use crate::study::frame::*;
use convnet::{Images, OnImages, simple_convnet};
use task::{Course, Start, Sweep, Task};

define_study! {
    /// Whether sharpness, the largest eigenvalue of the loss's Hessian, goes the same way in training at every width and depth, and whether
    /// a learning rate found on a small network serves a large one, after Noci, Meterez, Hofmann and Orvieto (2024).
    ///
    /// - **Sharpness along training** of full-batch descent on signs that no linear function has, by width in the NTK and the
    ///   maximal-update parametrisation (μP): `γ² λ_max` of the Hessian, which is stable below `2/η`, beside `γ² λ_max(Θ) / n`, which is its
    ///   Gauss–Newton part.
    /// - **Transfer**: the loss after some steps by learning rate, width and parametrisation, and which rate is best.
    /// - **Depth**: the same of residual networks, their branches divided by `√L` or not.
    /// - **How widths part**: gaps of the loss and of the kernel to the widest network, against the step.
    /// - **The linear model** of two layers, on Gaussian data: how far training moves its kernel, by width.
    /// - **A convolutional network on digits** (their figure 1), in minibatches.
    ///
    /// Losses of the first parts are half of the mean squared error, that of the last is the cross-entropy. `γ` is that of
    /// [`Net::richness`]. Points, targets and numbers of steps of all but the last part are chosen here.
    ///
    /// Built by [`super_consistency`].
    pub struct SuperConsistency => SuperConsistencyReport, "super_consistency", "super consistency";
    /// The study at widths up to 512: minutes.
    pub fn super_consistency;
    settings {
        /// The architecture of sharpness and transfer: two hidden layers of `1.59 tanh`.
        value network: Net = layers(2), digest "networks";
        /// The number of points.
        value points: usize = 200, with "number of points";
        /// The number of features, three or more.
        value inputs: usize = 20, with "number of features";
        /// Networks of each kind, which differ in their start.
        value networks: usize = 2, with "number of networks";
        /// Widths of the networks whose sharpness is followed, rising, two or more.
        list widths: usize = [32, 64, 128, 384], with "list of widths";
        /// Their learning rates.
        list rates: f64 = [0.2, 1.0], with "list of rates";
        /// Steps at each rate.
        value steps: u64 = 300, with "number of steps";
        /// Steps from one record of sharpness to the next; those that the table shows are recorded besides.
        value every: u64 = 10, with "steps between records";
        /// Widths at which rates are searched, rising, two or more.
        list sweep_widths: usize = [32, 64, 128, 256, 512], with "list of widths of transfer";
        /// `log2` of the rates there and at each depth, rising, three or more.
        list log2_rates: f64 = (-8..=4).map(f64::from), with "list of rates of transfer";
        /// Steps at each of these rates.
        value sweep_steps: u64 = 200, with "number of steps of transfer";
        /// Numbers of residual blocks, rising, two or more.
        list depths: usize = [4, 8, 16, 32], with "list of depths";
        /// Width of the residual networks.
        value depth_width: usize = 64, with "width of deep networks";
        /// Widths of the linear model, rising, three or more.
        list linear_widths: usize = [32, 64, 128, 256, 512, 1024], with "list of widths of the linear model";
        /// Steps of the linear model at rate 5.
        value linear_steps: u64 = 200, with "number of steps of the linear model";
        /// Channels of the convolutional networks, rising, two or more.
        list channels: usize = [16, 64], with "list of channels";
        /// The number of digits.
        value images: usize = 2048, with "number of digits";
        /// Steps on digits, in batches of 128, at rate 0.5 in μP and 7 in the NTK parametrisation, which are the paper's.
        value image_steps: u64 = 256, with "number of steps on digits";
    }
    trial {
        network: layers(1), points: 12, inputs: 3, widths: vec![4, 8], rates: vec![0.2], steps: 4, every: 2, sweep_widths: vec![4, 8],
        log2_rates: vec![-4.0, 0.0, 20.0], sweep_steps: 3, depths: vec![1, 2], depth_width: 4, linear_widths: vec![4, 8, 16],
        linear_steps: 3, channels: vec![2, 4], images: 16, image_steps: 2
    }
    quick {
        /// A run of a minute: three widths of transfer and two depths, 60 steps there, up to 32 channels on digits.
        every: 20, sweep_widths: vec![32, 128, 512], log2_rates: (-7..=4).map(f64::from).collect(), sweep_steps: 60,
        depths: vec![4, 16], depth_width: 32, channels: vec![8, 32]
    }
    paper {
        /// Widths up to 1024, five networks of each; on digits the authors' 8192 images, 1024 steps and channels up to 256.
        networks: 5, widths: vec![32, 64, 128, 256, 512, 1024], sweep_widths: vec![32, 64, 128, 256, 512, 1024],
        channels: vec![16, 64, 256], images: 8192, image_steps: 1024
    }
}

/// Steps whose sharpness the table shows, where training has as many.
const SHOWN: [u64; 6] = [0, 10, 30, 100, 200, 300];
/// The parametrisations compared, the NTK's first.
const PARAMETRISATIONS: [Parametrisation; 3] = [Parametrisation::Ntk, Parametrisation::MuP, Parametrisation::Standard];
/// Those whose sharpness is followed.
const FOLLOWED: [Parametrisation; 2] = [Parametrisation::Ntk, Parametrisation::MuP];
/// `α` of the factor `L^{-α}` on residual branches.
const BRANCHES: [f64; 2] = [0.0, 0.5];
/// The rate of the linear model.
const LINEAR_RATE: f64 = 5.0;
/// Its numbers of points and of features; the paper has 100 features.
const LINEAR_SIZE: usize = 100;

/// As charts and tables call it.
fn name(parametrisation: Parametrisation) -> &'static str {
    match parametrisation {
        Parametrisation::Ntk => "NTK",
        Parametrisation::MuP => "μP",
        Parametrisation::Standard => "standard",
    }
}

/// The rate on digits: the paper's.
fn image_rate(parametrisation: Parametrisation) -> f64 {
    if parametrisation == Parametrisation::Ntk { 7.0 } else { 0.5 }
}

/// So many hidden layers; 1.59 keeps the mean square of `tanh` at 1.
fn layers(hidden_layers: usize) -> Net {
    let layer = serial([hidden(), tanh(), scale(1.59)]);
    network(&format!("{hidden_layers} hidden, 1.59 tanh"), serial([repeat(hidden_layers, layer), dense(1)]))
}

/// Residual blocks of one layer in μP.
fn residual_net(depth: usize, alpha: f64) -> Result<Net> {
    let block = residual(serial([tanh(), hidden()]));
    let net = network(&format!("{depth} blocks"), serial([hidden(), repeat(depth, block), tanh(), dense(1)]));
    net.parametrisation(Parametrisation::MuP).depth_scaled(alpha)
}

/// Every pair, the second running first.
fn pairs<A: Copy, B: Copy>(first: &[A], second: &[B]) -> Vec<(A, B)> {
    first.iter().flat_map(|&a| second.iter().map(move |&b| (a, b))).collect()
}

impl Study for SuperConsistency {
    type Report = SuperConsistencyReport;

    fn check(&self) -> Result<()> {
        let requires = Self::requires();
        for (what, widths, least) in [
            ("widths", &self.widths, 2),
            ("widths of transfer", &self.sweep_widths, 2),
            ("depths", &self.depths, 2),
            ("widths of the linear model", &self.linear_widths, 3),
            ("channels", &self.channels, 2),
        ] {
            requires.that(widths.len() >= least, what, widths.len() as f64, "enough for a comparison")?;
            requires.that(widths[0] >= 1, what, widths[0] as f64, "at least 1")?.rising(what, widths)?;
        }
        requires.some(&self.rates)?.rising("a learning rate", &self.rates)?;
        for &rate in &self.rates {
            requires.that(rate > 0.0 && rate.is_finite(), "a learning rate", rate, "positive and finite")?;
        }
        requires.that(self.log2_rates.len() >= 3, "rates of transfer", self.log2_rates.len() as f64, "at least 3")?;
        for &rate in &self.log2_rates {
            requires.that(rate.abs() <= 64.0, "log2 of a rate of transfer", rate, "from -64 to 64")?;
        }
        requires
            .rising("log2 of a rate of transfer", &self.log2_rates)?
            .that(self.inputs >= 3, "the number of features", self.inputs as f64, "at least 3")?
            .that((1..=10_000).contains(&self.images), "the number of digits", self.images as f64, "from 1 to 10000")?
            .at_least_one("the number of points", self.points)?
            .at_least_one("the number of networks", self.networks)?
            .at_least_one("the width of deep networks", self.depth_width)?;
        for (what, steps) in [
            ("the number of steps", self.steps),
            ("the steps between records", self.every),
            ("the number of steps of transfer", self.sweep_steps),
            ("the number of steps of the linear model", self.linear_steps),
            ("the number of steps on digits", self.image_steps),
        ] {
            requires.at_least_one(what, usize::try_from(steps).unwrap_or(usize::MAX))?;
        }
        let widest = *self.widths.last().expect("two or more");
        PARAMETRISATIONS.iter().try_for_each(|&p| self.sized(p, widest).parameter_count().map(|_| ()))
    }

    fn units(&self) -> (&'static str, usize) {
        let Self { widths, rates, sweep_widths, depths, linear_widths, channels, .. } = self;
        let followed = FOLLOWED.len() * (rates.len() * widths.len() + linear_widths.len() + channels.len());
        ("parts", followed + PARAMETRISATIONS.len() * sweep_widths.len() + BRANCHES.len() * depths.len())
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<SuperConsistencyReport> {
        let seed = run.seed();
        let task = Task::signs(self.points, self.inputs, seed.child(0))?;
        let rates: Vec<f64> = self.log2_rates.iter().map(|rate| rate.exp2()).collect();
        let of = pairs(&pairs(&FOLLOWED, &self.rates), &self.widths);
        let courses = run.each("course", of, |((parametrisation, rate), width)| {
            let at = (0..=self.steps).filter(|step| step % self.every == 0 || SHOWN.contains(step)).collect();
            let net = self.sized(parametrisation, width);
            Course::measure(&net, &task, (self.networks, self.steps, at), rate, seed.child(1))
        })?;
        let sweep = |net: &Net, seed: Seed| {
            let sweep = Sweep::measure(net, &task, (self.networks, self.sweep_steps), &rates, seed)?;
            Ok((sweep, Start::measure(net, &task, self.networks, seed)?))
        };
        let sweeps = run.each("sweep", pairs(&PARAMETRISATIONS, &self.sweep_widths), |(parametrisation, width)| {
            sweep(&self.sized(parametrisation, width), seed.child(2))
        })?;
        let deep = run.each("depth", pairs(&BRANCHES, &self.depths), |(alpha, depth)| {
            let net = residual_net(depth, alpha)?.width(self.depth_width).input(self.inputs);
            sweep(&net, seed.child(3))
        })?;
        let linear_task = Task::linear(LINEAR_SIZE, LINEAR_SIZE, seed.child(4))?;
        let linear = run.each("linear", pairs(&FOLLOWED, &self.linear_widths), |(parametrisation, width)| {
            let net = network("two linear layers", serial([hidden(), dense(1)])).parametrisation(parametrisation);
            let net = net.width(width).input(LINEAR_SIZE);
            let sizes = (self.networks, self.linear_steps, vec![0, self.linear_steps]);
            Course::measure(&net, &linear_task, sizes, LINEAR_RATE, seed.child(5))
        })?;
        let images = Images::new(self.images, seed.child(6))?;
        let on_images = run.each("images", pairs(&FOLLOWED, &self.channels), |(parametrisation, channels)| {
            let net = simple_convnet().parametrisation(parametrisation).width(channels);
            OnImages::measure(&net, &images, self.image_steps, image_rate(parametrisation), seed.child(7))
        })?;
        Ok(SuperConsistencyReport { settings: self.clone(), courses, sweeps, deep, linear, on_images })
    }
}

impl SuperConsistency {
    fn sized(&self, parametrisation: Parametrisation, width: usize) -> Net {
        self.network.clone().parametrisation(parametrisation).width(width).input(self.inputs)
    }
}

/// What the study found.
#[derive(Clone)]
pub struct SuperConsistencyReport {
    settings: SuperConsistency,
    /// By parametrisation, rate and width.
    courses: Vec<Course>,
    /// By parametrisation and width.
    sweeps: Vec<(Sweep, Start)>,
    /// By factor on the branches and depth.
    deep: Vec<(Sweep, Start)>,
    /// By parametrisation and width.
    linear: Vec<Course>,
    /// By parametrisation and channels.
    on_images: Vec<OnImages>,
}
