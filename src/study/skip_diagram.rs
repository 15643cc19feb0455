//! Degree against skip: what the product buys and what it costs.

use crate::define_study;
use crate::names::*;
use crate::study::frame::*;

define_study! {
    /// A diagram over the degree `N` and the skip `s` of `h_n = φ(W_n x) ∘ h_{n-1} + s h_{n-1}`, between the product form (`s = 0`), CCP (`s = 1`)
    /// and, for large `s`, a network of one hidden layer.
    ///
    /// Two quantities per cell:
    /// - the **gain**: how much faster than the ReLU network with one hidden layer gradient flow halves frequency `k` on `n` points, at the
    ///   same share of the largest stable rate: `(μ_k + κ)/μ_max` over that of the baseline ([`learnability`]);
    /// - the **distance** of the kernel of one random network of width `m` from the limit, in Frobenius norm, mean over networks: how far the
    ///   regime is in which the limit means anything.
    ///
    /// Built by [`skip_diagram`].
    pub struct SkipDiagram => SkipDiagramReport, "skip_diagram", "skip diagram";
    /// The diagram over degrees 1 to 10 and skips 0 to 4 at frequency 8, 1000 points, 10 dimensions, width 4096, 4 networks a cell.
    pub fn skip_diagram;
    settings {
        /// The degrees, rising.
        list degrees: usize = 1..=10, with "list of degrees";
        /// The strengths of the skip, each at least 0, rising.
        list skips: f64 = [0.0, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0], with "list of skips";
        /// The dimension `d` of the inputs, at least 3. Default 10.
        value dimension: usize = 10, with "dimension";
        /// The number of points of the gain.
        value points: usize = 1000, with "number of points";
        /// The frequency of the gain.
        value frequency: usize = 8, with "frequency";
        /// The width of the networks whose kernels are compared with the limit.
        value width: usize = 4096, with "width";
    }
    trial { degrees: vec![1, 3], skips: vec![0.0, 1.0], width: 16 }
    quick {
        /// A run of seconds: degrees 1, 2, 3, 4, 6, 9 and width 1024.
        degrees: vec![1, 2, 3, 4, 6, 9], width: 1024
    }
}

/// Points on which kernels are compared.
const COMPARED: usize = 32;
/// Random networks of a cell.
const NETWORKS: u64 = 4;

impl Study for SkipDiagram {
    type Report = SkipDiagramReport;

    fn check(&self) -> Result<()> {
        let requires = Self::requires().some(&self.degrees)?.some(&self.skips)?;
        let skip = self.skips.iter().copied().find(|s| !(*s >= 0.0 && s.is_finite()));
        requires.that(skip.is_none(), "a skip", skip.unwrap_or(0.0), "at least 0 and finite")?;
        requires.that(!self.degrees.contains(&0), "a degree", 0.0, "at least 1")?;
        requires.rising("a skip", &self.skips)?.rising("a degree", &self.degrees)?;
        Ok(())
    }

    fn units(&self) -> (&'static str, usize) {
        ("cells", self.skips.len() * self.degrees.len())
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<SkipDiagramReport> {
        let seed = run.seed();
        let x = sphere(COMPARED, self.dimension, seed.child(0))?;
        let speed = |net: &Net| -> Result<f64> {
            let theory = learnability(net, self.dimension, self.points)?;
            let top = theory.coefficients.iter().fold(0.0, |m: f64, v| m.max(*v));
            let mu = theory.coefficients.get(self.frequency).copied().unwrap_or(0.0);
            Ok((mu + theory.threshold) / (top + theory.threshold))
        };
        let base = speed(&mlp(1))?;
        let cells = self.skips.iter().flat_map(|&skip| self.degrees.iter().map(move |&degree| (degree, skip)));
        let found = run.each("cell", cells, |(degree, skip)| {
            let net = pnn_with_skip(degree, skip);
            let gain = speed(&net)? / base;
            let limit = net.limit_kernel(&x)?;
            let net = net.width(self.width).input(self.dimension);
            let mut sum = 0.0;
            for draw in 0..NETWORKS {
                let network = net.init(seed.child(1 + draw))?;
                sum += network.kernel(&x)?.ntk().relative_distance(limit.ntk())?;
            }
            Ok((gain, sum / NETWORKS as f64))
        })?;
        let columns = self.degrees.len();
        let map = |value: fn(&(f64, f64)) -> f64| {
            Matrix::from_shape_fn((self.skips.len(), columns), |(i, j)| value(&found[i * columns + j]))
        };
        Ok(SkipDiagramReport { settings: self.clone(), gains: map(|cell| cell.0), distances: map(|cell| cell.1) })
    }
}

/// What the study found.
#[derive(Clone)]
pub struct SkipDiagramReport {
    settings: SkipDiagram,
    /// `[skips, degrees]`.
    gains: Matrix,
    distances: Matrix,
}

impl SkipDiagramReport {
    fn cell(&self, degree: usize, skip: f64) -> Option<[usize; 2]> {
        let row = self.settings.skips.iter().position(|&s| s == skip)?;
        Some([row, self.settings.degrees.iter().position(|&d| d == degree)?])
    }

