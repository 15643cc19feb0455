use super::{Place, TrainedRun, VisualAnalogies};
use crate::data::LAST_REGION;
use crate::names::*;
use crate::study::frame::*;
use crate::study::moments::moments;

/// Steps that a point of the chart of training is the mean of, at most.
const AVERAGED: usize = 50;

/// What the study found.
#[derive(Clone)]
pub struct VisualAnalogiesReport {
    pub(super) settings: VisualAnalogies,
    /// The standard encoder, then that with products.
    pub(super) networks: [String; 2],
    /// Of encoder and scorer.
    pub(super) parameters: [usize; 2],
    pub(super) runs: Vec<TrainedRun>,
}

/// The place of a region in a regime.
fn place(regime: Regime, region: usize) -> Place {
    if region == 0 { Place::Trained } else { Place::Beyond(regime, region) }
}

impl TrainedRun {
    fn accuracy(&self, place: Place) -> f64 {
        let index = Place::all().position(|other| other == place).expect("a place is one of all");
        self.found.accuracies[index]
    }
}

impl VisualAnalogiesReport {
    fn over_runs(&self, network: usize, place: Place) -> (f64, Option<f64>) {
        let runs = self.runs.iter().filter(|run| run.network == network);
        moments(&runs.map(|run| run.accuracy(place)).collect::<Vec<_>>())
    }

    /// The mean over regions 1 to 5 of the mean accuracy over runs.
    fn beyond(&self, network: usize, regime: Regime) -> f64 {
        let regions = (1..=LAST_REGION).map(|region| self.over_runs(network, Place::Beyond(regime, region)).0);
        regions.sum::<f64>() / LAST_REGION as f64
    }

    /// The mean accuracy over runs, from 0 to 1; `None` unless the network is one of the table and the region at most 5. Region 0 is
    /// that of training, the same in both regimes, tested on the analogies of the training.
    pub fn accuracy(&self, network: &str, regime: Regime, region: usize) -> Option<f64> {
        let network = self.networks.iter().position(|name| name == network)?;
        (region <= LAST_REGION).then(|| self.over_runs(network, place(regime, region)).0)
    }

    /// Per run, network, regime and region the accuracy from 0 to 1; region 0 as in [`accuracy`](Self::accuracy).
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn by_region(&self) -> Result<DataFrame> {
        let places =
            || Regime::ALL.into_iter().flat_map(|regime| (0..=LAST_REGION).map(move |region| (regime, region)));
        frame(self.runs.iter().flat_map(|run| places().map(move |(regime, region)| (run, regime, region))))
            .count("run", |r| r.0.run)
            .text("network", |r| self.networks[r.0.network].as_str())
            .text("regime", |r| r.1.name())
            .count("region", |r| r.2)
            .number("accuracy", |r| r.0.accuracy(place(r.1, r.2)))
            .table()
    }

    /// Per run and network: parameters, steps, the mean of the loss and of the share of right answers in the batches of the last steps
    /// (at most 50), the accuracies on region 0, and the seconds of training since it was last resumed, which depend on the machine.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn by_run(&self) -> Result<DataFrame> {
        let last = |values: &[f64]| moments(&values[values.len().saturating_sub(AVERAGED)..]).0;
        frame(&self.runs)
            .count("run", |run| run.run)
            .text("network", |run| self.networks[run.network].as_str())
            .count("parameters", |run| self.parameters[run.network])
            .count("steps", |_| self.settings.steps)
            .number("last loss", |run| last(&run.found.losses))
            .number("last right", |run| last(&run.found.right))
            .number("trained", |run| run.accuracy(Place::Trained))
            .number("region 0, other", |run| run.accuracy(Place::Other))
            .number("seconds", |run| run.found.seconds)
            .table()
    }

    /// The loss against steps, averaged over some steps, one line per network and run.
    pub fn training(&self) -> Figure {
        let chart = self.runs.iter().fold(line_chart("Cross-entropy in training"), |chart, run| {
            let over = AVERAGED.min(run.found.losses.len().div_ceil(10));
            let points = run.found.losses.chunks(over).enumerate();
            let points = points.map(|(index, part)| ((index * over) as f64 + part.len() as f64 / 2.0, moments(part).0));
            let name = format!("{}, run {}", self.networks[run.network], run.run);
            if run.network == 1 { chart.line(name, points) } else { chart.dashed(name, points) }
        });
        chart.axes(Scale::linear("step"), Scale::linear("cross-entropy")).figure()
    }
}

impl StudyReport for VisualAnalogiesReport {
    /// The accuracies in percent, as mean ± sample standard deviation over runs: per regime and network a row, and a column for the
    /// analogies of the training, for other analogies of region 0, and for each of regions 1 to 5. One trained network serves both
    /// regimes, so that what is of region 0 stands in both. Chance is 14.3.
    fn table(&self) -> Result<DataFrame> {
        let text = |network, place| match self.over_runs(network, place) {
            (mean, Some(deviation)) => format!("{:.1} ± {:.1}", 100.0 * mean, 100.0 * deviation),
            (mean, None) => format!("{:.1}", 100.0 * mean),
        };
        let rows = frame(Regime::ALL.into_iter().flat_map(|regime| [0, 1].map(|network| (regime, network))))
            .text("regime", |r| r.0.name())
            .text("network", |r| self.networks[r.1].as_str())
            .count("parameters", |r| self.parameters[r.1])
            .text("trained", |r| text(r.1, Place::Trained))
            .text("region 0, other", |r| text(r.1, Place::Other));
        let column = |rows: Rows<_>, region| {
            rows.text(format!("region {region}"), |(regime, network)| text(network, Place::Beyond(regime, region)))
        };
        (1..=LAST_REGION).fold(rows, column).table()
    }

    fn tables(&self) -> Result<Vec<(&'static str, DataFrame)>> {
        Ok(vec![("table", self.table()?), ("by_region", self.by_region()?), ("by_run", self.by_run()?)])
    }

    /// Mean accuracy over runs against the region, one panel per regime, with chance.
    fn figure(&self) -> Figure {
        let panel = |regime: Regime| {
            let chart = (0..2).fold(line_chart(regime.name()), |chart, network| {
                let accuracy = |region| (region as f64, self.over_runs(network, place(regime, region)).0);
                chart.markers(&self.networks[network], (0..=LAST_REGION).map(accuracy))
            });
            chart.dashed("chance", (0..=LAST_REGION).map(|region| (region as f64, 1.0 / 7.0))).colour(6)
        };
        let (x, y) = (Scale::linear("region"), Scale::linear("accuracy").shown(0.0, 1.0));
        panels("Accuracy by region", Regime::ALL.map(panel), 2, x, y)
    }

    /// That the encoder with products is better beyond region 0 in each regime, which is the paper's claim: measured is the mean of its
    /// accuracies over regions 1 to 5 and over runs, the bound is that of the standard encoder. A claim that does not hold stays among
    /// them.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("visual_analogies");
        let [standard, products] = &self.networks;
        let VisualAnalogies { steps, runs, side, .. } = self.settings;
        for regime in Regime::ALL {
            let name = regime.name();
            let claim = format!(
                "{name}, mean of regions 1 to 5 after {steps} steps on {side} × {side} pixels: {products} is above {standard} \
                 (mean of {runs} runs)"
            );
            verdicts.claim(claim).above(self.beyond(1, regime), self.beyond(0, regime));
        }
        verdicts
    }

    fn report(&self) -> Result<Report> {
        let report = Report::new().table(self.table()?).table(self.by_run()?);
        report.figure(self.figure()).figure(self.training()).verdicts(&self.verdicts())
    }
}
