//! What the spectral-bias study found: tables, charts and verdicts.

use super::{Rule, Run, SpectralBias};
use crate::error::Result;
use crate::net::Net;
use crate::study::Verdicts;
use crate::view::{Figure, Line, Panel, Report, Scale, number, panels};
use ndarray::Array2;
use polars::prelude::{Column, DataFrame, df};

/// What the study found.
#[derive(Clone)]
pub struct SpectralBiasReport {
    pub(super) settings: SpectralBias,
    pub(super) times: Vec<f64>,
    pub(super) degrees: Vec<usize>,
    pub(super) runs: Vec<Run>,
    pub(super) mercer: Vec<(String, Vec<f64>)>,
}

impl SpectralBiasReport {
    /// Half-lives: per network, rate and frequency the learning rate, the first step at which the training residual is
    /// halved (null beyond 10^9), and the shares of the residual left at the last step on training and held-out points.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn table(&self) -> Result<DataFrame> {
        let rows = || self.runs.iter().flat_map(|run| (0..self.settings.frequencies.len()).map(move |k| (run, k)));
        Ok(df!(
            "network" => rows().map(|(r, _)| r.network.as_str()).collect::<Vec<_>>(),
            "rate" => rows().map(|(r, _)| r.rule.name()).collect::<Vec<_>>(),
            "learning rate" => rows().map(|(r, _)| r.rate).collect::<Vec<_>>(),
            "k" => rows().map(|(_, k)| self.settings.frequencies[k] as u32).collect::<Vec<_>>(),
            "steps to halve" => rows().map(|(r, k)| r.half_lives[k]).collect::<Vec<_>>(),
            "left (train)" => rows().map(|(r, k)| left(&r.train, k)).collect::<Vec<_>>(),
            "left (held out)" => rows().map(|(r, k)| left(&r.held_out, k)).collect::<Vec<_>>(),
        )?)
    }

    /// Steps to halve the training residual: a row per network and rate, a column per frequency.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn half_lives(&self) -> Result<DataFrame> {
        self.by_frequency(|run, k| run.half_lives[k])
    }

    /// Share of the residual left on held-out points at the last step: a row per network and rate, a column per frequency.
    /// A frequency that was learned is near 0, one that was only memorised near 1.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn held_out(&self) -> Result<DataFrame> {
        self.by_frequency(|run, k| Some(left(&run.held_out, k)))
    }

    fn by_frequency(&self, value: impl Fn(&Run, usize) -> Option<f64>) -> Result<DataFrame> {
        let mut frame = df!(
            "network" => self.runs.iter().map(|r| r.network.as_str()).collect::<Vec<_>>(),
            "rate" => self.runs.iter().map(|r| r.rule.name()).collect::<Vec<_>>(),
        )?;
        for (k, frequency) in self.settings.frequencies.iter().enumerate() {
            let values: Vec<Option<f64>> = self.runs.iter().map(|run| value(run, k)).collect();
            frame.with_column(Column::new(format!("k = {frequency}").into(), values))?;
        }
        Ok(frame)
    }

    /// Residual projections `a_k(t)` at every recorded step, one row per network, rate, step and frequency.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn residuals(&self) -> Result<DataFrame> {
        let (frequencies, times) = (&self.settings.frequencies, &self.times);
        let per_run = times.len() * frequencies.len();
        let each = |text: &dyn Fn(&Run) -> &str| -> Vec<String> {
            self.runs.iter().flat_map(|r| std::iter::repeat_n(text(r).to_string(), per_run)).collect()
        };
        let repeat =
            || self.runs.iter().flat_map(|_| times.iter().flat_map(|&t| frequencies.iter().map(move |&k| (t, k))));
        Ok(df!(
            "network" => each(&|r| &r.network),
            "rate" => each(&|r| r.rule.name()),
            "step" => repeat().map(|(t, _)| t as u64).collect::<Vec<_>>(),
            "k" => repeat().map(|(_, k)| k as u32).collect::<Vec<_>>(),
            "train" => self.runs.iter().flat_map(|r| r.train.iter().copied()).collect::<Vec<_>>(),
            "held out" => self.runs.iter().flat_map(|r| r.held_out.iter().copied()).collect::<Vec<_>>(),
        )?)
    }

    /// Scale: per network the extreme eigenvalues of the Hessian `(2/n) Θ`, the share of the stability limit `2/λ_max`
    /// that the fixed rate uses, and the matched rate.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn scale(&self) -> Result<DataFrame> {
        let matched: Vec<&Run> = self.runs.iter().filter(|r| r.rule == Rule::Matched).collect();
        let column = |value: &dyn Fn(&Run) -> f64| matched.iter().map(|r| value(r)).collect::<Vec<f64>>();
        Ok(df!(
            "network" => matched.iter().map(|r| r.network.as_str()).collect::<Vec<_>>(),
            "lambda_max" => column(&|r| r.hessian_max),
            "lambda_min" => column(&|r| r.hessian_min),
            "fixed rate / limit" => column(&|r| self.settings.rate * r.hessian_max / 2.0),
            "matched rate" => column(&|r| r.rate),
        )?)
    }

    /// Mercer coefficients of the limit NTKs: `network, k, mu, share` with `share = μ_k / μ_max`.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn mercer(&self) -> Result<DataFrame> {
        let rows = || {
            self.mercer.iter().flat_map(|(name, mu)| {
                let top = mu.iter().copied().fold(f64::MIN, f64::max);
                self.degrees.iter().zip(mu).map(move |(&k, &mu)| (name, k, mu, mu / top))
            })
        };
        Ok(df!(
            "network" => rows().map(|r| r.0.as_str()).collect::<Vec<_>>(),
            "k" => rows().map(|r| r.1 as u32).collect::<Vec<_>>(),
            "mu" => rows().map(|r| r.2).collect::<Vec<_>>(),
            "share" => rows().map(|r| r.3).collect::<Vec<_>>(),
        )?)
    }

    /// All tables and charts in order.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn report(&self) -> Result<Report> {
        let tables = Report::new()
            .heading("Share of the stable learning rate")
            .table(self.scale()?)
            .heading("Steps to halve the training residual")
            .table(self.half_lives()?)
            .heading("Share of the held-out residual left at the last step")
            .table(self.held_out()?);
        Ok(self.figures().into_iter().fold(tables, Report::figure))
    }

    /// Residuals of the first family against steps: see [`SpectralBiasReport::figures`].
    pub fn figure(&self) -> Figure {
        self.residual_figure(&self.settings.families.first().cloned().unwrap_or_default())
    }

    /// One chart of residuals per three networks of a family, with the baseline, then [`Self::mercer_figure`].
    pub fn figures(&self) -> Vec<Figure> {
        let families = self.settings.families.iter().flat_map(|family| family.chunks(3));
        families.map(|family| self.residual_figure(family)).chain([self.mercer_figure()]).collect()
    }

    /// Residual projections as shares of their initial values against steps, a row per network, the fixed rate left and
    /// the matched one right; training points solid, held-out points dotted.
    pub fn residual_figure(&self, family: &[Net]) -> Figure {
        let names: Vec<&str> = std::iter::once(&self.settings.baseline).chain(family).map(Net::name).collect();
        let grid: Vec<Panel> = names
            .iter()
            .flat_map(|name| self.runs.iter().filter(move |r| r.network == *name))
            .map(|run| Panel {
                title: match run.rule {
                    Rule::Fixed => format!("{}, fixed rate {}", run.network, run.rate),
                    Rule::Matched => format!("{}, matched rate {}", run.network, number(run.rate)),
                },
                lines: self.lines(run),
            })
            .collect();
        panels(
            "Residual projections, share of the initial value",
            &grid,
            2,
            Scale::log("steps"),
            // The same range in every panel; what is below 1e-4 has been learned.
            Scale::log("a<sub>k</sub>(t) / a<sub>k</sub>(0)").shown(1e-4, 2.0),
        )
    }

    fn lines(&self, run: &Run) -> Vec<Line> {
        let shown = thin(&self.times);
        let mut lines = Vec::new();
        for (k, frequency) in self.settings.frequencies.iter().enumerate() {
            for (values, dashed) in [(&run.train, false), (&run.held_out, true)] {
                let set = if dashed { "held out" } else { "train" };
                lines.push(Line {
                    name: format!("k = {frequency}, {set}"),
                    colour: k,
                    dashed,
                    markers: false,
                    points: shown.iter().map(|&t| (self.times[t], values[[t, k]] / values[[0, k]])).collect(),
                });
            }
        }
        lines
    }

    /// `μ_k / μ_max` against `k`. Coefficients at rounding error are left out.
    pub fn mercer_figure(&self) -> Figure {
        let lines = self.mercer.iter().enumerate().map(|(colour, (name, mu))| {
            let top = mu.iter().copied().fold(f64::MIN, f64::max);
            let points =
                self.degrees.iter().zip(mu).filter(|(_, mu)| **mu > 1e-14 * top).map(|(&k, &mu)| (k as f64, mu / top));
            Line { name: name.clone(), colour, dashed: false, markers: true, points: points.collect() }
        });
        let title = format!("Mercer coefficients of the limit NTK on the sphere of R^{}", self.settings.dimension);
        let panel = Panel { title: String::new(), lines: lines.collect() };
        panels(&title, &[panel], 1, Scale::linear("frequency k"), Scale::log("μ<sub>k</sub> / μ<sub>max</sub>"))
    }

    /// Steps to halve the training residual of a frequency at the matched rate, by network name.
    pub fn matched_half_life(&self, network: &str, frequency: usize) -> Option<f64> {
        let (run, k) = self.matched(network, frequency)?;
        run.half_lives[k]
    }

    /// Share of the held-out residual of a frequency left at the last step at the matched rate, by network name.
    pub fn matched_held_out(&self, network: &str, frequency: usize) -> Option<f64> {
        let (run, k) = self.matched(network, frequency)?;
        Some(left(&run.held_out, k))
    }

    /// The run at the matched rate, and the column of a frequency.
    fn matched(&self, network: &str, frequency: usize) -> Option<(&Run, usize)> {
        let k = self.settings.frequencies.iter().position(|&f| f == frequency)?;
        Some((self.runs.iter().find(|r| r.network == network && r.rule == Rule::Matched)?, k))
    }

    /// The claim that higher degree learns a high frequency in fewer steps, at the matched rate and for `k = 8` (or, where
    /// it is not among the frequencies, the highest): along each family, starting from the baseline.
    pub fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("spectral_bias");
        let frequencies = &self.settings.frequencies;
        let k = if frequencies.contains(&8) { 8 } else { frequencies.iter().copied().max().unwrap_or(0) };
        for family in &self.settings.families {
            let chain: Vec<&Net> = std::iter::once(&self.settings.baseline).chain(family).collect();
            for pair in chain.windows(2) {
                let steps = |net: &Net| self.matched_half_life(net.name(), k).unwrap_or(f64::NAN);
                verdicts.above(
                    format!(
                        "matched rate, k = {k}: steps to halve the residual, {} over {}",
                        pair[0].name(),
                        pair[1].name()
                    ),
                    steps(pair[0]) / steps(pair[1]),
                    1.0,
                );
            }
        }
        verdicts
    }
}

/// Share of `a_k(0)` at the last step.
fn left(a: &Array2<f64>, k: usize) -> f64 {
    a[[a.nrows() - 1, k]] / a[[0, k]]
}

/// Indices of about 150 of the times, evenly spaced in the logarithm.
fn thin(times: &[f64]) -> Vec<usize> {
    let last = times.len() - 1;
    let mut shown: Vec<usize> =
        (0..=150).map(|i| ((last as f64 + 1.0).powf(f64::from(i) / 150.0) - 1.0).round() as usize).collect();
    shown.dedup();
    shown
}
