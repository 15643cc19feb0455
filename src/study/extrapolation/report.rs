//! What the study found, in tables.

use super::errors::median;
use super::facts::Facts;
use super::run::{Learning, Outcome};
use super::task::Place;
use super::{Extrapolation, RayFit, Rays};
use crate::data::RegressionTarget;
use crate::error::Result;
use crate::view::Report;
use polars::prelude::{Column, DataFrame, df};

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
            Learning::Trained => self.settings.trained[index].name(),
        }
    }

    /// The networks of a route.
    pub(super) fn names(&self, learning: Learning) -> impl Iterator<Item = &str> {
        let count = match learning {
            Learning::Kernel => self.settings.networks.len(),
            Learning::Trained => self.settings.trained.len(),
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
        let rows = || self.outcomes.iter().flat_map(|o| o.errors.iter().map(move |e| (o, e)));
        Ok(df!(
            "network" => rows().map(|(o, _)| self.network(o)).collect::<Vec<_>>(),
            "route" => rows().map(|(o, _)| o.learning.name()).collect::<Vec<_>>(),
            "task" => rows().map(|(o, _)| self.settings.tasks[o.task].name()).collect::<Vec<_>>(),
            "target" => rows().map(|(o, _)| o.target.name()).collect::<Vec<_>>(),
            "place" => rows().map(|(_, (place, _))| place.name()).collect::<Vec<_>>(),
            "MSE" => rows().map(|(_, (_, e))| e.mean_squared).collect::<Vec<_>>(),
            "median error (%)" => rows().map(|(_, (_, e))| e.median_percentage).collect::<Vec<_>>(),
            "R²" => rows().map(|(_, (_, e))| e.r_squared).collect::<Vec<_>>(),
        )?)
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
        outcome.errors.iter().find(|(p, _)| *p == place).map(|(_, e)| e)
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
        let mut frame = df!(
            "task" => rows.iter().map(|(o, _)| self.settings.tasks[o.task].name()).collect::<Vec<_>>(),
            "target" => rows.iter().map(|(o, _)| o.target.name()).collect::<Vec<_>>(),
        )?;
        if places.len() > 1 {
            let places = rows.iter().map(|(_, place)| place.name()).collect::<Vec<_>>();
            frame.with_column(Column::new("place".into(), places))?;
        }
        for (index, name) in self.names(Learning::Kernel).enumerate() {
            let values: Vec<Option<f64>> = rows.iter().map(|(o, place)| of(index, o, *place)).collect();
            frame.with_column(Column::new(name.into(), values))?;
        }
        Ok(frame)
    }

    /// Directional fits: per network, route, task, target, output and degree the mean and median `R²` over the rays, the share of rays
    /// below 0.9, the mean of `1 - R²`, and the rays on which the output is constant (which count as `R² = 1`: see
    /// [`RayFit`](super::RayFit)).
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn ray_fits(&self) -> Result<DataFrame> {
        let rows = || {
            self.outcomes.iter().flat_map(|o| {
                o.fits.iter().enumerate().flat_map(move |(output, fits)| fits.iter().map(move |fit| (o, output, fit)))
            })
        };
        Ok(df!(
            "network" => rows().map(|(o, ..)| self.network(o)).collect::<Vec<_>>(),
            "route" => rows().map(|(o, ..)| o.learning.name()).collect::<Vec<_>>(),
            "task" => rows().map(|(o, ..)| self.settings.tasks[o.task].name()).collect::<Vec<_>>(),
            "target" => rows().map(|(o, ..)| o.target.name()).collect::<Vec<_>>(),
            "output" => rows().map(|(_, output, _)| output as u32).collect::<Vec<_>>(),
            "degree" => rows().map(|(.., fit)| fit.degree() as u32).collect::<Vec<_>>(),
            "mean R²" => rows().map(|(.., fit)| fit.mean_r_squared()).collect::<Vec<_>>(),
            "median R²" => rows().map(|(.., fit)| fit.median_r_squared()).collect::<Vec<_>>(),
            "share below 0.9" => rows().map(|(.., fit)| fit.share_below(0.9)).collect::<Vec<_>>(),
            "mean 1 - R²" => rows().map(|(.., fit)| fit.mean_unexplained()).collect::<Vec<_>>(),
            "constant rays" => rows().map(|(.., fit)| fit.constant_rays() as u32).collect::<Vec<_>>(),
        )?)
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
        of.flat_map(move |o| o.fits.iter().filter_map(move |fits| fits.get(degree - 1)).map(move |fit| (o, fit)))
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

    /// The extrapolation table: per network and route, the degree that theory gives along rays and the mean `R²` of fits of degree
    /// 1, 2, … over all rays, targets and tasks.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn table(&self) -> Result<DataFrame> {
        let rows: Vec<(Learning, &str)> = LEARNINGS
            .into_iter()
            .flat_map(|l| self.names(l).map(move |n| (l, n)))
            .filter(|(l, n)| self.has(*l, n))
            .collect();
        let mut frame = df!(
            "network" => rows.iter().map(|(_, name)| *name).collect::<Vec<_>>(),
            "route" => rows.iter().map(|(l, _)| l.name()).collect::<Vec<_>>(),
            "degree by theory" => rows.iter().map(|(_, n)| self.theory(n).map(|d| d as u32)).collect::<Vec<_>>(),
        )?;
        for degree in 1..=self.settings.degrees {
            let values: Vec<f64> = rows.iter().map(|(l, n)| 1.0 - self.mean_unexplained(*l, n, degree)).collect();
            frame.with_column(Column::new(format!("degree {degree}").into(), values))?;
        }
        Ok(frame)
    }

    pub(super) fn has(&self, learning: Learning, network: &str) -> bool {
        self.outcomes.iter().any(|o| o.learning == learning && self.network(o) == network)
    }

    /// What fits leave unexplained: as [`Self::table`], with the mean of `1 - R²` instead, which tells good fits apart.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn unexplained(&self) -> Result<DataFrame> {
        let mut frame = self.table()?;
        for degree in 1..=self.settings.degrees {
            let name = format!("degree {degree}");
            let left: Vec<f64> = LEARNINGS
                .into_iter()
                .flat_map(|l| self.names(l).map(move |n| (l, n)))
                .filter(|(l, n)| self.has(*l, n))
                .map(|(l, n)| self.mean_unexplained(l, n, degree))
                .collect();
            frame.with_column(Column::new(name.into(), left))?;
        }
        Ok(frame)
    }

    /// The yardstick of the directional fit: per power `N` the `R²` of the best polynomial of degree `N - 1` for `s^N` at the distances of
    /// the first task's rays.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn powers(&self) -> Result<DataFrame> {
        let powers: Vec<usize> = (2..=self.settings.degrees + 1).collect();
        let left: Vec<Option<f64>> = powers.iter().map(|&power| self.power_left(power)).collect();
        Ok(df!(
            "power" => powers.iter().map(|&p| p as u32).collect::<Vec<_>>(),
            "degree of the fit" => powers.iter().map(|&p| p as u32 - 1).collect::<Vec<_>>(),
            "R²" => left.iter().map(|left| left.map(|left| 1.0 - left)).collect::<Vec<_>>(),
        )?)
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
        let s = &self.facts.slopes;
        Ok(df!(
            "network" => s.iter().map(|s| s.network.as_str()).collect::<Vec<_>>(),
            "target" => s.iter().map(|s| s.target.as_str()).collect::<Vec<_>>(),
            "degree by theory" => s.iter().map(|s| s.degree as u32).collect::<Vec<_>>(),
            "slope" => s.iter().map(|s| s.slope).collect::<Vec<_>>(),
            "f(10)" => s.iter().map(|s| s.value).collect::<Vec<_>>(),
            "y(10)" => s.iter().map(|s| s.truth).collect::<Vec<_>>(),
        )?)
    }

    /// A quadratic form learned on the unit sphere of `R^3` by networks without biases: per network and number of training points the
    /// relative error at radius 5.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn recovery(&self) -> Result<DataFrame> {
        let r = &self.facts.recovery;
        Ok(df!(
            "network" => r.iter().map(|r| r.network.as_str()).collect::<Vec<_>>(),
            "points" => r.iter().map(|r| r.points as u32).collect::<Vec<_>>(),
            "relative error" => r.iter().map(|r| r.error).collect::<Vec<_>>(),
        )?)
    }

    /// Tables and charts in order.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn report(&self) -> Result<Report> {
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
        Ok(report
            .heading("Far out on the line: the degree is right, the values are not")
            .table(self.slopes()?)
            .heading("A quadratic form without biases, at five times the training radius")
            .table(self.recovery()?)
            .heading("Claims")
            .table(self.claims().frame()?))
    }

    /// The targets on the line that networks were trained on too.
    fn drawn(&self) -> Vec<RegressionTarget> {
        let line = self.settings.tasks.iter().filter(|task| task.dimension == 1);
        line.flat_map(|task| task.trained.iter().copied().filter(|t| task.targets.contains(t))).collect()
    }
}
