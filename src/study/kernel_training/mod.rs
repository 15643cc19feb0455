//! The neural tangent kernel at finite width: spread, motion, distribution of functions, convergence along principal components.

mod circle;
mod components;
mod functions;
mod report;

use crate::define_study;
use crate::names::*;
use crate::study::frame::*;
use circle::{Curves, WidthLaw};
use components::{Component, Data};
use functions::Functions;

define_study! {
    /// What the neural tangent kernel says of networks of finite width, after Jacot, Gabriel and Hongler (2018).
    ///
    /// - **The kernel on the unit circle** (their figure 1): `Θ(x_0, x(γ))` of networks of several widths, before training and after it,
    ///   against the limit; and how the spread over networks falls with the width, of kernels between 4 and 100 points.
    /// - **The distribution of trained functions** (figure 2): networks trained on four points of the circle, against the Gaussian process
    ///   that infinitely wide ones are: mean, and the band from the 10th to the 90th percentile.
    /// - **Convergence along principal components** (figure 3): digits, and targets that lie off the initial outputs by half of the second
    ///   eigenvector of the limit kernel. In the limit nothing but that component moves, as `½ e^{-λ_2 t}`.
    ///
    /// Losses are `½` of the mean squared error, so time `t` is the paper's: `η` times steps. Points and targets of the second part, and the
    /// number of training points of the first, are not in the paper and chosen here.
    ///
    /// Built by [`kernel_training`].
    pub struct KernelTraining => KernelTrainingReport, "kernel_training", "kernel in training";
    /// The study at the paper's widths up to 2048: minutes.
    pub fn kernel_training;
    settings {
        /// The architecture. The paper's: three hidden layers of ReLU, `σ_w = 1`, biases of `β = 0.1`.
        value network: Net = layers(3), digest "networks";
        /// Widths of the networks on the circle, rising.
        list circle_widths: usize = [500, 2048], with "list of widths on the circle";
        /// Networks of each of these widths.
        value circle_nets: usize = 10, with "number of networks on the circle";
        /// Steps at rate 1 on the circle.
        value circle_steps: u64 = 200, with "number of steps on the circle";
        /// Widths of the law of the spread, rising, three or more.
        list law_widths: usize = [8, 16, 32, 64, 128, 256, 512, 1024], with "list of widths of the law";
        /// Networks of each of these widths.
        value law_nets: usize = 40, with "number of networks of the law";
        /// Widths of the networks whose functions are compared, rising.
        list function_widths: usize = [50, 200, 1000], with "list of widths of functions";
        /// Networks of each of these widths, two or more.
        value functions: usize = 100, with "number of functions";
        /// Steps at rate 1 on four points.
        value function_steps: u64 = 1000, with "number of steps of functions";
        /// The architecture on digits. The paper does not say how deep its is; with four hidden layers the eigenvalues are its.
        value digits_network: Net = layers(4), digest "network on digits";
        /// The number of digits.
        value digits: usize = 512, with "number of digits";
        /// Widths of the networks that are trained on digits, rising.
        list component_widths: usize = [100, 1000], with "list of widths on digits";
        /// Networks of each of these widths.
        value component_nets: usize = 2, with "number of networks on digits";
        /// The time up to which they are trained.
        value component_time: f64 = 4000.0, with "time on digits";
        /// The learning rate on digits; the paper's is 1.
        value component_rate: f64 = 10.0, with "learning rate on digits";
    }
    trial {
        circle_widths: vec![8, 16], circle_nets: 2, circle_steps: 3, law_widths: vec![4, 8, 16], law_nets: 3,
        function_widths: vec![8, 16], functions: 3, function_steps: 5, digits: 30, component_widths: vec![8, 16],
        component_time: 30.0
    }
    quick {
        /// A run of half a minute: widths up to 512, digits up to time 2000.
        circle_widths: vec![128, 512], function_widths: vec![50, 200],
        law_widths: vec![8, 16, 32, 64, 128, 256], component_widths: vec![100, 300], component_time: 2000.0
    }
    paper {
        /// 512 digits at rate 1, the paper's, in 4000 steps; widths of the circle as above: the paper's 10,000 does not fit here.
        component_rate: 1.0
    }
}

