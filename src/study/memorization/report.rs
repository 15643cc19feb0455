//! What the memorization study found: tables, charts and verdicts.

use super::frontier::crossing;
use super::{Bottom, Memorization, MemorizationReport};
use crate::names::*;
use crate::study::frame::*;
use crate::study::moments::moments;

/// `λ_min` in figure 1 of the paper at `d = 977`, read off the picture (± 3), by number of points.
const FIGURE: [(usize, f64); 3] = [(1000, 128.0), (2000, 104.0), (3000, 92.0)];
const FIGURE_WIDTH: usize = 977;

/// Computed anew by numpy, `tests/studies/smallest_eigenvalues.py`: number of points, width, mean and standard deviation over ten draws of `λ_min` of the
/// whole kernel, and of the second weight matrix alone.
type Reference = (usize, usize, [f64; 2], [f64; 2]);
const REFERENCES: [Reference; 5] = [
    (1000, 300, [6.8831, 0.7385], [0.2102, 0.0181]),
    (1000, 500, [23.9835, 2.4088], [0.8147, 0.0699]),
    (1000, 700, [56.7625, 5.2047], [2.0627, 0.1611]),
    (1000, 840, [91.9061, 6.0344], [3.4027, 0.3224]),
    (1000, 977, [138.1911, 9.8118], [5.5936, 0.3804]),
];

/// The loss that parts what is fitted from what is not: figure 2 falls from 1e-3 to 1e-10 within two widths.
const FITTED: f64 = 1e-5;

impl Bottom {
    fn square(&self) -> f64 {
        (self.width * self.width) as f64
    }

    /// Over repeats, 0 of one.
    fn deviation(&self) -> f64 {
        moments(&self.whole).1.unwrap_or(0.0)
    }

    fn reference(&self) -> Option<&'static Reference> {
        REFERENCES.iter().find(|reference| (reference.0, reference.1) == (self.samples, self.width))
    }

    fn figure(&self) -> Option<f64> {
        FIGURE
            .iter()
            .find(|(samples, _)| (*samples, FIGURE_WIDTH) == (self.samples, self.width))
            .map(|(_, value)| *value)
    }
}

impl MemorizationReport {
    fn of_samples(&self, samples: usize) -> impl Iterator<Item = &Bottom> {
        self.bottoms.iter().filter(move |bottom| bottom.samples == samples)
    }

    /// Mean and standard deviation of `λ_min` over repeats.
    pub fn smallest_eigenvalue(&self, samples: usize, width: usize) -> Option<(f64, f64)> {
        let bottom = self.of_samples(samples).find(|bottom| bottom.width == width)?;
        Some((moments(&bottom.whole).0, bottom.deviation()))
    }

    /// Mean of `λ_min` of the share that one weight matrix has, by its number in forward order.
    pub fn smallest_eigenvalue_alone(&self, samples: usize, width: usize, matrix: usize) -> Option<f64> {
        let bottom = self.of_samples(samples).find(|bottom| bottom.width == width)?;
        Some(moments(bottom.alone.get(matrix)?).0)
    }

    /// The exponent of `λ_min` over `d²` at the three largest widths.
    pub fn exponent(&self, samples: usize) -> Option<f64> {
        let points: Vec<(f64, f64)> = self.of_samples(samples).map(|b| (b.square(), moments(&b.whole).0)).collect();
        let (x, y): (Vec<f64>, Vec<f64>) = points[points.len().saturating_sub(3)..].iter().copied().unzip();
        power_law_fit(&x, &y).ok().map(|fit| fit.exponent)
    }

    /// Mean over trials of `log10` of the loss at the end of training, `[numbers of points, widths]`.
    pub fn log_losses(&self) -> Matrix {
        let Memorization { trained_samples, trained_widths, .. } = &self.settings;
        let log = |index: usize| moments(&self.trained[index].iter().map(|t| t.loss.log10()).collect::<Vec<_>>()).0;
        Matrix::from_shape_fn((trained_samples.len(), trained_widths.len()), |(i, j)| log(i * trained_widths.len() + j))
    }

