//! What the spectral-bias study found: tables, charts and verdicts.

use super::{Found, Rule, SpectralBias};
use crate::names::*;
use crate::study::frame::*;
use crate::view::number;

/// What the study found.
#[derive(Clone)]
pub struct SpectralBiasReport {
    pub(super) settings: SpectralBias,
    pub(super) times: Vec<f64>,
    pub(super) degrees: Vec<usize>,
    /// By network and rule.
    pub(super) runs: Vec<(String, Rule, Found)>,
    pub(super) mercer: Vec<(String, Vec<f64>)>,
}

impl SpectralBiasReport {
    /// Steps to halve the training residual: a row per network and rate, a column per frequency.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn half_lives(&self) -> Result<DataFrame> {
        self.by_frequency(|run, k| run.half_lives[k])
    }

    /// Share of the residual left on held-out points at the last step: a row per network and rate, a column per frequency.
    /// A frequency that was learned is near 0, one that was only memorised near 1.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn held_out(&self) -> Result<DataFrame> {
        self.by_frequency(|run, k| Some(left(&run.held_out, k)))
    }

    fn by_frequency(&self, value: impl Fn(&Found, usize) -> Option<f64>) -> Result<DataFrame> {
        let frequencies = &self.settings.frequencies;
        frame(&self.runs)
            .text("network", |r| &r.0)
            .text("rate", |r| r.1.name())
            .numbers(0..frequencies.len(), |k| format!("k = {}", frequencies[k]), |r, k| value(&r.2, k))
            .table()
    }

    /// Residual projections `a_k(t)` at every recorded step, one row per network, rate, step and frequency.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn residuals(&self) -> Result<DataFrame> {
        let frequencies = &self.settings.frequencies;
        let places = |run| (0..self.times.len()).flat_map(move |t| (0..frequencies.len()).map(move |k| (run, t, k)));
        frame(self.runs.iter().flat_map(places))
            .text("network", |(r, ..)| &r.0)
            .text("rate", |(r, ..)| r.1.name())
            .count("step", |(_, t, _)| self.times[t] as usize)
            .count("k", |(.., k)| frequencies[k])
            .number("train", |(r, t, k)| r.2.train[[t, k]])
            .number("held out", |(r, t, k)| r.2.held_out[[t, k]])
            .table()
    }

    /// Scale: per network the extreme eigenvalues of the Hessian `(2/n) Θ`, the share of the stability limit `2/λ_max`
    /// that the fixed rate uses, and the matched rate.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn scale(&self) -> Result<DataFrame> {
        frame(self.runs.iter().filter(|r| r.1 == Rule::Matched))
            .text("network", |r| &r.0)
            .number("lambda_max", |r| r.2.hessian_max)
            .number("lambda_min", |r| r.2.hessian_min)
            .number("fixed rate / limit", |r| self.settings.learning_rate * r.2.hessian_max / 2.0)
            .number("matched rate", |r| r.2.rate)
            .table()
    }

    /// Mercer coefficients of the limit NTKs by network and degree, with their share of the largest.
    fn coefficients(&self) -> impl Iterator<Item = (&str, usize, f64, f64)> {
        self.mercer.iter().flat_map(|(name, mu)| {
            let top = largest(mu.iter().copied());
            self.degrees.iter().zip(mu).map(move |(&k, &mu)| (name.as_str(), k, mu, mu / top))
        })
    }

    /// Mercer coefficients of the limit NTKs: `network, k, mu, share` with `share = μ_k / μ_max`.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn mercer(&self) -> Result<DataFrame> {
        let rows = frame(self.coefficients()).text("network", |r| r.0).count("k", |r| r.1);
        rows.number("mu", |r| r.2).number("share", |r| r.3).table()
    }

    /// One chart of residuals per three networks of a family, with the baseline, then [`Self::mercer_figure`].
    pub fn figures(&self) -> Vec<Figure> {
        let families = self.settings.families.iter().flat_map(|family| family.chunks(3));
        families.map(|family| self.residual_figure(family)).chain([self.mercer_figure()]).collect()
    }

    /// Residual projections as shares of their initial values against steps, a row per network, the fixed rate left and
    /// the matched one right; training points solid, held-out points dotted.
    pub fn residual_figure(&self, family: &[Net]) -> Figure {
        let names = std::iter::once(&self.settings.baseline).chain(family).map(Net::name);
        let runs = names.flat_map(|name| self.runs.iter().filter(move |r| r.0 == name));
        let panel = |(network, rule, found): &(String, Rule, Found)| {
            let chart = line_chart(match rule {
                Rule::Fixed => format!("{network}, fixed rate {}", found.rate),
                Rule::Matched => format!("{network}, matched rate {}", number(found.rate)),
            });
            self.settings.frequencies.iter().enumerate().fold(chart, |chart, (k, frequency)| {
                let points = |values: &Matrix| -> Vec<(f64, f64)> {
                    few(&self.times).into_iter().map(|t| (self.times[t], values[[t, k]] / values[[0, k]])).collect()
                };
                let chart = chart.line(format!("k = {frequency}, train"), points(&found.train)).colour(k);
                chart.dashed(format!("k = {frequency}, held out"), points(&found.held_out)).colour(k)
            })
        };
        // The same range in every panel; what is below 1e-4 has been learned.
        let y = Scale::log("a<sub>k</sub>(t) / a<sub>k</sub>(0)").shown(1e-4, 2.0);
        panels("Residual projections, share of the initial value", runs.map(panel), 2, Scale::log("steps"), y)
    }

    /// `μ_k / μ_max` against `k`. Coefficients at rounding error are left out.
    pub fn mercer_figure(&self) -> Figure {
        let title = format!("Mercer coefficients of the limit NTK on the sphere of R^{}", self.settings.dimension);
        let shown = self.coefficients().filter(|(.., share)| *share > 1e-14);
        let chart = line_chart(title).by(shown, |(name, k, _, share)| (name, (k as f64, share)));
        chart.axes(Scale::linear("frequency k"), Scale::log("μ<sub>k</sub> / μ<sub>max</sub>")).figure()
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
    fn matched(&self, network: &str, frequency: usize) -> Option<(&Found, usize)> {
        let k = self.settings.frequencies.iter().position(|&f| f == frequency)?;
        Some((&self.runs.iter().find(|r| r.0 == network && r.1 == Rule::Matched)?.2, k))
    }
}