/// So many hidden layers of ReLU, biases of 0.1.
fn layers(hidden: usize) -> Net {
    let layer = serial((Dense::hidden().bias(0.1), relu()));
    network(&format!("ReLU, {hidden} hidden, β = 0.1"), serial((repeat(hidden, layer), Dense::new(1).bias(0.1))))
}

/// The rate for our mean squared error that is so much for half of it.
fn of_half(rate: f64) -> f64 {
    rate / 2.0
}

impl Study for KernelTraining {
    type Report = KernelTrainingReport;

    fn check(&self) -> Result<()> {
        let requires = Self::requires();
        for (what, widths, least) in [
            ("widths on the circle", &self.circle_widths, 2),
            ("widths of the law", &self.law_widths, 3),
            ("widths of functions", &self.function_widths, 1),
            ("widths on digits", &self.component_widths, 2),
        ] {
            let legal = if least == 1 { "at least 1" } else { "enough for a comparison" };
            requires.that(widths.len() >= least, what, widths.len() as f64, legal)?.rising(what, widths)?;
            widths.iter().try_for_each(|&width| self.sized(width, 2).parameter_count().map(|_| ()))?;
        }
        for (what, count) in [
            ("the number of networks on the circle", self.circle_nets),
            ("the number of networks of the law", self.law_nets),
            ("the number of functions", self.functions),
        ] {
            requires.that(count >= 2, what, count as f64, "at least 2")?;
        }
        let (time, rate) = (self.component_time, self.component_rate);
        requires
            .that((4..=10_000).contains(&self.digits), "the number of digits", self.digits as f64, "from 4 to 10000")?
            .at_least_one("the number of networks on digits", self.component_nets)?
            .that(rate > 0.0 && rate.is_finite(), "the learning rate on digits", rate, "positive and finite")?
            .that(
                time >= rate && time / rate < 1e9,
                "the time on digits",
                time,
                "at least the learning rate, and finite",
            )?;
        Ok(())
    }

    fn units(&self) -> (&'static str, usize) {
        let widths = self.circle_widths.len() + self.law_widths.len() + self.function_widths.len();
        ("parts", widths + 1 + self.component_widths.len())
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<KernelTrainingReport> {
        let seed = run.seed();
        let curves = run.each("circle", &self.circle_widths, |&width| {
            Curves::measure(
                &self.sized(width, 2),
                (self.circle_nets, self.circle_steps),
                seed.child(0).child(width as u64),
            )
        })?;
        let law = run.each("law", &self.law_widths, |&width| {
            WidthLaw::measure(&self.sized(width, 2), self.law_nets, seed.child(1))
        })?;
        let functions = run.each("functions", &self.function_widths, |&width| {
            Functions::measure(
                &self.sized(width, 2),
                (self.functions, self.function_steps),
                seed.child(2).child(width as u64),
            )
        })?;
        let data = run.part("digits", || Data::new(&self.digits_network, self.digits, seed.child(3)))?;
        let components = run.each("component", &self.component_widths, |&width| {
            let net = self.digits_network.clone().width(width).input(data.images.ncols());
            let (time, rate) = (self.component_time, self.component_rate);
            Component::measure(&net, &data, (self.component_nets, time, rate), seed.child(4).child(width as u64))
        })?;
        Ok(KernelTrainingReport {
            limit: circle::limit(&self.network)?,
            values: circle::values(&self.network)?,
            band: functions::Band::new(&self.network, self.function_steps as f64)?,
            settings: self.clone(),
            curves,
            law,
            functions,
            eigenvalues: data.eigenvalues,
            constant: data.constant,
            tops: data.tops,
            components,
        })
    }
}

impl KernelTraining {
    fn sized(&self, width: usize, inputs: usize) -> Net {
        self.network.clone().width(width).input(inputs)
    }
}

/// What the study found.
#[derive(Clone)]
pub struct KernelTrainingReport {
    settings: KernelTraining,
    /// The limit kernel over the angles of the circle, and at those of the table.
    limit: Vector,
    values: Vec<(f64, f64)>,
    curves: Vec<Curves>,
    law: Vec<WidthLaw>,
    band: functions::Band,
    functions: Vec<Functions>,
    /// The three largest eigenvalues of `Θ / N` on the digits, and the cosine of the first eigenvector with a constant.
    eigenvalues: Vec<f64>,
    constant: f64,
    /// The same by network and by how pixels are scaled.
    tops: Vec<components::Top>,
    components: Vec<Component>,
}
