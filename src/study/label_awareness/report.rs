//! What the study of label-aware kernels found: tables, charts and verdicts.

use super::one::Split;
use super::{LabelAwarenessReport, METHODS, name};
use crate::names::*;
use crate::study::frame::*;
use crate::study::moments::moments;

/// The share of the paper's program for two-layer networks.
const PUBLISHED: f64 = 0.1;

/// A task with a kernel: which task, and which of the kernels, 0 the plain one.
type Place = (usize, usize);

impl LabelAwarenessReport {
    fn of(&self, task: usize, of: impl Fn(&Split) -> f64) -> Vec<f64> {
        self.found[task].iter().map(of).collect()
    }

    fn task(&self, task: &str) -> Option<usize> {
        self.settings.tasks.iter().position(|digits| name(digits) == task)
    }

    /// The mean gain in the share classified right over the plain kernel, paired by split, with its 95 % interval; methods are `by kernel`, `by inverse`
    /// and `by pairs`, tasks as `3/5` or `0 to 9`.
    pub fn gain(&self, task: &str, method: &str) -> Option<SampleMean> {
        let (task, method) = (self.task(task)?, METHODS.iter().position(|m| *m == method)?);
        sample_mean(&self.of(task, |split| split.right[method + 1] - split.right[0])).ok()
    }

    /// The same at one share of the label-aware part; none unless the kernel is positive definite in all splits.
    pub fn gain_at(&self, task: &str, method: &str, share: f64) -> Option<SampleMean> {
        let (task, method) = (self.task(task)?, METHODS.iter().position(|m| *m == method)?);
        let column = self.settings.ratios.iter().position(|&ratio| ratio == share)?;
        sample_mean(&self.of(task, |split| split.by_share[[method, column]] - split.right[0])).ok()
    }

    /// The mean share that the plain kernel classifies right.
    pub fn plain(&self, task: &str) -> Option<f64> {
        Some(moments(&self.of(self.task(task)?, |split| split.right[0])).0)
    }

    /// Mean local elasticity of the plain kernel (`""`) or of a label-aware one at the largest share.
    pub fn elasticity(&self, task: &str, method: &str) -> Option<f64> {
        let place = if method.is_empty() { 0 } else { METHODS.iter().position(|m| *m == method)? + 1 };
        Some(moments(&self.of(self.task(task)?, |split| split.elasticity[place])).0)
    }

    /// Mean local elasticity of the network's kernel before and after training.
    pub fn network_elasticity(&self, task: &str) -> Option<[f64; 2]> {
        let task = self.task(task)?;
        Some([1, 2].map(|which| moments(&self.of(task, |split| split.network[which])).0))
    }

    /// What labels add to the kernel of two layers, times the width: mean over pairs of the same digit and of different ones.
    pub fn hierarchy(&self, task: &str) -> Option<(f64, f64)> {
        let found = &self.hierarchies[self.task(task)?];
        Some((found.same, found.different))
    }

    fn places(&self) -> Vec<Place> {
        (0..self.settings.tasks.len()).flat_map(|task| (0..=METHODS.len()).map(move |method| (task, method))).collect()
    }

    /// Per task, kernel and share of the label-aware part: the paired gain over the plain kernel with half the width of its 95 % interval, and in how many splits
    /// the kernel is positive definite.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn by_share(&self) -> Result<DataFrame> {
        let (tasks, shares) = (self.settings.tasks.len(), self.settings.ratios.len());
        let rows: Vec<(usize, usize, usize)> = (0..tasks)
            .flat_map(|task| {
                (0..METHODS.len()).flat_map(move |method| (0..shares).map(move |share| (task, method, share)))
            })
            .collect();
        let gain = |(task, method, share): (usize, usize, usize)| {
            self.gain_at(&name(&self.settings.tasks[task]), METHODS[method], self.settings.ratios[share])
        };
        frame(rows)
            .text("digits", |r| name(&self.settings.tasks[r.0]))
            .text("kernel", |r| METHODS[r.1])
            .number("share", |r| self.settings.ratios[r.2])
            .number("gain", |r| gain(r).map(|gain| gain.mean))
            .number("±", |r| gain(r).map(|gain| gain.half_interval))
            .count("positive in", |r| {
                self.found[r.0].iter().filter(|split| split.by_share[[r.1, r.2]].is_finite()).count()
            })
            .table()
    }

    /// Per task: what the network of finite width classifies right, and the local elasticity of its kernel before and after training.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn networks(&self) -> Result<DataFrame> {
        frame(0..self.settings.tasks.len())
            .text("digits", |task| name(&self.settings.tasks[task]))
            .number("right", |task| moments(&self.of(task, |split| split.network[0])).0)
            .number("elasticity before", |task| moments(&self.of(task, |split| split.network[1])).0)
            .number("elasticity after", |task| moments(&self.of(task, |split| split.network[2])).0)
            .table()
    }

    /// Per task, of its first two digits: what labels add to the kernel of two layers, times the width.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn hierarchies(&self) -> Result<DataFrame> {
        frame(0..self.settings.tasks.len())
            .text("digits", |task| name(&self.settings.tasks[task][..2]))
            .number("same digit", |task| self.hierarchies[task].same)
            .number("different digits", |task| self.hierarchies[task].different)
            .number("± of the difference", |task| self.hierarchies[task].error)
            .table()
    }
}

