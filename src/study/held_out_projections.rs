//! Which frequencies a number of points determines.

use super::moments::moments;
use super::random_harmonics::{DIRECTIONS, random_harmonics};
use crate::names::*;
use crate::study::frame::*;
use crate::{define_study, saved_fields};

define_study! {
    /// Which frequencies are learned from `n` points, and which are only memorised.
    ///
    /// Kernel regression with the limit NTK, trained to the end, of one harmonic `v_k` of degree `k` at a time. How much of it is in the
    /// prediction away from the points is exact, without test points: the projection of the interpolant `Σ_i α_i Θ(x_i, ·)` on `v_k` is
    /// `μ_k Σ_i α_i v_k(x_i)`, by the Funk–Hecke formula. What is left, `1 -` that, is averaged over random harmonics and compared
    /// with the theory of [`learnability`], `κ/(μ_k + κ)`.
    ///
    /// Built by [`held_out_projections`].
    pub struct HeldOutProjections => HeldOutProjectionsReport, "held_out_projections", "held-out projections";
    /// The study of 100 to 1600 points in 10 dimensions, frequencies 1 to 5, eight harmonics of each.
    pub fn held_out_projections;
    settings {
        /// The networks.
        list networks: Net = [mlp(1), mlp(3), ccp(3), ccp(9), pnn(3), pnn(9)], digest "networks";
        /// The dimension `d` of the inputs, at least 3. Default 10.
        value dimension: usize = 10, with "dimension";
        /// Numbers of points.
        list points: usize = [100, 200, 400, 800, 1600], with "list of numbers of points";
        /// The frequencies. Default 1 to 5.
        list frequencies: usize = 1..=5, with "list of frequencies";
    }
    trial { networks: vec![mlp(3), pnn(3)], points: vec![20, 40] }
    quick {
        /// A run of seconds: 100, 300 and 900 points.
        points: vec![100, 300, 900]
    }
}

impl Study for HeldOutProjections {
    type Report = HeldOutProjectionsReport;

    fn check(&self) -> Result<()> {
        let names = self.networks.iter().map(Net::name);
        Self::requires().some(&self.networks)?.some(&self.points)?.some(&self.frequencies)?.distinct(names)?;
        Ok(())
    }

    fn units(&self) -> (&'static str, usize) {
        ("kernels", self.networks.len() * self.points.len())
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<HeldOutProjectionsReport> {
        let (mut rows, seed, count) = (Vec::new(), run.seed(), self.frequencies.len());
        for (draw, &points) in self.points.iter().enumerate() {
            let x = sphere(points, self.dimension, seed.child(draw as u64))?;
            let harmonics = random_harmonics(&self.frequencies, GegenbauerIndex::Harmonic, &x, seed.child(1000))?;
            let found = run.each(&format!("points-{draw:02}"), &self.networks, |net| {
                let theory = learnability(net, self.dimension, points)?;
                let kernel = net.limit_kernel(&x)?;
                let weights = kernel.ntk().regression(&harmonics.t().to_owned())?.solve()?;
                let of_frequency = |(index, &frequency): (usize, &usize)| {
                    let mu = theory.coefficients.get(frequency).copied().unwrap_or(0.0);
                    let left = |direction: usize| {
                        let column = direction * count + index;
                        1.0 - mu * weights.column(column).dot(&harmonics.row(column))
                    };
                    let (left, deviation) = moments(&(0..DIRECTIONS).map(left).collect::<Vec<_>>());
                    let theory = 1.0 - theory.shares.get(frequency).copied().unwrap_or(0.0);
                    Found { left, deviation, theory }
                };
                Ok(self.frequencies.iter().enumerate().map(of_frequency).collect::<Vec<_>>())
            })?;
            for (net, found) in self.networks.iter().zip(found) {
                let row = |(&frequency, found)| Row { network: net.name().into(), points, frequency, found };
                rows.extend(self.frequencies.iter().zip(found).map(row));
            }
        }
        Ok(HeldOutProjectionsReport { settings: self.clone(), rows })
    }
}

/// The share that is left, mean over directions and standard deviation, and what the theory says.
#[derive(Clone)]
struct Found {
    left: f64,
    deviation: Option<f64>,
    theory: f64,
}
saved_fields!(Found { left, deviation, theory });

/// One frequency learned by one network from one number of points.
#[derive(Clone)]
struct Row {
    network: String,
    points: usize,
    frequency: usize,
    found: Found,
}

/// What the study found.
#[derive(Clone)]
pub struct HeldOutProjectionsReport {
    settings: HeldOutProjections,
    rows: Vec<Row>,
}

impl HeldOutProjectionsReport {
    /// The share of a harmonic of that degree that is not in the prediction.
    pub fn left(&self, network: &str, points: usize, frequency: usize) -> Option<f64> {
        let row = |r: &&Row| r.network == network && r.points == points && r.frequency == frequency;
        self.rows.iter().find(row).map(|r| r.found.left)
    }

