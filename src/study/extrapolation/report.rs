//! What the study found, in tables.

use super::Extrapolation;
use super::errors::median;
use super::facts::Facts;
use super::run::{Learning, Outcome};
use super::task::Place;
use crate::names::*;
use crate::study::frame::*;
use crate::study::{RayFit, Rays};

/// What the study found.
#[derive(Clone)]
pub struct ExtrapolationReport {
    pub(super) settings: Extrapolation,
    pub(super) outcomes: Vec<Outcome>,
    /// The rays of each task.
    pub(super) rays: Vec<Rays>,
    pub(super) facts: Facts,
}

pub(super) const LEARNINGS: [Learning; 2] = [Learning::Kernel, Learning::Trained];

impl ExtrapolationReport {
    /// The name of an outcome's network.
    pub(super) fn network(&self, outcome: &Outcome) -> &str {
        self.name(outcome.learning, outcome.network)
    }

    pub(super) fn name(&self, learning: Learning, index: usize) -> &str {
        match learning {
            Learning::Kernel => self.settings.networks[index].0.name(),
            Learning::Trained => self.settings.trained_networks[index].name(),
        }
    }

    /// The networks of a route.
    pub(super) fn names(&self, learning: Learning) -> impl Iterator<Item = &str> {
        let count = match learning {
            Learning::Kernel => self.settings.networks.len(),
            Learning::Trained => self.settings.trained_networks.len(),
        };
        (0..count).map(move |index| self.name(learning, index))
    }

    /// The degree that theory gives a network along rays.
    pub(super) fn theory(&self, network: &str) -> Option<usize> {
        self.settings.networks.iter().find(|(net, _)| net.name() == network).map(|(_, degree)| *degree)
    }

    /// Per network, route (kernel regression or trained), task, target and place (the training points, fresh points inside the training
    /// region, outside it, in the withheld sector): mean squared error, median absolute percentage error where the target is not zero,
    /// `R²` (null for a target that is constant there).
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn errors(&self) -> Result<DataFrame> {
        let rows = self.outcomes.iter().flat_map(|o| o.places.iter().zip(&o.read.errors).map(move |(p, e)| (o, p, e)));
        frame(rows)
            .text("network", |(o, ..)| self.network(o))
            .text("route", |(o, ..)| o.learning.name())
            .text("task", |(o, ..)| self.settings.tasks[o.task].name())
            .text("target", |(o, ..)| o.target.name())
            .text("place", |(_, place, _)| place.name())
            .number("MSE", |(.., e)| e.mean_squared)
            .number("median error (%)", |(.., e)| e.median_percentage)
            .number("R²", |(.., e)| e.r_squared)
            .table()
    }

