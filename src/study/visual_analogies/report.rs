use super::{Place, Run, VisualAnalogies};
use crate::data::Regime;
use crate::error::Result;
use crate::internal::LAST_REGION;
use crate::study::Verdicts;
use crate::study::moments::moments;
use crate::view::{Figure, Line, Panel, Report, Scale, line_chart, panels};
use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, Series, df};

/// Steps that a point of the chart of training is the mean of, at most.
const AVERAGED: usize = 50;

/// What the study found.
#[derive(Clone)]
pub struct VisualAnalogiesReport {
    settings: VisualAnalogies,
    /// The standard encoder, then that with products.
    networks: [String; 2],
    /// Of encoder and scorer.
    parameters: [usize; 2],
    runs: Vec<Run>,
}

/// The place of a region in a regime.
fn place(regime: Regime, region: usize) -> Place {
    if region == 0 { Place::Trained } else { Place::Beyond(regime, region) }
}

impl VisualAnalogiesReport {
    pub(super) fn new(
        settings: VisualAnalogies,
        networks: [String; 2],
        parameters: [usize; 2],
        runs: Vec<Run>,
    ) -> Self {
        Self { settings, networks, parameters, runs }
    }

    fn over_runs(&self, network: usize, place: Place) -> (f64, Option<f64>) {
        let index = Place::all().position(|other| other == place).unwrap_or(0);
        let runs = self.runs.iter().filter(|run| run.network == network);
        moments(&runs.map(|run| run.accuracies[index]).collect::<Vec<_>>())
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

    /// The accuracies in percent, as mean ± sample standard deviation over runs: per regime and network a row, and a column for the
    /// analogies of the training, for other analogies of region 0, and for each of regions 1 to 5. One trained network serves both
    /// regimes, so that what is of region 0 stands in both. Chance is 14.3.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn table(&self) -> Result<DataFrame> {
        let keys = || Regime::ALL.into_iter().flat_map(|regime| (0..2).map(move |network| (regime, network)));
        let texts = |name: String, place: &dyn Fn(Regime) -> Place| -> Column {
            let text = |(regime, network)| match self.over_runs(network, place(regime)) {
                (mean, Some(deviation)) => format!("{:.1} ± {:.1}", 100.0 * mean, 100.0 * deviation),
                (mean, None) => format!("{:.1}", 100.0 * mean),
            };
            Series::new(name.into(), keys().map(text).collect::<Vec<_>>()).into_column()
        };
        let mut frame = df!(
            "regime" => keys().map(|key| key.0.name()).collect::<Vec<_>>(),
            "network" => keys().map(|key| self.networks[key.1].as_str()).collect::<Vec<_>>(),
            "parameters" => keys().map(|key| self.parameters[key.1] as u64).collect::<Vec<_>>(),
        )?;
        frame.with_column(texts("trained".into(), &|_| Place::Trained))?;
        frame.with_column(texts("region 0, other".into(), &|_| Place::Other))?;
        for region in 1..=LAST_REGION {
            frame.with_column(texts(format!("region {region}"), &|regime| Place::Beyond(regime, region)))?;
        }
        Ok(frame)
    }

    /// Per run, network, regime and region the accuracy from 0 to 1; region 0 as in [`accuracy`](Self::accuracy).
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn by_region(&self) -> Result<DataFrame> {
        let keys = || {
            let regions = |regime| (0..=LAST_REGION).map(move |region| (regime, region));
            let of_run = move |run| Regime::ALL.into_iter().flat_map(regions).map(move |key| (run, key));
            self.runs.iter().flat_map(of_run)
        };
        let accuracy = |(run, (regime, region)): (&Run, (Regime, usize))| {
            let index = Place::all().position(|other| other == place(regime, region));
            index.map(|index| run.accuracies[index])
        };
        Ok(df!(
            "run" => keys().map(|key| key.0.run as u32).collect::<Vec<_>>(),
            "network" => keys().map(|key| self.networks[key.0.network].as_str()).collect::<Vec<_>>(),
            "regime" => keys().map(|key| key.1.0.name()).collect::<Vec<_>>(),
            "region" => keys().map(|key| key.1.1 as u32).collect::<Vec<_>>(),
            "accuracy" => keys().map(accuracy).collect::<Vec<_>>(),
        )?)
    }