    /// The share left at the largest number of points, a column per frequency.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn most_points(&self) -> Result<DataFrame> {
        let (most, settings) = (self.most(), &self.settings);
        frame(&settings.networks)
            .text("network", |net| net.name())
            .numbers(&settings.frequencies, |k| format!("k = {k}"), |net, &k| self.left(net.name(), most, k))
            .table()
    }

    fn most(&self) -> usize {
        self.settings.points.iter().copied().max().expect("lists without numbers of points are refused")
    }
}

impl StudyReport for HeldOutProjectionsReport {
    /// Per network, number of points and frequency: the share that is left, mean and standard deviation over harmonics, and what the
    /// theory says.
    fn table(&self) -> Result<DataFrame> {
        frame(&self.rows)
            .text("network", |r| r.network.as_str())
            .count("points", |r| r.points)
            .count("k", |r| r.frequency)
            .number("left", |r| r.found.left)
            .number("std", |r| r.found.deviation)
            .number("theory", |r| r.found.theory)
            .table()
    }

    /// The share left against the number of points, a panel per frequency: measured (markers), theory (dashed).
    fn figure(&self) -> Figure {
        let panel = |&frequency: &usize| {
            let rows = || self.rows.iter().filter(|r| r.frequency == frequency);
            let measured = |r: &Row| (r.network.clone(), (r.points as f64, r.found.left));
            let chart = line_chart(format!("k = {frequency}")).by(rows(), measured);
            self.settings.networks.iter().enumerate().fold(chart, |chart, (colour, net)| {
                let theory = rows().filter(|r| r.network == net.name()).map(|r| (r.points as f64, r.found.theory));
                chart.dashed(format!("{}, theory", net.name()), theory).colour(colour)
            })
        };
        let (x, y) = (Scale::log("points"), Scale::linear("share left"));
        let title = "Share of a harmonic that is not in the prediction";
        panels(title, self.settings.frequencies.iter().map(panel), 3, x, y)
    }

    /// That the theory tells the share left within 0.1 for every network, and that at the largest number of points no network has
    /// learned a fifth of the highest frequency.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("held_out_projections");
        let last = self.settings.frequencies.iter().copied().max().expect("lists without frequencies are refused");
        let most = self.most();
        for name in self.settings.networks.iter().map(Net::name) {
            let apart = self.rows.iter().filter(|r| r.network == name).map(|r| (r.found.left - r.found.theory).abs());
            verdicts.check(format!("{name}: share left, measured and theory apart")).all_at_most(apart, 0.1);
            let left = self.left(name, most, last).expect("every network is measured at every number of points");
            verdicts.claim(format!("{name}: share of k = {last} left with {most} points")).above(left, 0.8);
        }
        verdicts
    }

    fn report(&self) -> Result<Report> {
        Report::new().table(self.most_points()?).figure(self.figure()).verdicts(&self.verdicts())
    }
}
