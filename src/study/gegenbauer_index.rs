//! What the index of the Gegenbauer polynomials does to the spectral-bias experiment.

use super::half_life::half_lives;
use super::random_harmonics::{DIRECTIONS, random_harmonics};
use super::{Verdicts, verdict::largest};
use crate::data::{GegenbauerIndex, Seed, sphere};
use crate::error::{Error, Result};
use crate::net::{Net, ccp, mlp, pnn};
use crate::progress::Progress;
use crate::spectrum::gegenbauer;
use crate::view::{Figure, Line, Panel, Report, Scale, panels};
use polars::prelude::{DataFrame, df};

/// The published experiment takes Gegenbauer polynomials of index `(d-1)/2`, harmonics of the sphere have `(d-2)/2`: how much of a term
/// "of frequency `k`" is at lower frequencies, and how much sooner is it learned for that?
///
/// Shares of variance are by quadrature; half-lives under gradient flow with the limit NTK are on `n` points, one random
/// direction after the other.
///
/// Built by [`gegenbauer_index`].
#[derive(Clone)]
pub struct GegenbauerIndexStudy {
    networks: Vec<Net>,
    dimension: usize,
    points: usize,
    frequencies: Vec<usize>,
    seed: Seed,
    quiet: bool,
}

/// The study on 1000 points in 10 dimensions with the paper's frequencies 1, 3, 4, 5, 8, 12.
pub fn gegenbauer_index() -> GegenbauerIndexStudy {
    GegenbauerIndexStudy {
        networks: vec![mlp(1), ccp(9), pnn(9)],
        dimension: 10,
        points: 1000,
        frequencies: vec![1, 3, 4, 5, 8, 12],
        seed: Seed(0),
        quiet: false,
    }
}

impl GegenbauerIndexStudy {
    /// The networks.
    pub fn networks(self, networks: impl IntoIterator<Item = Net>) -> Self {
        Self { networks: networks.into_iter().collect(), ..self }
    }

    /// The dimension `d` of the inputs, at least 3. Default 10.
    pub fn dimension(self, d: usize) -> Self {
        Self { dimension: d, ..self }
    }

    /// The number of points. Default 1000.
    pub fn points(self, n: usize) -> Self {
        Self { points: n, ..self }
    }

    /// The frequencies. Default 1, 3, 4, 5, 8, 12.
    pub fn frequencies(self, frequencies: impl IntoIterator<Item = usize>) -> Self {
        Self { frequencies: frequencies.into_iter().collect(), ..self }
    }

    /// The seed of points and directions.
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Measures, with [progress lines](crate::progress).
    ///
    /// # Errors
    /// [`Error::NoRows`] without networks; whatever is wrong with the frequencies, the dimension, the points, or a network without a
    /// limit kernel.
    pub fn run(&self) -> Result<GegenbauerIndexReport> {
        if self.networks.is_empty() {
            return Err(Error::NoRows { place: "Gegenbauer index" });
        }
        Progress::unless(self.quiet).during(|| self.measure())
    }

    fn measure(&self) -> Result<GegenbauerIndexReport> {
        let x = sphere(self.points, self.dimension, self.seed.child(0))?;
        let harmonics = |index| random_harmonics(&self.frequencies, index, &x, self.seed.child(1));
        let (harmonic, published) = (harmonics(GegenbauerIndex::Harmonic)?, harmonics(GegenbauerIndex::AsPublished)?);
        let published_index = (self.dimension as f64 - 1.0) / 2.0;
        let shares = self.frequencies.iter().map(|&k| gegenbauer::harmonic_shares(k, published_index, self.dimension));
        let shares = shares.collect::<Result<Vec<_>>>()?;
        let task = Progress::current().task("Gegenbauer index", "networks", self.networks.len() as u64);
        let count = self.frequencies.len();
        let mut sooner = Vec::new();
        for net in &self.networks {
            let kernel = net.limit_kernel(&x)?;
            let own = half_lives(kernel.ntk(), &harmonic)?.times;
            let other = half_lives(kernel.ntk(), &published)?.times;
            let ratio = |k: usize| {
                let logs = (0..DIRECTIONS).map(|j| (own[j * count + k] / other[j * count + k]).ln());
                (logs.sum::<f64>() / DIRECTIONS as f64).exp()
            };
            sooner.push((net.name().to_string(), (0..count).map(ratio).collect()));
            task.advance(1);
        }
        Ok(GegenbauerIndexReport { frequencies: self.frequencies.clone(), shares, sooner })
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

    /// Per frequency: the share of the published term's variance at its own frequency, at the two next lower ones of its parity and
    /// below, and how many times sooner each network halves it.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn table(&self) -> Result<DataFrame> {
        let at = |down: usize| {
            let of = |(&k, shares): (&usize, &Vec<f64>)| k.checked_sub(down).map_or(0.0, |degree| shares[degree]);
            self.frequencies.iter().zip(&self.shares).map(of).collect::<Vec<f64>>()
        };
        let (own, second, fourth) = (at(0), at(2), at(4));
        // Where nothing is below, rounding is left.
        let rest = |share: f64| if share < 1e-12 { 0.0 } else { share };
        let below: Vec<f64> = (0..own.len()).map(|i| rest(1.0 - own[i] - second[i] - fourth[i])).collect();
        let mut frame = df!(
            "k" => self.frequencies.iter().map(|&k| k as u32).collect::<Vec<_>>(),
            "at k" => own,
            "at k - 2" => second,
            "at k - 4" => fourth,
            "below" => below,
        )?;
        for (name, ratios) in &self.sooner {
            frame.with_column(polars::prelude::Column::new(format!("sooner, {name}").as_str().into(), ratios))?;
        }
        Ok(frame)
    }

    /// Shares of variance by degree, a line per published term.
    pub fn figure(&self) -> Figure {
        let lines = self.frequencies.iter().zip(&self.shares).enumerate().map(|(colour, (k, shares))| Line {
            name: format!("C_{k}"),
            colour,
            dashed: false,
            markers: true,
            points: shares.iter().enumerate().map(|(j, &s)| (j as f64, s)).filter(|p| p.1 > 1e-12).collect(),
        });
        let panel = Panel { title: String::new(), lines: lines.collect() };
        let title = "Where the published terms have their variance";
        panels(title, &[panel], 1, Scale::linear("degree of the harmonic"), Scale::log("share of the variance"))
    }

    /// That a published term is what it says: nine tenths of the variance of the highest are at its own frequency, and no half-life
    /// is off by more than a tenth.
    pub fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("gegenbauer_index");
        let k = self.frequencies.iter().copied().max().unwrap_or(0);
        let share = self.share(k, k).unwrap_or(f64::NAN);
        verdicts.above(format!("share of the published term k = {k} at its own frequency"), share, 0.9);
        for (name, ratios) in &self.sooner {
            let apart = largest(ratios.iter().map(|ratio| (ratio - 1.0).abs()));
            verdicts.at_most(
                format!("{name}: half-lives of harmonics and published terms apart, largest share"),
                apart,
                0.1,
            );
        }
        verdicts
    }

    /// Table, chart and verdicts.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn report(&self) -> Result<Report> {
        Ok(Report::new().table(self.table()?).figure(self.figure()).table(self.verdicts().frame()?))
    }
}