    /// Median absolute percentage errors of kernel regression beyond the training region: a row per task and target, a column per
    /// network.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn outside(&self) -> Result<DataFrame> {
        self.by_target(&[Place::Outside], |outcome, place| self.error(outcome, place)?.median_percentage)
    }

    /// `R²` of kernel regression on the tasks with withheld directions, inside the training region, beyond it and in the withheld
    /// sector: a column per network.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn withheld(&self) -> Result<DataFrame> {
        let places = [Place::Inside, Place::Withheld, Place::Outside];
        self.by_target(&places, |outcome, place| {
            self.settings.tasks[outcome.task].withheld?;
            self.error(outcome, place)?.r_squared
        })
    }

    fn error<'a>(&self, outcome: &'a Outcome, place: Place) -> Option<&'a super::errors::Errors> {
        outcome.places.iter().position(|p| *p == place).map(|at| &outcome.read.errors[at])
    }

    /// Rows per task, target and place for which there is a value, a column per network of kernel regression.
    fn by_target(&self, places: &[Place], value: impl Fn(&Outcome, Place) -> Option<f64>) -> Result<DataFrame> {
        let of = |network: usize, first: &Outcome, place: Place| {
            let same = |o: &&Outcome| {
                o.learning == Learning::Kernel && (o.network, o.task, o.target) == (network, first.task, first.target)
            };
            self.outcomes.iter().find(same).and_then(|o| value(o, place))
        };
        let firsts = self.outcomes.iter().filter(|o| o.learning == Learning::Kernel && o.network == 0);
        let rows: Vec<(&Outcome, Place)> = firsts
            .flat_map(|o| places.iter().map(move |place| (o, *place)))
            .filter(|(o, place)| value(o, *place).is_some())
            .collect();
        let table = frame(rows)
            .text("task", |(o, _)| self.settings.tasks[o.task].name())
            .text("target", |(o, _)| o.target.name());
        let table = if places.len() > 1 { table.text("place", |(_, place)| place.name()) } else { table };
        let names: Vec<&str> = self.names(Learning::Kernel).collect();
        let networks = 0..names.len();
        table.numbers(networks, |index| names[index].into(), |(o, place), index| of(index, o, place)).table()
    }

    /// Directional fits: per network, route, task, target, output and degree the mean and median `R²` over the rays, the share of rays
    /// below 0.9, the mean of `1 - R²`, and the rays on which the output is constant (which count as `R² = 1`: see
    /// [`RayFit`](super::RayFit)).
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn ray_fits(&self) -> Result<DataFrame> {
        let outputs = self.outcomes.iter().flat_map(|o| o.read.fits.iter().enumerate().map(move |fits| (o, fits)));
        frame(outputs.flat_map(|(o, (output, fits))| fits.iter().map(move |fit| (o, output, fit))))
            .text("network", |(o, ..)| self.network(o))
            .text("route", |(o, ..)| o.learning.name())
            .text("task", |(o, ..)| self.settings.tasks[o.task].name())
            .text("target", |(o, ..)| o.target.name())
            .count("output", |(_, output, _)| output)
            .count("degree", |(.., fit)| fit.degree())
            .number("mean R²", |(.., fit)| fit.mean_r_squared())
            .number("median R²", |(.., fit)| fit.median_r_squared())
            .number("share below 0.9", |(.., fit)| fit.share_below(0.9))
            .number("mean 1 - R²", |(.., fit)| fit.mean_unexplained())
            .count("constant rays", |(.., fit)| fit.constant_rays())
            .table()
    }

    /// Median over all rays, targets and tasks of `1 - R²`.
    pub(super) fn median_unexplained(&self, learning: Learning, network: &str, degree: usize) -> f64 {
        median(self.fits(learning, network, degree).flat_map(|(_, fit)| fit.unexplained().to_vec()).collect())
    }

    /// Median absolute percentage error of kernel regression beyond the training region, by the names of network and task; none where
    /// the task has no such target.
    pub fn median_error_outside(&self, network: &str, task: &str, target: RegressionTarget) -> Option<f64> {
        self.error(self.kernel_outcome(network, task, target)?, Place::Outside)?.median_percentage
    }

    /// `R²` of kernel regression in the withheld sector, by the names of network and task; none where the task has no such target or
    /// withholds nothing.
    pub fn r_squared_withheld(&self, network: &str, task: &str, target: RegressionTarget) -> Option<f64> {
        self.error(self.kernel_outcome(network, task, target)?, Place::Withheld)?.r_squared
    }

    fn kernel_outcome(&self, network: &str, task: &str, target: RegressionTarget) -> Option<&Outcome> {
        self.outcomes.iter().find(|o| {
            let named = self.network(o) == network && self.settings.tasks[o.task].name() == task;
            o.learning == Learning::Kernel && o.target == target && named
        })
    }

    /// Slope and value at 10 of [`Self::slopes`], by network name and target.
    pub fn far_out(&self, network: &str, target: RegressionTarget) -> Option<(f64, f64)> {
        let found = self.facts.slopes.iter().find(|s| s.network == network && s.target == target.name())?;
        Some((found.slope, found.value))
    }

    /// Relative error of [`Self::recovery`], by network name and number of points.
    pub fn recovery_error(&self, network: &str, points: usize) -> Option<f64> {
        self.facts.recovery.iter().find(|r| r.network == network && r.points == points).map(|r| r.error)
    }

    /// All fits of a degree of one network by one route.
    fn fits(&self, learning: Learning, network: &str, degree: usize) -> impl Iterator<Item = (&Outcome, &RayFit)> {
        let of = self.outcomes.iter().filter(move |o| o.learning == learning && self.network(o) == network);
        of.flat_map(move |o| o.read.fits.iter().filter_map(move |fits| fits.get(degree - 1)).map(move |fit| (o, fit)))
    }

    /// Mean of `1 - R²` over rays, outputs, targets and tasks, each output alike.
    pub(super) fn mean_unexplained(&self, learning: Learning, network: &str, degree: usize) -> f64 {
        let all: Vec<f64> = self.fits(learning, network, degree).map(|(_, fit)| fit.mean_unexplained()).collect();
        all.iter().sum::<f64>() / all.len() as f64
    }

    /// Mean `R²` of kernel regression's directional fits of a degree over all rays, targets and tasks, by network name; none for a
    /// network or degree that the study has not.
    pub fn mean_r_squared(&self, network: &str, degree: usize) -> Option<f64> {
        let known = self.theory(network).is_some() && (1..=self.settings.degrees).contains(&degree);
        known.then(|| 1.0 - self.mean_unexplained(Learning::Kernel, network, degree))
    }

    /// The same of trained networks. A few rays on which the output hardly moves weigh much in it, so that it changes with the seed.
    pub fn trained_mean_r_squared(&self, network: &str, degree: usize) -> Option<f64> {
        let known = self.has(Learning::Trained, network) && (1..=self.settings.degrees).contains(&degree);
        known.then(|| 1.0 - self.mean_unexplained(Learning::Trained, network, degree))
    }

    pub(super) fn has(&self, learning: Learning, network: &str) -> bool {
        self.outcomes.iter().any(|o| o.learning == learning && self.network(o) == network)
    }

    /// What fits leave unexplained: as [`Self::table`], with the mean of `1 - R²` instead, which tells good fits apart.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn unexplained(&self) -> Result<DataFrame> {
        self.by_route(|learning, name, degree| self.mean_unexplained(learning, name, degree))
    }

    /// A row per network and route, a column of values per degree.
    fn by_route(&self, value: impl Fn(Learning, &str, usize) -> f64) -> Result<DataFrame> {
        let rows = LEARNINGS.into_iter().flat_map(|l| self.names(l).map(move |n| (l, n)));
        frame(rows.filter(|(l, n)| self.has(*l, n)))
            .text("network", |(_, name)| name)
            .text("route", |(l, _)| l.name())
            .count("degree by theory", |(_, name)| self.theory(name))
            .numbers(
                1..=self.settings.degrees,
                |degree| format!("degree {degree}"),
                |(l, n), degree| value(l, n, degree),
            )
            .table()
    }

    /// The yardstick of the directional fit: per power `N` the `R²` of the best polynomial of degree `N - 1` for `s^N` at the distances of
    /// the first task's rays.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn powers(&self) -> Result<DataFrame> {
        frame(2..=self.settings.degrees + 1)
            .count("power", |power| power)
            .count("degree of the fit", |power| power - 1)
            .number("R²", |power| self.power_left(power).map(|left| 1.0 - left))
            .table()
    }

    /// The share of the variance of `s^power` left by the degree below it.
    pub(super) fn power_left(&self, power: usize) -> Option<f64> {
        self.rays.first()?.unexplained_power(power, power - 1).ok()
    }

    /// Far out on the line: per network and target the slope `log₂ |f(2·10⁴)/f(10⁴)|`, the degree that theory gives, and the value at
    /// 10 beside the target's. Learned by kernel regression from 41 points of `[-1, 1]`, with inputs `[x, 1]`.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn slopes(&self) -> Result<DataFrame> {
        frame(&self.facts.slopes)
            .text("network", |s| s.network.as_str())
            .text("target", |s| s.target.as_str())
            .count("degree by theory", |s| s.degree)
            .number("slope", |s| s.slope)
            .number("f(10)", |s| s.value)
            .number("y(10)", |s| s.truth)
            .table()
    }

    /// A quadratic form learned on the unit sphere of `R^3` by networks without biases: per network and number of training points the
    /// relative error at radius 5.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn recovery(&self) -> Result<DataFrame> {
        let rows = frame(&self.facts.recovery).text("network", |r| r.network.as_str()).count("points", |r| r.points);
        rows.number("relative error", |r| r.error).table()
    }

    /// The targets on the line that networks were trained on too.
    fn drawn(&self) -> Vec<RegressionTarget> {
        let line = self.settings.tasks.iter().filter(|task| task.dimension == 1);
        line.flat_map(|task| task.trained.iter().copied().filter(|t| task.targets.contains(t))).collect()
    }
}