impl StudyReport for SpectralBiasReport {
    /// Half-lives: per network, rate and frequency the learning rate, the first step at which the training residual is
    /// halved (null beyond 10^9), and the shares of the residual left at the last step on training and held-out points.
    fn table(&self) -> Result<DataFrame> {
        let frequencies = &self.settings.frequencies;
        frame(self.runs.iter().flat_map(|run| (0..frequencies.len()).map(move |k| (run, k))))
            .text("network", |(r, _)| &r.0)
            .text("rate", |(r, _)| r.1.name())
            .number("learning rate", |(r, _)| r.2.rate)
            .count("k", |(_, k)| frequencies[k])
            .number("steps to halve", |(r, k)| r.2.half_lives[k])
            .number("left (train)", |(r, k)| left(&r.2.train, k))
            .number("left (held out)", |(r, k)| left(&r.2.held_out, k))
            .table()
    }

    fn tables(&self) -> Result<Vec<(&'static str, DataFrame)>> {
        Ok(vec![("half_lives", self.half_lives()?), ("held_out", self.held_out()?)])
    }

    /// Residuals of the first family against steps: see [`SpectralBiasReport::figures`].
    fn figure(&self) -> Figure {
        self.residual_figure(&self.settings.families.first().cloned().unwrap_or_default())
    }

    fn report(&self) -> Result<Report> {
        let tables = Report::new()
            .heading("Share of the stable learning rate")
            .table(self.scale()?)
            .heading("Steps to halve the training residual")
            .table(self.half_lives()?)
            .heading("Share of the held-out residual left at the last step")
            .table(self.held_out()?);
        Ok(self.figures().into_iter().fold(tables, Report::figure))
    }

    /// The claim that higher degree learns a high frequency in fewer steps, at the matched rate and for `k = 8` (or, where
    /// it is not among the frequencies, the highest): along each family, starting from the baseline.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("spectral_bias");
        let frequencies = &self.settings.frequencies;
        let highest = frequencies.iter().copied().max().expect("a target without frequencies is refused");
        let k = if frequencies.contains(&8) { 8 } else { highest };
        for family in &self.settings.families {
            let chain: Vec<&str> = std::iter::once(&self.settings.baseline).chain(family).map(Net::name).collect();
            for pair in chain.windows(2) {
                // Of one that is never halved nothing is claimed.
                let steps = |network: &str| self.matched_half_life(network, k).unwrap_or(f64::NAN);
                let claim = format!("matched rate, k = {k}: steps to halve the residual, {} over {}", pair[0], pair[1]);
                verdicts.claim(claim).above(steps(pair[0]) / steps(pair[1]), 1.0);
            }
        }
        verdicts
    }
}

/// Share of `a_k(0)` at the last step.
fn left(a: &Matrix, k: usize) -> f64 {
    a[[a.nrows() - 1, k]] / a[[0, k]]
}

/// Indices of about 150 of the times, evenly spaced in the logarithm.
fn few(times: &[f64]) -> Vec<usize> {
    let last = times.len() - 1;
    let mut shown: Vec<usize> =
        (0..=150).map(|i| ((last as f64 + 1.0).powf(f64::from(i) / 150.0) - 1.0).round() as usize).collect();
    shown.dedup();
    shown
}
