use super::{MnistAddition, Run};
use crate::error::Result;
use crate::study::Verdicts;
use crate::study::moments::moments;
use crate::view::{Figure, Report, Scale, line_chart};
use polars::prelude::{DataFrame, df};

const METRICS: [&str; 3] = ["Round", "FloorCeil", "Leeway"];
/// The index of the metric that claims are judged by.
const ROUND: usize = 0;

/// What the study found.
#[derive(Clone)]
pub struct MnistAdditionReport {
    settings: MnistAddition,
    /// The polynomial net, then the plain one.
    networks: [String; 2],
    runs: Vec<Run>,
}

impl MnistAdditionReport {
    pub(super) fn new(settings: MnistAddition, networks: [String; 2], runs: Vec<Run>) -> Self {
        Self { settings, networks, runs }
    }

    /// Accuracies of a network over the folds, on seen or unseen pairs.
    fn over_folds(&self, network: &str, metric: usize, unseen: bool) -> (f64, Option<f64>) {
        let runs = self.runs.iter().filter(|run| run.network == network);
        moments(&runs.map(|run| if unseen { run.unseen[metric] } else { run.seen[metric] }).collect::<Vec<_>>())
    }

    /// The mean accuracy over folds, from 0 to 1, on unseen pairs if `unseen`, else on new images of seen pairs; `None` unless the
    /// network is one of the table and the metric `Round`, `FloorCeil` or `Leeway`.
    pub fn accuracy(&self, network: &str, metric: &str, unseen: bool) -> Option<f64> {
        let metric = METRICS.iter().position(|&name| name == metric)?;
        self.networks.iter().any(|name| name == network).then(|| self.over_folds(network, metric, unseen).0)
    }

    /// Per network and metric: accuracies on new images of seen pairs and on unseen pairs, as mean and sample standard deviation
    /// over folds (null for a single fold).
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn table(&self) -> Result<DataFrame> {
        let keys = || self.networks.iter().flat_map(|network| (0..3).map(move |metric| (network.as_str(), metric)));
        let found = |unseen| keys().map(move |(network, metric)| self.over_folds(network, metric, unseen));
        Ok(df!(
            "network" => keys().map(|key| key.0).collect::<Vec<_>>(),
            "metric" => keys().map(|key| METRICS[key.1]).collect::<Vec<_>>(),
            "seen, mean" => found(false).map(|f| f.0).collect::<Vec<_>>(),
            "seen, std" => found(false).map(|f| f.1).collect::<Vec<_>>(),
            "unseen, mean" => found(true).map(|f| f.0).collect::<Vec<_>>(),
            "unseen, std" => found(true).map(|f| f.1).collect::<Vec<_>>(),
        )?)
    }

    /// Per fold and network: the seconds that training and testing took, the loss of the last epoch and the accuracies by Round.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn by_fold(&self) -> Result<DataFrame> {
        let runs = || self.runs.iter();
        Ok(df!(
            "fold" => runs().map(|run| run.fold as u32).collect::<Vec<_>>(),
            "network" => runs().map(|run| run.network.as_str()).collect::<Vec<_>>(),
            "seconds" => runs().map(|run| run.seconds).collect::<Vec<_>>(),
            "last loss" => runs().map(|run| run.losses.last().copied()).collect::<Vec<_>>(),
            "seen, Round" => runs().map(|run| run.seen[0]).collect::<Vec<_>>(),
            "unseen, Round" => runs().map(|run| run.unseen[0]).collect::<Vec<_>>(),
        )?)
    }

    /// Loss against epochs, one line per network and fold.
    pub fn training(&self) -> Figure {
        let chart = self.runs.iter().fold(line_chart("Squared error in training"), |chart, run| {
            let points = run.losses.iter().enumerate().map(|(epoch, &loss)| (epoch as f64 + 1.0, loss));
            let name = format!("{}, fold {}", run.network, run.fold);
            if run.network == self.networks[0] { chart.line(name, points) } else { chart.dashed(name, points) }
        });
        chart.axes(Scale::linear("epoch"), Scale::log("mean squared error")).figure()
    }

    /// That the polynomial net is better by `Round`: on unseen pairs, which is the paper's claim, and on seen pairs, which it is not.
    /// Measured is its mean accuracy, the bound is that of the plain network. A claim that does not hold stays among them. The other
    /// metrics are in the table: after few epochs their order changes with the seed.
    pub fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("mnist_addition");
        let [pnn, mlp] = &self.networks;
        let (epochs, folds) = (self.settings.epochs, self.settings.folds.len());
        for (unseen, pairs) in [(true, "unseen pairs"), (false, "new images of seen pairs")] {
            let [measured, bound] = [pnn, mlp].map(|network| self.over_folds(network, ROUND, unseen).0);
            let claim = format!("Round on {pairs} after {epochs} epochs: {pnn} is above {mlp} (mean of {folds} folds)");
            verdicts.above(claim, measured, bound);
        }
        verdicts
    }

    /// Tables, chart and verdicts.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn report(&self) -> Result<Report> {
        let report = Report::new().table(self.table()?).table(self.by_fold()?);
        Ok(report.figure(self.training()).table(self.verdicts().frame()?))
    }
}
