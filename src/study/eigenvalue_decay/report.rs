//! What the study of decay found: tables, charts and verdicts.

use super::{DATA, EIGHTH, EigenvalueDecayReport, Empirical, Fit, Zonal, networks};
use crate::names::*;
use crate::study::frame::*;
use std::ops::RangeInclusive;

/// The forms of networks with products.
const FORMS: [&str; 2] = ["product", "CCP"];

fn is_product(network: &str) -> bool {
    FORMS.iter().any(|form| network.starts_with(form))
}

/// Adds lines, those of MLPs dashed.
fn lines(title: String, rows: impl Iterator<Item = (String, Vec<(f64, f64)>)>) -> LineChart {
    rows.fold(line_chart(title), |chart, (network, points)| match network.starts_with("MLP") {
        true => chart.dashed(network, points),
        false => chart.line(network, points),
    })
}

impl EigenvalueDecayReport {
    /// Gram matrices: effective rank and exponent of `λ_i ∝ i^{-p}` over ranks 10 to a fifth of the points, with its 95 % interval.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn grams(&self) -> Result<DataFrame> {
        frame(&self.empirical)
            .text("data", |r| r.1)
            .text("network", |r| &r.0)
            .number("effective rank", |r| r.2.effective_rank)
            .number("p", |r| r.2.law.rate)
            .number("from", |r| r.2.law.low)
            .number("to", |r| r.2.law.high)
            .table()
    }

    fn zonal(&self, network: &str, d: usize) -> Option<&Zonal> {
        self.zonal.iter().find(|r| r.0 == network && r.1 == d).map(|r| &r.2)
    }

    fn empirical(&self, network: &str, data: &str) -> Option<&Empirical> {
        self.empirical.iter().find(|r| r.0 == network && r.1 == data).map(|r| &r.2)
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
        self.empirical(network, data).map(|r| r.law.rate)
    }

    /// The effective rank of a Gram matrix; `data` is `sphere of R^10` or `digits`.
    pub fn effective_rank(&self, network: &str, data: &str) -> Option<f64> {
        self.empirical(network, data).map(|r| r.effective_rank)
    }

    /// Eigenvalues of the Gram matrices against their rank, a panel per data set.
    pub fn gram_figure(&self) -> Figure {
        let points = |r: &Empirical| r.values.iter().enumerate().map(|(i, &v)| (i as f64 + 1.0, v)).collect();
        let panel = |data: &str| {
            let rows = self.empirical.iter().filter(|r| r.1 == data);
            lines(data.into(), rows.map(|r| (r.0.clone(), points(&r.2))))
        };
        let title = format!("Eigenvalues of the NTK of {} points", self.settings.points);
        panels(&title, DATA.map(panel), 2, Scale::log("rank"), Scale::log("λ / λ<sub>max</sub>"))
    }
}

impl StudyReport for EigenvalueDecayReport {
    /// Exponents `p` of `μ_k ∝ k^{-p}` over even `k`, per network and dimension: middle range and far range, each with its 95 %
    /// interval, and `μ_3 / μ_1`. A fit is null where the kernel is so smooth that coefficients fall below the noise of the quadrature.
    fn table(&self) -> Result<DataFrame> {
        frame(&self.zonal)
            .count("d", |r| r.1)
            .text("network", |r| &r.0)
            .number("p, middle", |r| r.2.middle.map(|f| f.rate))
            .number("middle from", |r| r.2.middle.map(|f| f.low))
            .number("middle to", |r| r.2.middle.map(|f| f.high))
            .number("p, far", |r| r.2.far.map(|f| f.rate))
            .number("far from", |r| r.2.far.map(|f| f.low))
            .number("far to", |r| r.2.far.map(|f| f.high))
            .number("μ3 / μ1", |r| r.2.odd)
            .table()
    }

    fn tables(&self) -> Result<Vec<(&'static str, DataFrame)>> {
        Ok(vec![("exponents", self.table()?), ("grams", self.grams()?)])
    }

