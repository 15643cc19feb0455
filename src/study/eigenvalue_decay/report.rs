//! What the study of decay found: tables, charts and verdicts.

use super::{EigenvalueDecayReport, Zonal};
use crate::error::Result;
use crate::spectrum::DecayFit;
use crate::study::Verdicts;
use crate::study::verdict::largest;
use crate::view::{Figure, Line, Panel, Report, Scale, panels};
use polars::prelude::{DataFrame, df};

/// The network that others are compared with.
const STANDARD: &str = "MLP, 1 hidden";
/// A frequency well inside the middle range.
const EIGHTH: usize = 8;

impl EigenvalueDecayReport {
    /// Exponents `p` of `μ_k ∝ k^{-p}` over even `k`, per network and dimension: middle range and far range, each with its 95 %
    /// interval, and `μ_3 / μ_1`. A fit is null where the kernel is so smooth that coefficients fall below the noise of the quadrature.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn exponents(&self) -> Result<DataFrame> {
        let rows = || self.zonal.iter();
        Ok(df!(
            "d" => rows().map(|r| r.dimension as u32).collect::<Vec<_>>(),
            "network" => rows().map(|r| r.network.as_str()).collect::<Vec<_>>(),
            "p, middle" => rows().map(|r| r.middle.map(|f| f.rate)).collect::<Vec<_>>(),
            "middle from" => rows().map(|r| r.middle.map(|f| f.interval.0)).collect::<Vec<_>>(),
            "middle to" => rows().map(|r| r.middle.map(|f| f.interval.1)).collect::<Vec<_>>(),
            "p, far" => rows().map(|r| r.far.map(|f| f.rate)).collect::<Vec<_>>(),
            "far from" => rows().map(|r| r.far.map(|f| f.interval.0)).collect::<Vec<_>>(),
            "far to" => rows().map(|r| r.far.map(|f| f.interval.1)).collect::<Vec<_>>(),
            "μ3 / μ1" => rows().map(|r| r.odd).collect::<Vec<_>>(),
        )?)
    }

    /// Gram matrices: effective rank and exponent of `λ_i ∝ i^{-p}` over ranks 10 to a fifth of the points, with its 95 % interval.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn grams(&self) -> Result<DataFrame> {
        let rows = || self.empirical.iter();
        Ok(df!(
            "data" => rows().map(|r| r.data).collect::<Vec<_>>(),
            "network" => rows().map(|r| r.network.as_str()).collect::<Vec<_>>(),
            "effective rank" => rows().map(|r| r.effective_rank).collect::<Vec<_>>(),
            "p" => rows().map(|r| r.law.rate).collect::<Vec<_>>(),
            "from" => rows().map(|r| r.law.interval.0).collect::<Vec<_>>(),
            "to" => rows().map(|r| r.law.interval.1).collect::<Vec<_>>(),
        )?)
    }

    fn zonal(&self, network: &str, d: usize) -> Option<&Zonal> {
        self.zonal.iter().find(|r| r.network == network && r.dimension == d)
    }

    /// The exponent over the middle range.
    pub fn middle_exponent(&self, network: &str, d: usize) -> Option<f64> {
        self.zonal(network, d)?.middle.map(|f| f.rate)
    }

    /// The exponent over the far range.
    pub fn far_exponent(&self, network: &str, d: usize) -> Option<f64> {
        self.zonal(network, d)?.far.map(|f| f.rate)
    }

    /// The share of the trace in one harmonic of degree `k`.
    pub fn share(&self, network: &str, d: usize, k: usize) -> Option<f64> {
        self.zonal(network, d)?.shares.get(k).copied()
    }

    /// The exponent of a Gram matrix's eigenvalues over their ranks.
    pub fn gram_exponent(&self, network: &str, data: &str) -> Option<f64> {
        self.empirical.iter().find(|r| r.network == network && r.data == data).map(|r| r.law.rate)
    }

    /// The effective rank of a Gram matrix; `data` is `sphere of R^10` or `digits`.
    pub fn effective_rank(&self, network: &str, data: &str) -> Option<f64> {
        self.empirical.iter().find(|r| r.network == network && r.data == data).map(|r| r.effective_rank)
    }

    /// Mercer coefficients as shares of the trace against the frequency, a panel per dimension.
    pub fn mercer_figure(&self) -> Figure {
        let panel = |&d: &usize| {
            let rows = self.zonal.iter().filter(|r| r.dimension == d);
            let lines = rows.enumerate().map(|(colour, r)| Line {
                name: r.network.clone(),
                colour,
                dashed: r.network.starts_with("MLP"),
                markers: false,
                // Zeros of the quadrature are rounding noise.
                points: (1..r.shares.len()).map(|k| (k as f64, r.shares[k])).filter(|p| p.1 > 1e-16).collect(),
            });
            Panel { title: format!("d = {d}"), lines: lines.collect() }
        };
        let shown: Vec<Panel> = self.settings.dimensions.iter().map(panel).collect();
        let (x, y) = (Scale::log("frequency k"), Scale::log("μ<sub>k</sub> / trace"));
        panels("Mercer coefficients of the NTK on the sphere", &shown, shown.len(), x, y)
    }

    /// Eigenvalues of the Gram matrices against their rank, a panel per data set.
    pub fn gram_figure(&self) -> Figure {
        let panel = |data: &str| {
            let rows = self.empirical.iter().filter(|r| r.data == data);
            let lines = rows.enumerate().map(|(colour, r)| Line {
                name: r.network.clone(),
                colour,
                dashed: r.network.starts_with("MLP"),
                markers: false,
                points: r.values.iter().enumerate().map(|(i, &v)| (i as f64 + 1.0, v)).collect(),
            });
            Panel { title: data.into(), lines: lines.collect() }
        };
        let both = [panel("sphere of R^10"), panel("digits")];
        let title = format!("Eigenvalues of the NTK of {} points", self.settings.points);
        panels(&title, &both, 2, Scale::log("rank"), Scale::log("λ / λ<sub>max</sub>"))
    }

    /// Everything in order.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn report(&self) -> Result<Report> {
        let start = Report::new().table(self.exponents()?).figure(self.mercer_figure());
        Ok(start.table(self.grams()?).figure(self.gram_figure()).table(self.verdicts().frame()?))
    }

    /// The paper's claim, slower decay than the MLP's, for every product and CCP net: of Gram spectra over ranks, of Mercer
    /// coefficients at one frequency against the largest, and as a power law over the middle range. The claim of theory, the MLP's
    /// exponent over the far range; odd frequencies; effective ranks that grow with the degree.
    pub fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("eigenvalue_decay");
        let products = |r: &&Zonal| r.network.starts_with("product") || r.network.starts_with("CCP");
        for &d in &self.settings.dimensions {
            let Some(standard) = self.zonal(STANDARD, d) else { continue };
            verdicts.at_most(format!("{STANDARD}, d = {d}: |μ_3 / μ_1|"), standard.odd.abs(), 1e-9);
            let span = |range: &std::ops::RangeInclusive<usize>| format!("k = {} to {}", range.start(), range.end());
            let (middle, far) = (span(&self.settings.middle), span(&self.settings.far));
            for r in self.zonal.iter().filter(|r| r.dimension == d).filter(products) {
                let name = &r.network;
                verdicts.above(format!("{name}, d = {d}: μ_3 / μ_1"), r.odd, 1e-3);
                // A missing fit must not pass.
                let rate = |fit: &Option<DecayFit>| fit.map_or(f64::NAN, |f| f.rate);
                let top = |z: &Zonal| z.shares[EIGHTH] / z.shares.iter().copied().fold(f64::MIN, f64::max);
                let claim = format!("{name}, d = {d}: μ_8 / μ_max over the MLP's");
                verdicts.above(claim, top(r) / top(standard), 1.0);
                let gain = rate(&standard.middle) - rate(&r.middle);
                verdicts.above(format!("{name}, d = {d}: exponent of the MLP minus its own, {middle}"), gain, 0.0);
                let gap = (rate(&r.far) / rate(&standard.far) - 1.0).abs();
                verdicts.at_most(format!("{name}, d = {d}: exponent against the MLP's, relative, {far}"), gap, 0.1);
            }
        }
        for data in ["sphere of R^10", "digits"] {
            let Some(standard) = self.gram_exponent(STANDARD, data) else { continue };
            for r in self.empirical.iter().filter(|r| r.data == data) {
                if r.network.starts_with("product") || r.network.starts_with("CCP") {
                    let claim = format!("{}, {data}: exponent of the MLP's Gram spectrum minus its own", r.network);
                    verdicts.above(claim, standard - r.law.rate, 0.0);
                }
            }
            for form in ["product", "CCP"] {
                let rank = |degree: usize| self.effective_rank(&format!("{form}, N = {degree}"), data);
                let all = [self.effective_rank(STANDARD, data), rank(3), rank(6), rank(9)];
                let [Some(one), Some(three), Some(six), Some(nine)] = all else { continue };
                let smallest = 1.0 / largest([one / three, three / six, six / nine]);
                let claim = format!("{form}, {data}: effective rank, smallest growth over degrees 1, 3, 6, 9");
                verdicts.above(claim, smallest, 1.0);
            }
        }
        verdicts
    }
}