    /// Where training starts to fit: the number of points, and the `d²` at which the mean logarithm of the loss goes below that of 1e-5.
    pub fn frontier(&self) -> Vec<(usize, Option<f64>)> {
        let Memorization { trained_samples, trained_widths, .. } = &self.settings;
        let squares = |row: Vec<f64>| trained_widths.iter().map(|&d| (d * d) as f64).zip(row).collect::<Vec<_>>();
        let losses = self.log_losses();
        let rows = trained_samples.iter().zip(losses.rows());
        rows.map(|(&samples, row)| (samples, crossing(&squares(row.to_vec()), FITTED.log10()))).collect()
    }

    /// The points per `d²` of the frontier, mean over the numbers of points.
    pub fn slope(&self) -> Option<SampleMean> {
        let ratios = self.frontier().into_iter().filter_map(|(n, square)| Some(n as f64 / square?));
        sample_mean(&ratios.collect::<Vec<_>>()).ok()
    }

    /// The exponent of the frontier's number of points over `d²`, with its 95 % interval.
    pub fn frontier_law(&self) -> Option<PowerLawFit> {
        let points = self.frontier().into_iter().filter_map(|(n, square)| Some((square?, n as f64)));
        let (x, y): (Vec<f64>, Vec<f64>) = points.unzip();
        power_law_fit(&x, &y).ok()
    }

    /// Per number of points the frontier: `d²`, and points per `d²`.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn frontier_table(&self) -> Result<DataFrame> {
        frame(&self.frontier())
            .count("points", |r| r.0)
            .number("d² at loss 1e-5", |r| r.1)
            .number("points / d²", |r| r.1.map(|square| r.0 as f64 / square))
            .table()
    }

    /// Per number of points and width: means over trials of `log10` of the loss, and of the steps taken.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn training(&self) -> Result<DataFrame> {
        frame(&self.trained)
            .count("points", |r| r[0].samples)
            .count("d", |r| r[0].width)
            .number("log10 loss", |r| moments(&r.iter().map(|t| t.loss.log10()).collect::<Vec<_>>()).0)
            .number("steps", |r| moments(&r.iter().map(|t| t.steps as f64).collect::<Vec<_>>()).0)
            .table()
    }

    /// The map of the loss: a row per number of points, a column per `d²`.
    pub fn map(&self) -> Figure {
        let Memorization { trained_samples, trained_widths, .. } = &self.settings;
        let columns = trained_widths.iter().map(|d| (d * d).to_string()).collect();
        let rows = trained_samples.iter().map(usize::to_string).collect();
        heatmap("Where training fits noise", ("d²", columns), ("points", rows), &self.log_losses(), "log10 loss")
    }
}

impl StudyReport for MemorizationReport {
    /// Per number of points and width: `λ_min` with its standard deviation over repeats, over `d²`, as in the paper's figure where it was read off; that of
    /// each weight matrix alone, and its share of the trace.
    fn table(&self) -> Result<DataFrame> {
        let matrices = 0..self.bottoms[0].alone.len();
        frame(&self.bottoms)
            .count("points", |r| r.samples)
            .count("d", |r| r.width)
            .count("parameters", |r| r.parameters)
            .flag("singular by counting", |r| r.parameters < r.samples)
            .number("λ_min", |r| moments(&r.whole).0)
            .number("±", |r| r.deviation())
            .number("numpy", |r| r.reference().map(|r| r.2[0]))
            .number("paper", Bottom::figure)
            .number("λ_min / d²", |r| moments(&r.whole).0 / r.square())
            .numbers(matrices.clone(), |k| format!("W_{} alone", k + 1), |r, k| moments(&r.alone[k]).0)
            .numbers(matrices, |k| format!("share of W_{}", k + 1), |r, k| r.shares[k])
            .table()
    }