impl StudyReport for ExtrapolationReport {
    /// The extrapolation table: per network and route, the degree that theory gives along rays and the mean `R²` of fits of degree
    /// 1, 2, … over all rays, targets and tasks.
    fn table(&self) -> Result<DataFrame> {
        self.by_route(|learning, name, degree| 1.0 - self.mean_unexplained(learning, name, degree))
    }

    fn tables(&self) -> Result<Vec<(&'static str, DataFrame)>> {
        Ok(vec![("errors", self.errors()?), ("ray_fits", self.ray_fits()?)])
    }

    /// Mean of `1 - R²` of the directional fits against their degree, per network of kernel regression; what `s^N` leaves to degree
    /// `N - 1` on the rays of the first task is dotted.
    fn figure(&self) -> Figure {
        self.by_degree()
    }

    /// Every check of the study.
    ///
    /// For kernel regression: the mean `R²` at the degree that theory gives; one degree lower at least ten times as much variance is
    /// left, and where `s^N` itself leaves more than 0.01 to degree `N - 1`, the mean `R²` is at most 0.99 there. For trained networks:
    /// the median `R²` over all rays. Then the exact facts.
    fn verdicts(&self) -> Verdicts {
        self.judged()
    }

    fn all_verdicts(&self) -> Vec<Verdicts> {
        vec![self.verdicts(), self.claims()]
    }

    fn report(&self) -> Result<Report> {
        let mut report = Report::new()
            .heading("Mean R² of fits along rays, by degree")
            .table(self.table()?)
            .heading("What these fits leave: mean 1 - R²")
            .table(self.unexplained()?)
            .figure(self.figure())
            .heading("Median percentage error beyond the training region, kernel regression")
            .table(self.outside()?)
            .heading("R² with withheld directions, kernel regression")
            .table(self.withheld()?);
        for target in self.drawn() {
            report = report.figure(self.curves(target));
        }
        let report = report
            .heading("What a power leaves to the degree below it, on the rays of the first task")
            .table(self.powers()?);
        report
            .heading("Far out on the line: the degree is right, the values are not")
            .table(self.slopes()?)
            .heading("A quadratic form without biases, at five times the training radius")
            .table(self.recovery()?)
            .heading("Claims")
            .verdicts(&self.claims())
    }
}