    /// Per run and network: parameters, steps, the mean of the loss and of the share of right answers in the batches of the last steps
    /// (at most 50), the accuracies on region 0, and the seconds of training, which depend on the machine.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn by_run(&self) -> Result<DataFrame> {
        let runs = || self.runs.iter();
        let last = |values: &[f64]| moments(&values[values.len().saturating_sub(AVERAGED)..]).0;
        Ok(df!(
            "run" => runs().map(|run| run.run as u32).collect::<Vec<_>>(),
            "network" => runs().map(|run| self.networks[run.network].as_str()).collect::<Vec<_>>(),
            "parameters" => runs().map(|run| self.parameters[run.network] as u64).collect::<Vec<_>>(),
            "steps" => vec![self.settings.steps as u64; self.runs.len()],
            "last loss" => runs().map(|run| last(&run.losses)).collect::<Vec<_>>(),
            "last right" => runs().map(|run| last(&run.right)).collect::<Vec<_>>(),
            "trained" => runs().map(|run| run.accuracies[0]).collect::<Vec<_>>(),
            "region 0, other" => runs().map(|run| run.accuracies[1]).collect::<Vec<_>>(),
            "seconds" => runs().map(|run| run.seconds).collect::<Vec<_>>(),
        )?)
    }

    /// Mean accuracy over runs against the region, one panel per regime, with chance.
    pub fn accuracies(&self) -> Figure {
        let regimes = Regime::ALL.map(|regime| {
            let points = |accuracy: &dyn Fn(usize) -> f64| (0..=LAST_REGION).map(|r| (r as f64, accuracy(r))).collect();
            let of = |network: usize| Line {
                name: self.networks[network].clone(),
                colour: network,
                dashed: false,
                markers: true,
                points: points(&|region| self.over_runs(network, place(regime, region)).0),
            };
            let chance =
                Line { name: "chance".into(), colour: 6, dashed: true, markers: false, points: points(&|_| 1.0 / 7.0) };
            Panel { title: regime.name().into(), lines: vec![of(0), of(1), chance] }
        });
        let (x, y) = (Scale::linear("region"), Scale::linear("accuracy").shown(0.0, 1.0));
        panels("Accuracy by region", &regimes, 2, x, y)
    }

    /// The loss against steps, averaged over some steps, one line per network and run.
    pub fn training(&self) -> Figure {
        let chart = self.runs.iter().fold(line_chart("Cross-entropy in training"), |chart, run| {
            let over = AVERAGED.min(run.losses.len().div_ceil(10));
            let points = run.losses.chunks(over).enumerate();
            let points = points.map(|(index, part)| ((index * over) as f64 + part.len() as f64 / 2.0, moments(part).0));
            let name = format!("{}, run {}", self.networks[run.network], run.run);
            if run.network == 1 { chart.line(name, points) } else { chart.dashed(name, points) }
        });
        chart.axes(Scale::linear("step"), Scale::linear("cross-entropy")).figure()
    }

    /// That the encoder with products is better beyond region 0 in each regime, which is the paper's claim: measured is the mean of its
    /// accuracies over regions 1 to 5 and over runs, the bound is that of the standard encoder. A claim that does not hold stays among
    /// them.
    pub fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("visual_analogies");
        let [standard, products] = &self.networks;
        let VisualAnalogies { steps, runs, side, .. } = self.settings;
        for regime in Regime::ALL {
            let name = regime.name();
            let claim = format!(
                "{name}, mean of regions 1 to 5 after {steps} steps on {side} × {side} pixels: {products} is above {standard} \
                 (mean of {runs} runs)"
            );
            verdicts.above(claim, self.beyond(1, regime), self.beyond(0, regime));
        }
        verdicts
    }

    /// Tables, charts and verdicts.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn report(&self) -> Result<Report> {
        let report = Report::new().table(self.table()?).table(self.by_run()?);
        Ok(report.figure(self.accuracies()).figure(self.training()).table(self.verdicts().frame()?))
    }
}