impl StudyReport for LabelAwarenessReport {
    /// Per task and kernel: the mean share classified right, the paired gain over the plain kernel with half the width of its 95 % interval, the mean share of the
    /// label-aware part that was chosen, and local elasticity at the largest share.
    fn table(&self) -> Result<DataFrame> {
        let gain = |(task, method): Place| {
            let method = METHODS.get(method.checked_sub(1)?)?;
            self.gain(&name(&self.settings.tasks[task]), method)
        };
        frame(self.places())
            .text("digits", |(task, _)| name(&self.settings.tasks[task]))
            .text("kernel", |(_, method)| if method == 0 { "NTK" } else { METHODS[method - 1] })
            .number("right", |(task, method)| moments(&self.of(task, |split| split.right[method])).0)
            .number("gain", move |place| gain(place).map(|gain| gain.mean))
            .number("±", move |place| gain(place).map(|gain| gain.half_interval))
            .number("share chosen", |(task, method)| {
                (method > 0).then(|| moments(&self.of(task, |split| split.ratios[method - 1])).0)
            })
            .number("elasticity", |(task, method)| moments(&self.of(task, |split| split.elasticity[method])).0)
            .table()
    }

    /// Gains over the plain kernel with their 95 % intervals against the share of the label-aware part, a panel per task.
    fn figure(&self) -> Figure {
        let panel = |task: &Vec<usize>| {
            let task = name(task);
            METHODS.iter().fold(line_chart(&task), |chart, method| {
                let shares = self.settings.ratios.iter().filter(|share| **share > 0.0);
                let points = shares.filter_map(|&share| {
                    let gain = self.gain_at(&task, method, share)?;
                    Some((share, 100.0 * gain.mean, 100.0 * gain.half_interval))
                });
                chart.band(*method, points)
            })
        };
        let charts = self.settings.tasks.iter().map(panel);
        let (x, y) = (Scale::log("share of the label-aware part"), Scale::linear("points of accuracy"));
        panels("Gain of label-aware kernels over the NTK", charts, 3, x, y)
    }

    fn tables(&self) -> Result<Vec<(&'static str, DataFrame)>> {
        Ok(vec![
            ("table", self.table()?),
            ("by_share", self.by_share()?),
            ("networks", self.networks()?),
            ("hierarchies", self.hierarchies()?),
        ])
    }

    fn report(&self) -> Result<Report> {
        let start = Report::new().table(self.table()?).table(self.by_share()?).figure(self.figure());
        start.table(self.networks()?).table(self.hierarchies()?).verdicts(&self.verdicts())
    }

    /// A mean gain above zero for each kernel and task; more local elasticity than the plain kernel's, and of a trained network than before; labels that couple images of
    /// one digit more; and the control that is told the answers.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("label_awareness");
        for (index, task) in self.settings.tasks.iter().map(|task| name(task)).enumerate() {
            for method in METHODS {
                let gain = self.gain(&task, method).map_or(f64::NAN, |gain| gain.mean);
                verdicts.claim(format!("{task}, {method}: mean gain in accuracy over the NTK")).above(gain, 0.0);
                if let Some(gain) = self.gain_at(&task, method, PUBLISHED) {
                    let claim = format!("{task}, {method}: the same at the published share {PUBLISHED}");
                    verdicts.claim(claim).above(gain.mean, 0.0);
                }
                let of = |method: &str| self.elasticity(&task, method).unwrap_or(f64::NAN);
                verdicts
                    .claim(format!("{task}, {method}: local elasticity over that of the NTK"))
                    .above(of(method) / of(""), 1.0);
            }
            let [before, after] = self.network_elasticity(&task).unwrap_or([f64::NAN; 2]);
            verdicts
                .claim(format!("{task}: local elasticity of a network, after training over before"))
                .above(after / before, 1.0);
            let found = &self.hierarchies[index];
            let claim = format!(
                "{task}: hierarchy, what labels add for the same digit less for different ones, in standard errors"
            );
            verdicts.claim(claim).above((found.same - found.different) / found.error, 3.0);
            let oracle = smallest(self.of(index, |split| split.oracle));
            verdicts
                .control(format!("{task}: right if told the labels of the test images, smallest over splits"))
                .above(oracle, 0.99);
        }
        verdicts
    }
}
