//! What the index of the Gegenbauer polynomials does to the spectral-bias experiment.

use super::half_life::half_lives;
use super::random_harmonics::{DIRECTIONS, random_harmonics};
use crate::define_study;
use crate::names::*;
use crate::study::frame::*;

define_study! {
    /// The published experiment takes Gegenbauer polynomials of index `(d-1)/2`, harmonics of the sphere have `(d-2)/2`: how much of a term
    /// "of frequency `k`" is at lower frequencies, and how much sooner is it learned for that?
    ///
    /// Shares of variance are by quadrature; half-lives under gradient flow with the limit NTK are on `n` points, one random
    /// direction after the other.
    ///
    /// Built by [`gegenbauer_index`].
    pub struct GegenbauerIndexStudy => GegenbauerIndexReport, "gegenbauer_index", "Gegenbauer index";
    /// The study on 1000 points in 10 dimensions with the paper's frequencies 1, 3, 4, 5, 8, 12: as quick as it is.
    pub fn gegenbauer_index;
    settings {
        /// The networks.
        list networks: Net = [mlp(1), ccp(9), pnn(9)], digest "networks";
        /// The dimension `d` of the inputs, at least 3. Default 10.
        value dimension: usize = 10, with "dimension";
        /// The number of points. Default 1000.
        value points: usize = 1000, with "number of points";
        /// The frequencies. Default 1, 3, 4, 5, 8, 12.
        list frequencies: usize = [1, 3, 4, 5, 8, 12], with "list of frequencies";
    }
    trial { points: 30 }
}

impl Study for GegenbauerIndexStudy {
    type Report = GegenbauerIndexReport;

    fn check(&self) -> Result<()> {
        Self::requires().some(&self.networks)?.distinct(self.networks.iter().map(Net::name))?;
        Ok(())
    }

    fn units(&self) -> (&'static str, usize) {
        ("networks", self.networks.len())
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<GegenbauerIndexReport> {
        let (seed, count) = (run.seed(), self.frequencies.len());
        let x = sphere(self.points, self.dimension, seed.child(0))?;
        let harmonics = |index| random_harmonics(&self.frequencies, index, &x, seed.child(1));
        let (harmonic, published) = (harmonics(GegenbauerIndex::Harmonic)?, harmonics(GegenbauerIndex::AsPublished)?);
        let published_index = (self.dimension as f64 - 1.0) / 2.0;
        let shares = self.frequencies.iter().map(|&k| gegenbauer::harmonic_shares(k, published_index, self.dimension));
        let shares = shares.collect::<Result<Vec<_>>>()?;
        let sooner = run.each("network", &self.networks, |net| {
            let kernel = net.limit_kernel(&x)?;
            let own = half_lives(kernel.ntk(), &harmonic)?.times;
            let other = half_lives(kernel.ntk(), &published)?.times;
            let ratio = |k: usize| {
                let logs = (0..DIRECTIONS).map(|j| (own[j * count + k] / other[j * count + k]).ln());
                (logs.sum::<f64>() / DIRECTIONS as f64).exp()
            };
            Ok((0..count).map(ratio).collect::<Vec<f64>>())
        })?;
        let names = self.networks.iter().map(|net| net.name().to_string());
        Ok(GegenbauerIndexReport { frequencies: self.frequencies.clone(), shares, sooner: names.zip(sooner).collect() })
    }
}

/// What the study found.
#[derive(Clone)]
pub struct GegenbauerIndexReport {
    frequencies: Vec<usize>,
    /// Per frequency: shares of the variance of its published term by degree.
    shares: Vec<Vec<f64>>,
    /// Per network and frequency: half-life of the harmonic over that of the published term.
    sooner: Vec<(String, Vec<f64>)>,
}

impl GegenbauerIndexReport {
    /// The share of the variance of the published term `k` that is at frequency `degree`.
    pub fn share(&self, k: usize, degree: usize) -> Option<f64> {
        let index = self.frequencies.iter().position(|&f| f == k)?;
        self.shares[index].get(degree).copied()
    }

    /// How many times sooner than the harmonic of degree `k` its published stand-in is halved.
    pub fn sooner(&self, network: &str, k: usize) -> Option<f64> {
        let index = self.frequencies.iter().position(|&f| f == k)?;
        self.sooner.iter().find(|(name, _)| name == network).map(|(_, ratios)| ratios[index])
    }
}

impl StudyReport for GegenbauerIndexReport {
    /// Per frequency: the share of the published term's variance at its own frequency, at the two next lower ones of its parity and
    /// below, and how many times sooner each network halves it.
    fn table(&self) -> Result<DataFrame> {
        let at = |i: usize, down: usize| self.frequencies[i].checked_sub(down).map_or(0.0, |k| self.shares[i][k]);
        // Where nothing is below, rounding is left.
        let rest = |share: f64| if share < 1e-12 { 0.0 } else { share };
        frame(0..self.frequencies.len())
            .count("k", |i| self.frequencies[i])
            .number("at k", |i| at(i, 0))
            .number("at k - 2", |i| at(i, 2))
            .number("at k - 4", |i| at(i, 4))
            .number("below", |i| rest(1.0 - at(i, 0) - at(i, 2) - at(i, 4)))
            .numbers(&self.sooner, |(name, _)| format!("sooner, {name}"), |i, (_, ratios)| ratios[i])
            .table()
    }

    /// Shares of variance by degree, a line per published term.
    fn figure(&self) -> Figure {
        let terms = self.frequencies.iter().zip(&self.shares);
        let chart = line_chart("Where the published terms have their variance");
        let chart = terms.fold(chart, |chart, (k, shares)| {
            let points = shares.iter().enumerate().map(|(j, &s)| (j as f64, s)).filter(|p| p.1 > 1e-12);
            chart.markers(format!("C_{k}"), points)
        });
        chart.axes(Scale::linear("degree of the harmonic"), Scale::log("share of the variance")).figure()
    }

    /// That a published term is what it says: nine tenths of the variance of the highest are at its own frequency, and no half-life
    /// is off by more than a tenth.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("gegenbauer_index");
        let k = self.frequencies.iter().copied().max().expect("targets without frequencies are refused");
        let share = self.share(k, k).expect("a term has a share at its own frequency");
        verdicts.claim(format!("share of the published term k = {k} at its own frequency")).above(share, 0.9);
        for (name, ratios) in &self.sooner {
            let claim = format!("{name}: half-lives of harmonics and published terms apart, largest share");
            verdicts.claim(claim).all_at_most(ratios.iter().map(|ratio| (ratio - 1.0).abs()), 0.1);
        }
        verdicts
    }
}