    /// Mercer coefficients as shares of the trace against the frequency, a panel per dimension.
    fn figure(&self) -> Figure {
        // Zeros of the quadrature are rounding noise.
        let points = |r: &Zonal| (1..r.shares.len()).map(|k| (k as f64, r.shares[k])).filter(|p| p.1 > 1e-16).collect();
        let panel = |&d: &usize| {
            let rows = self.zonal.iter().filter(|r| r.1 == d);
            lines(format!("d = {d}"), rows.map(|r| (r.0.clone(), points(&r.2))))
        };
        let (x, y) = (Scale::log("frequency k"), Scale::log("μ<sub>k</sub> / trace"));
        let dimensions = &self.settings.dimensions;
        panels("Mercer coefficients of the NTK on the sphere", dimensions.iter().map(panel), dimensions.len(), x, y)
    }

    fn report(&self) -> Result<Report> {
        let start = Report::new().table(self.table()?).figure(self.figure());
        start.table(self.grams()?).figure(self.gram_figure()).verdicts(&self.verdicts())
    }

    /// The paper's claim, slower decay than the MLP's, for every product and CCP net: of Gram spectra over ranks, of Mercer
    /// coefficients at one frequency against the largest, and as a power law over the middle range. The claim of theory, the MLP's
    /// exponent over the far range; odd frequencies; effective ranks that grow with the degree.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("eigenvalue_decay");
        let networks = networks();
        let name = networks[0].name();
        for &d in &self.settings.dimensions {
            let standard = self.zonal(name, d).expect("the standard is measured in every dimension");
            verdicts.control(format!("{name}, d = {d}: |μ_3 / μ_1|")).at_most(standard.odd.abs(), 1e-9);
            let span = |range: &RangeInclusive<usize>| format!("k = {} to {}", range.start(), range.end());
            let (middle, far) = (span(&self.settings.middle), span(&self.settings.far));
            for (name, _, r) in self.zonal.iter().filter(|r| r.1 == d && is_product(&r.0)) {
                verdicts.claim(format!("{name}, d = {d}: μ_3 / μ_1")).above(r.odd, 1e-3);
                // A missing fit must not pass.
                let rate = |fit: &Option<Fit>| fit.map_or(f64::NAN, |f| f.rate);
                let top = |z: &Zonal| z.shares[EIGHTH] / largest(z.shares.iter().copied());
                let claim = format!("{name}, d = {d}: μ_8 / μ_max over the MLP's");
                verdicts.claim(claim).above(top(r) / top(standard), 1.0);
                let gain = rate(&standard.middle) - rate(&r.middle);
                verdicts
                    .claim(format!("{name}, d = {d}: exponent of the MLP minus its own, {middle}"))
                    .above(gain, 0.0);
                let gap = (rate(&r.far) / rate(&standard.far) - 1.0).abs();
                verdicts
                    .claim(format!("{name}, d = {d}: exponent against the MLP's, relative, {far}"))
                    .at_most(gap, 0.1);
            }
        }
        for data in DATA {
            let of = |network: &str| self.empirical(network, data).expect("every network is measured on all data");
            for (network, _, r) in self.empirical.iter().filter(|r| r.1 == data && is_product(&r.0)) {
                let claim = format!("{network}, {data}: exponent of the MLP's Gram spectrum minus its own");
                verdicts.claim(claim).above(of(name).law.rate - r.law.rate, 0.0);
            }
            for form in FORMS {
                let names = networks.iter().map(Net::name).filter(|other| *other == name || other.starts_with(form));
                let ranks: Vec<f64> = names.map(|network| of(network).effective_rank).collect();
                let shrinkage = largest(ranks.windows(2).map(|pair| pair[0] / pair[1]));
                let claim = format!("{form}, {data}: effective rank, smallest growth over degrees 1, 3, 6, 9");
                verdicts.claim(claim).above(1.0 / shrinkage, 1.0);
            }
        }
        verdicts
    }
}
