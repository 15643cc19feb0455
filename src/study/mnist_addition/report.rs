use super::{Accuracies, Found, MnistAddition};
use crate::names::*;
use crate::study::frame::*;
use crate::study::moments::moments;

/// A metric by its name.
type Metric = (&'static str, fn(&Accuracies) -> f64);
const METRICS: [Metric; 3] = [("Round", |a| a.0), ("FloorCeil", |a| a.1), ("Leeway", |a| a.2)];
/// That which claims are judged by.
const ROUND: Metric = METRICS[0];

/// What the study found.
#[derive(Clone)]
pub struct MnistAdditionReport {
    pub(super) settings: MnistAddition,
    /// The polynomial net, then the plain one.
    pub(super) networks: [String; 2],
    /// By network and fold.
    pub(super) runs: Vec<(String, usize, Found)>,
}

impl MnistAdditionReport {
    /// Accuracies of a network over the folds, on seen or unseen pairs.
    fn over_folds(&self, network: &str, (_, metric): Metric, unseen: bool) -> (f64, Option<f64>) {
        let runs = self.runs.iter().filter(|run| run.0 == network);
        let values = runs.map(|(_, _, found)| metric(if unseen { &found.unseen } else { &found.seen }));
        moments(&values.collect::<Vec<_>>())
    }

    /// The mean accuracy over folds, from 0 to 1, on unseen pairs if `unseen`, else on new images of seen pairs; `None` unless the
    /// network is one of the table and the metric `Round`, `FloorCeil` or `Leeway`.
    pub fn accuracy(&self, network: &str, metric: &str, unseen: bool) -> Option<f64> {
        let metric = METRICS.into_iter().find(|(name, _)| *name == metric)?;
        self.networks.iter().any(|name| name == network).then(|| self.over_folds(network, metric, unseen).0)
    }

    /// Per fold and network: the seconds that training and testing took, the loss of the last epoch and the accuracies by Round.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn by_fold(&self) -> Result<DataFrame> {
        frame(&self.runs)
            .count("fold", |run| run.1)
            .text("network", |run| &run.0)
            .number("seconds", |run| run.2.seconds)
            .number("last loss", |run| run.2.losses.last().copied())
            .number("seen, Round", |run| run.2.seen.0)
            .number("unseen, Round", |run| run.2.unseen.0)
            .table()
    }
}

impl StudyReport for MnistAdditionReport {
    /// Per network and metric: accuracies on new images of seen pairs and on unseen pairs, as mean and sample standard deviation
    /// over folds (null for a single fold).
    fn table(&self) -> Result<DataFrame> {
        frame(self.networks.iter().flat_map(|network| METRICS.map(|metric| (network, metric))))
            .text("network", |r| r.0)
            .text("metric", |r| r.1.0)
            .number("seen, mean", |r| self.over_folds(r.0, r.1, false).0)
            .number("seen, std", |r| self.over_folds(r.0, r.1, false).1)
            .number("unseen, mean", |r| self.over_folds(r.0, r.1, true).0)
            .number("unseen, std", |r| self.over_folds(r.0, r.1, true).1)
            .table()
    }

    fn tables(&self) -> Result<Vec<(&'static str, DataFrame)>> {
        Ok(vec![("table", self.table()?), ("by_fold", self.by_fold()?)])
    }

    /// Loss against epochs, one line per network and fold.
    fn figure(&self) -> Figure {
        let chart = self.runs.iter().fold(line_chart("Squared error in training"), |chart, (network, fold, found)| {
            let points = found.losses.iter().enumerate().map(|(epoch, &loss)| (epoch as f64 + 1.0, loss));
            let name = format!("{network}, fold {fold}");
            if *network == self.networks[0] { chart.line(name, points) } else { chart.dashed(name, points) }
        });
        chart.axes(Scale::linear("epoch"), Scale::log("mean squared error")).figure()
    }

    /// That the polynomial net is better by `Round`: on unseen pairs, which is the paper's claim, and on seen pairs, which it is not.
    /// Measured is its mean accuracy, the bound is that of the plain network. A claim that does not hold stays among them. The other
    /// metrics are in the table: after few epochs their order changes with the seed.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("mnist_addition");
        let [pnn, mlp] = &self.networks;
        let (epochs, folds) = (self.settings.epochs, self.settings.folds.len());
        for (unseen, pairs) in [(true, "unseen pairs"), (false, "new images of seen pairs")] {
            let [measured, bound] = [pnn, mlp].map(|network| self.over_folds(network, ROUND, unseen).0);
            let claim = format!("Round on {pairs} after {epochs} epochs: {pnn} is above {mlp} (mean of {folds} folds)");
            verdicts.claim(claim).above(measured, bound);
        }
        verdicts
    }

    fn report(&self) -> Result<Report> {
        let report = Report::new().table(self.table()?).table(self.by_fold()?);
        report.figure(self.figure()).verdicts(&self.verdicts())
    }
}