    /// `λ_min` against `d²`, of the whole kernel and of the second weight matrix alone.
    fn figure(&self) -> Figure {
        let whole = |chart: LineChart, samples: usize| {
            chart.band(
                format!("{samples} points"),
                self.of_samples(samples).map(|b| (b.square(), moments(&b.whole).0, b.deviation())),
            )
        };
        let alone = |chart: LineChart, samples: usize| {
            let points = self.of_samples(samples).filter_map(|b| Some((b.square(), moments(b.alone.get(1)?).0)));
            chart.markers(format!("{samples} points"), points)
        };
        let samples = || self.settings.samples.iter().copied();
        let shown: Vec<(f64, f64)> = self.bottoms.iter().filter_map(|b| Some((b.square(), b.figure()?))).collect();
        let mut left = samples().fold(line_chart("the whole kernel"), whole);
        if !shown.is_empty() {
            left = left.points("paper, figure 1", shown);
        }
        let right = samples().fold(line_chart("W_2 alone"), alone);
        let title = "The smallest eigenvalue of the tangent kernel";
        panels(title, [left, right], 2, Scale::linear("d²"), Scale::linear("λ<sub>min</sub>"))
    }

    fn tables(&self) -> Result<Vec<(&'static str, DataFrame)>> {
        Ok(vec![("table", self.table()?), ("frontier", self.frontier_table()?), ("training", self.training()?)])
    }

    fn report(&self) -> Result<Report> {
        let bottom = Report::new().table(self.table()?).figure(self.figure());
        bottom.table(self.frontier_table()?).figure(self.map()).verdicts(&self.verdicts())
    }

    /// A positive `λ_min` where there are more parameters than points, growth with `d²`, the values of the paper's figure where they are known; that the
    /// second matrix alone would not give them; a frontier of training that is linear in `d²`, below the number of parameters.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("memorization");
        let rich = self.bottoms.iter().filter(|bottom| bottom.parameters > bottom.samples);
        verdicts
            .claim("more parameters than points: λ_min, smallest over all repeats")
            .all_above(rich.flat_map(|b| b.whole.clone()), 0.0);
        for &samples in &self.settings.samples {
            let last: Vec<&Bottom> = self.of_samples(samples).collect();
            let last = &last[last.len().saturating_sub(3)..];
            let span = format!("d = {} to {}", last[0].width, last[last.len() - 1].width);
            let claim = format!("{samples} points: exponent of λ_min over d², {span}, less 1, either way");
            verdicts.claim(claim).at_most(self.exponent(samples).map_or(f64::NAN, |e| (e - 1.0).abs()), 0.2);
        }
        let as_published = self.settings.network == super::three_layers();
        for bottom in self.bottoms.iter().filter(|_| as_published) {
            let (at, mean) = (format!("{} points, d = {}", bottom.samples, bottom.width), moments(&bottom.whole).0);
            if let Some((_, _, whole, middle)) = bottom.reference() {
                let apart = |value: f64, [mean, deviation]: [f64; 2]| (value - mean).abs() / deviation;
                let claim = format!("{at}: λ_min against numpy's, in standard deviations");
                verdicts.check(claim).at_most(apart(mean, *whole), 2.0);
                let claim = format!("{at}: λ_min of W_2 alone against numpy's, in standard deviations");
                verdicts.check(claim).at_most(apart(moments(&bottom.alone[1]).0, *middle), 2.0);
            }
            if let Some(figure) = bottom.figure() {
                let claim = format!("{at}: λ_min against figure 1, in standard deviations over repeats");
                verdicts.claim(claim).at_most((mean - figure).abs() / bottom.deviation(), 2.0);
                let alone = moments(&bottom.alone[1]).0;
                verdicts
                    .control(format!("{at}: λ_min of W_2 alone over that of figure 1"))
                    .at_most(alone / figure, 0.1);
            }
        }
        let law = self.frontier_law();
        let claim = "trained on noise: exponent of the number of points at the frontier over d², less 1, either way";
        verdicts.claim(claim).at_most(law.map_or(f64::NAN, |law| (law.exponent - 1.0).abs()), 0.25);
        verdicts
            .claim("trained on noise: points per d² at the frontier")
            .at_most(self.slope().map_or(f64::NAN, |s| s.mean), 3.0);
        verdicts
    }
}