    /// The gain over the baseline at a degree and a skip.
    pub fn gain(&self, degree: usize, skip: f64) -> Option<f64> {
        Some(self.gains[self.cell(degree, skip)?])
    }

    /// The relative distance of a finite network's kernel from the limit.
    pub fn distance(&self, degree: usize, skip: f64) -> Option<f64> {
        Some(self.distances[self.cell(degree, skip)?])
    }

    fn map(&self, title: &str, values: &Matrix, unit: &str) -> Figure {
        let SkipDiagram { degrees, skips, .. } = &self.settings;
        let degrees = degrees.iter().map(ToString::to_string).collect();
        let skips = skips.iter().map(ToString::to_string).collect();
        heatmap(title, ("degree N", degrees), ("skip s", skips), &values.mapv(f64::log10), unit)
    }

    /// The gain over degree and skip.
    pub fn gain_figure(&self) -> Figure {
        let title = format!("Gain in speed at k = {} over one hidden layer", self.settings.frequency);
        self.map(&title, &self.gains, "log10 gain")
    }

    /// The distance from the limit over degree and skip.
    pub fn distance_figure(&self) -> Figure {
        let title = format!("Distance of the kernel from its limit at width {}", self.settings.width);
        self.map(&title, &self.distances, "log10 distance")
    }
}

impl StudyReport for SkipDiagramReport {
    /// A row per cell.
    fn table(&self) -> Result<DataFrame> {
        let SkipDiagram { degrees, skips, .. } = &self.settings;
        frame(self.gains.indexed_iter().map(|(cell, gain)| (cell, *gain)))
            .number("skip", |((row, _), _)| skips[row])
            .count("degree", |((_, column), _)| degrees[column])
            .number("gain", |(_, gain)| gain)
            .number("distance", |(cell, _)| self.distances[cell])
            .table()
    }

    /// Gain against distance, a line per skip along the degrees: what is bought at which price.
    fn figure(&self) -> Figure {
        let title = format!("Gain at k = {} against the distance from the limit", self.settings.frequency);
        let cells = self.gains.indexed_iter();
        let point = |((row, column), gain): ((usize, usize), &f64)| {
            (format!("s = {}", self.settings.skips[row]), (self.distances[[row, column]], *gain))
        };
        let (x, y) = (Scale::log("relative distance from the limit"), Scale::log("gain"));
        line_chart(title).by(cells, point).axes(x, y).figure()
    }

    /// That the gain rises with the degree along every skip and falls with the skip at every degree above 1; and that it has its price:
    /// along every skip the kernel of the highest degree is farther from its limit than that of the lowest, and at the highest degree
    /// the kernel with the smallest skip is farther than that with the largest.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("skip_diagram");
        let SkipDiagram { degrees, skips, frequency: k, .. } = &self.settings;
        let (low, high, small, large) = (0, degrees.len() - 1, 0, skips.len() - 1);
        let steps = |values: Vec<f64>| values.windows(2).map(|pair| pair[1] / pair[0]).collect::<Vec<_>>();
        // Of one degree or one skip there is nothing to say.
        for (row, skip) in skips.iter().enumerate().filter(|_| high > low) {
            let claim = format!("gain at k = {k} rises with the degree at skip {skip}: smallest ratio");
            verdicts.claim(claim).all_above(steps(self.gains.row(row).to_vec()), 1.0);
        }
        for (column, degree) in degrees.iter().enumerate().filter(|(_, degree)| **degree > 1 && large > small) {
            let claim = format!("gain at k = {k} falls with the skip at degree {degree}: smallest ratio");
            verdicts.claim(claim).all_above(steps(self.gains.column(column).iter().rev().copied().collect()), 1.0);
        }
        for (row, skip) in skips.iter().enumerate() {
            let ratio = self.distances[[row, high]] / self.distances[[row, low]];
            let claim = format!("distance at degree {} over that at {}, skip {skip}", degrees[high], degrees[low]);
            verdicts.claim(claim).above(ratio, 1.0);
        }
        let ratio = self.distances[[small, high]] / self.distances[[large, high]];
        let claim =
            format!("distance at skip {} over that at {}, degree {}", skips[small], skips[large], degrees[high]);
        verdicts.claim(claim).above(ratio, 1.0);
        verdicts
    }

    fn report(&self) -> Result<Report> {
        let report = Report::new().figure(self.gain_figure()).figure(self.distance_figure());
        report.figure(self.figure()).verdicts(&self.verdicts())
    }
}
