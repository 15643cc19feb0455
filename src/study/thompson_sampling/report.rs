//! What the study of Thompson sampling found: tables, charts and verdicts.

use super::ridge::Tuned;
use super::samples::{apart, grid, mean_and_covariance, toy};
use super::searches::{log_of, mean};
use super::{Method, ON_DIGITS, Regrets, TestFunction, ThompsonSampling, ThompsonSamplingReport, VARIANTS};
use crate::names::*;
use crate::study::frame::*;

/// The best mean reward so far of the 12-dimensional controller of a lunar lander, means over five runs, after so many
/// iterations (of which 20 are at random), from the raw results beside the paper's code: not computed here.
type Published = (&'static str, [f64; 6]);
const ITERATIONS: [usize; 6] = [20, 50, 100, 200, 300, 500];
const LUNAR_LANDER: [Published; 8] = [
    ("GP-TS", [-15.0, 14.0, 20.0, 101.0, 135.0, 175.0]),
    ("GP-UCB", [-15.0, -11.0, -3.0, 57.0, 158.0, 183.0]),
    ("neural TS", [-15.0, 15.0, 36.0, 43.0, 50.0, 54.0]),
    ("neural UCB", [-15.0, 58.0, 70.0, 85.0, 92.0, 93.0]),
    ("STO-BNTS", [-15.0, 116.0, 195.0, 260.0, 268.0, 277.1]),
    ("STO-BNTS-Linear", [-15.0, 146.0, 195.0, 258.0, 268.0, 273.0]),
    ("STO-BNTS, 4 a round", [-15.0, 198.0, 268.0, 278.0, 281.0, 286.3]),
    ("STO-BNTS-Linear, 4 a round", [-15.0, 231.0, 258.0, 264.0, 265.0, 278.0]),
];

const LINEAR: &str = "linear";
const TRAINED: &str = "trained";
const ENSEMBLE: &str = "deep ensemble";

/// What is looked for on digits.
const SETTINGS: [&str; 3] = ["log10 ridge / trace", "log10 bias variance", "slope"];

/// 95 % of a normal distribution.
const DEVIATIONS: f64 = 1.96;

/// How samples of one kind differ from the posterior.
struct Sampled {
    kind: &'static str,
    width: usize,
    count: usize,
    /// Relative distances (Frobenius).
    mean: f64,
    covariance: f64,
    /// The trace of the covariance over that of the posterior.
    trace: f64,
}

/// A method on a function.
#[derive(Clone, Copy)]
struct Row<'a> {
    function: TestFunction,
    method: &'static str,
    batch: usize,
    regrets: &'a Regrets,
}

impl ThompsonSamplingReport {
    fn sampled(&self) -> Vec<Sampled> {
        let posterior = &self.exact.posterior;
        let against = |kind: &'static str, width: usize, count: usize, (mean, covariance): (Vector, Matrix)| Sampled {
            kind,
            width,
            count,
            mean: apart(&mean, &posterior.mean),
            covariance: apart(&covariance, &posterior.covariance),
            trace: covariance.diag().sum() / posterior.covariance.diag().sum(),
        };
        let drawn = |kind: &'static str, width: usize, functions: &Matrix| {
            against(kind, width, functions.nrows(), mean_and_covariance(functions))
        };
        let (width, widths, found) = (self.settings.sampled_width, &self.settings.trained_widths, &self.samples);
        let mut all =
            vec![drawn(LINEAR, width, &found.linear), drawn("linear, targets unperturbed", width, &found.unperturbed)];
        let (count, (mean, spread)) = (found.own_means.nrows(), mean_and_covariance(&found.own_means));
        let own = &found.own_covariance;
        all.push(against("exact, of one network's kernel", width, count, (mean.clone(), own.clone())));
        all.push(against("the same, and the spread of its mean over networks", width, count, (mean, own + &spread)));
        all.extend(widths.iter().zip(&found.trained).map(|(&width, functions)| drawn(TRAINED, width, functions)));
        all.push(drawn(ENSEMBLE, widths[0], &found.ensemble));
        all
    }

    /// Of linear samples: the relative distances of mean and covariance from the exact posterior of the limit kernel (Frobenius).
    pub fn linear_samples(&self) -> (f64, f64) {
        let sampled = self.sampled();
        (sampled[0].mean, sampled[0].covariance)
    }

    /// The trace of the covariance of samples by training over that of the posterior, by width.
    pub fn trained_traces(&self) -> Vec<(usize, f64)> {
        self.sampled().iter().filter(|of| of.kind == TRAINED).map(|of| (of.width, of.trace)).collect()
    }

    /// What noise on the targets adds to the covariance, measured by the differences of samples with the same draws: its trace, the mean trace
    /// of `λ A Aᵀ` over networks as wide, that of the limit, and the relative distance of the first two as matrices.
    pub fn deficit(&self) -> [f64; 4] {
        let unperturbed = &self.samples.unperturbed;
        let differences = &self.samples.linear.slice(s![..unperturbed.nrows(), ..]) - unperturbed;
        let found = differences.t().dot(&differences) / differences.nrows() as f64;
        let own = &self.samples.own_deficit;
        [found.diag().sum(), own.diag().sum(), self.exact.deficit.diag().sum(), apart(&found, own)]
    }

    fn rows(&self) -> Vec<Row<'_>> {
        let all = self.settings.functions.iter().zip(&self.searches);
        all.flat_map(|(&function, (one, batches))| {
            let single = Method::ALL.iter().zip(one);
            let single =
                single.map(move |(method, regrets)| Row { function, method: method.name(), batch: 1, regrets });
            let batch = self.settings.batch;
            single.chain([Row { function, method: Method::Linear.name(), batch, regrets: batches }])
        })
        .collect()
    }

    fn searched(&self, function: TestFunction) -> Option<&(Vec<Regrets>, Regrets)> {
        let index = self.settings.functions.iter().position(|f| *f == function)?;
        Some(&self.searches[index])
    }

    /// What is left above the minimum at the end of searches of single points, mean with its 95 % interval, by the name of the method.
    pub fn regret(&self, function: TestFunction, method: &str) -> Option<SampleMean> {
        let index = Method::ALL.iter().position(|m| m.name() == method)?;
        Some(self.searched(function)?.0[index].last())
    }

    /// Rounds of linear samples until their mean regret is that at the end of rounds of single points: of single points and of batches; `None`
    /// if batches do not get there.
    pub fn rounds_to_the_same(&self, function: TestFunction) -> Option<(usize, Option<usize>)> {
        let (one, batches) = self.searched(function)?;
        let ThompsonSampling { start, batch, .. } = self.settings;
        let single = &one[Method::ALL.iter().position(|m| *m == Method::Linear)?];
        let level = single.last().mean;
        Some((single.rounds_to(level, (start, 1))?, batches.rounds_to(level, (start, batch))))
    }

    /// By width: `log10` of the regret of linear samples at the end, mean over draws and searches with its 95 % interval.
    pub fn by_width(&self) -> Vec<(usize, SampleMean)> {
        let pooled = |index: usize| pooled(&self.widths, index);
        self.settings.widths.iter().enumerate().map(|(index, &width)| (width, pooled(index))).collect()
    }

    /// The same of the variants at the width of the searches, by name.
    pub fn variants(&self) -> Vec<(&'static str, SampleMean)> {
        VARIANTS.iter().enumerate().map(|(index, method)| (method.name(), pooled(&self.variants, index))).collect()
    }

    /// The lowest error on digits, mean over searches with its 95 % interval, by method.
    pub fn on_digits(&self) -> Vec<(&'static str, SampleMean)> {
        let last = |found: &Tuned| mean(found.errors.column(found.errors.ncols() - 1).iter().copied());
        ON_DIGITS.iter().zip(&self.digits).map(|(method, found)| (method.name(), last(found))).collect()
    }

    /// The settings on digits with the lowest error that a method found: `log10` of the ridge over the mean of the kernel's diagonal, that of the
    /// variance of the biases, and the slope on the negative side.
    pub fn best_on_digits(&self, method: &str) -> Option<&Vector> {
        let index = ON_DIGITS.iter().position(|m| m.name() == method)?;
        Some(&self.digits[index].best)
    }

    /// Per kind of sample: how far mean and covariance are from the exact posterior of the limit kernel (Frobenius), and the trace of the
    /// covariance over its own.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn samples_table(&self) -> Result<DataFrame> {
        frame(&self.sampled())
            .text("samples", |r| r.kind)
            .count("width", |r| r.width)
            .count("functions or networks", |r| r.count)
            .number("mean, relative distance", |r| r.mean)
            .number("covariance, relative distance", |r| r.covariance)
            .number("trace of the covariance, ratio", |r| r.trace)
            .table()
    }

    /// Per width, and per variant at the width of the searches: `log10` of the regret at the end on draws from a Gaussian process.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn draws_table(&self) -> Result<DataFrame> {
        let widths = self.by_width().into_iter().map(|(width, mean)| (Method::Linear.name(), width, mean));
        let variants = self.variants().into_iter().map(|(name, mean)| (name, self.settings.width, mean));
        let rows: Vec<_> = widths.chain(variants).collect();
        frame(&rows)
            .text("method", |r| r.0)
            .count("width", |r| r.1)
            .number("log10 regret", |r| r.2.mean)
            .number("±", |r| r.2.half_interval)
            .table()
    }

    /// Per method: the lowest mean squared error of kernel regression on digits that were not fitted, and the settings of the best search.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn digits_table(&self) -> Result<DataFrame> {
        frame(&self.on_digits())
            .text("method", |r| r.0)
            .number("lowest error", |r| r.1.mean)
            .number("±", |r| r.1.half_interval)
            .numbers(0..3, |k| SETTINGS[k].into(), |r, k| self.best_on_digits(r.0).map(|best| best[k]))
            .table()
    }

    /// Rounds of linear samples, of single points and of batches, until the mean regret is what single points end with.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn rounds_table(&self) -> Result<DataFrame> {
        let rounds = |f: &TestFunction| self.rounds_to_the_same(*f);
        frame(&self.settings.functions)
            .text("function", |f| f.name())
            .count("rounds of 1", |f| rounds(f).map(|r| r.0))
            .count(format!("rounds of {}", self.settings.batch), |f| rounds(f).and_then(|r| r.1))
            .table()
    }

    /// What the paper's authors measured on a task that needs their simulator: the best mean reward so far by iterations.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn lunar_lander(&self) -> Result<DataFrame> {
        frame(&LUNAR_LANDER)
            .text("published", |r| r.0)
            .numbers(0..ITERATIONS.len(), |k| format!("after {}", ITERATIONS[k]), |r, k| r.1[k])
            .table()
    }

    /// Functions drawn, with the band of the exact posterior: linear samples, trained networks, a deep ensemble.
    pub fn samples_figure(&self) -> Figure {
        let x: Vec<f64> = grid().column(0).to_vec();
        let (exact, (train, targets)) = (&self.exact.posterior, toy(self.settings_seed()));
        let band: Vec<_> = x
            .iter()
            .zip(exact.mean.iter().zip(exact.standard_deviation()))
            .map(|(x, (mean, deviation))| (*x, *mean, DEVIATIONS * deviation))
            .collect();
        let all = [
            ("linear samples", &self.samples.linear),
            ("trained networks", &self.samples.trained[self.samples.trained.len() - 1]),
            (ENSEMBLE, &self.samples.ensemble),
        ];
        let panel = |(title, functions): (&str, &Matrix)| {
            let chart = line_chart(title).band("95 % of the posterior", band.clone());
            let chart = functions
                .rows()
                .into_iter()
                .take(SHOWN)
                .fold(chart, |chart, row| chart.line("samples", x.iter().copied().zip(row.to_vec())).colour(1));
            chart.points("data", train.column(0).iter().copied().zip(targets.to_vec())).colour(3)
        };
        panels("Functions drawn", all.map(panel), 3, Scale::linear("x"), Scale::linear("f(x)"))
    }

    /// `log10` of the regret against rounds on draws from a Gaussian process, by width and variant: means over draws and searches.
    pub fn draws_figure(&self) -> Figure {
        let course = |found: &[Vec<Regrets>], index: usize| {
            let views: Vec<_> = found.iter().map(|of| of[index].regrets.view()).collect();
            let all = Regrets { regrets: ndarray::concatenate(Axis(0), &views).expect("searches of one length") };
            all.log_course((self.settings.start, 1)).into_iter().map(|(round, mean, _)| (round, mean))
        };
        let widths = self.settings.widths.iter().enumerate();
        let chart = widths.fold(line_chart("Draws from a Gaussian process"), |chart, (index, width)| {
            chart.line(format!("linear, width {width}"), course(&self.widths, index))
        });
        let chart = VARIANTS
            .iter()
            .enumerate()
            .fold(chart, |chart, (index, method)| chart.dashed(method.name(), course(&self.variants, index)));
        chart.axes(Scale::linear("round"), Scale::linear("log10 regret")).figure()
    }

    /// The lowest error on digits so far against evaluations.
    pub fn digits_figure(&self) -> Figure {
        let chart = line_chart("Kernel regression on digits");
        let chart = ON_DIGITS.iter().zip(&self.digits).fold(chart, |chart, (method, found)| {
            let at = |k: usize| {
                let mean = mean(found.errors.column(k).iter().copied());
                (k as f64 + 1.0, mean.mean, mean.half_interval)
            };
            chart.band(method.name(), (0..found.errors.ncols()).map(at))
        });
        chart.axes(Scale::linear("evaluations"), Scale::linear("mean squared error")).figure()
    }

    fn settings_seed(&self) -> Seed {
        self.settings.options().seed.child(0).child(0)
    }
}

/// Samples in a panel.
const SHOWN: usize = 20;

/// Of a method by its number: `log10` of the last regrets over draws and searches.
fn pooled(found: &[Vec<Regrets>], index: usize) -> SampleMean {
    let last = found.iter().flat_map(|of| of[index].regrets.column(of[index].regrets.ncols() - 1).to_vec());
    mean(last.map(log_of))
}

impl StudyReport for ThompsonSamplingReport {
    /// Per function and method: evaluations, and what is left above the minimum at the end, mean over searches with its 95 % interval.
    fn table(&self) -> Result<DataFrame> {
        frame(&self.rows())
            .text("function", |r| r.function.name())
            .text("method", |r| r.method)
            .count("points a round", |r| r.batch)
            .count("evaluations", |r| r.regrets.regrets.ncols())
            .number("regret", |r| r.regrets.last().mean)
            .number("±", |r| r.regrets.last().half_interval)
            .table()
    }

    /// `log10` of the regret against rounds, a panel a function: means over searches with 95 % intervals.
    fn figure(&self) -> Figure {
        let panel = |function: &TestFunction| {
            let rows = self.rows();
            let rows = rows.iter().filter(|row| row.function == *function);
            rows.enumerate().fold(line_chart(function.name()), |chart, (colour, row)| {
                let name =
                    if row.batch == 1 { row.method.into() } else { format!("{}, {} a round", row.method, row.batch) };
                chart.band(name, row.regrets.log_course((self.settings.start, row.batch))).colour(colour)
            })
        };
        let charts = self.settings.functions.iter().map(panel);
        panels("What is left above the minimum", charts, 2, Scale::linear("round"), Scale::linear("log10 regret"))
    }

    fn tables(&self) -> Result<Vec<(&'static str, DataFrame)>> {
        Ok(vec![
            ("regret", self.table()?),
            ("samples", self.samples_table()?),
            ("rounds", self.rounds_table()?),
            ("draws", self.draws_table()?),
            ("digits", self.digits_table()?),
        ])
    }

    fn report(&self) -> Result<Report> {
        Report::new()
            .table(self.samples_table()?)
            .figure(self.samples_figure())
            .table(self.table()?)
            .figure(self.figure())
            .table(self.rounds_table()?)
            .table(self.draws_table()?)
            .figure(self.draws_figure())
            .table(self.digits_table()?)
            .figure(self.digits_figure())
            .table(self.lunar_lander()?)
            .verdicts(&self.verdicts())
    }

    /// Samples with the mean and the covariance of the posterior; what they lack without noise on the targets; searches below random ones; batches in fewer
    /// rounds; less regret with more width; what the same random numbers in every round and a deep ensemble cost.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("thompson_sampling");
        let sampled = self.sampled();
        verdicts
            .claim("linear samples: mean against the posterior of the limit, relative")
            .at_most(sampled[0].mean, 0.1);
        verdicts
            .claim("linear samples: covariance against the posterior of the limit, relative")
            .at_most(sampled[0].covariance, 0.1);
        let [found, own, ..] = self.deficit();
        let check =
            "what noise on the targets adds to the covariance over λ A Aᵀ of such networks, traces, up to a factor";
        verdicts.check(check).within_factor([(found, own)], 1.2);
        for (width, trace) in self.trained_traces() {
            let claim =
                format!("trained at width {width}: trace of the covariance over that of the posterior, up to a factor");
            verdicts.claim(claim).within_factor([(trace, 1.0)], 2.0);
        }
        let ensemble = sampled.last().map_or(f64::NAN, |of| of.trace);
        verdicts.claim("deep ensemble: trace of its covariance over that of the posterior").at_most(ensemble, 1.0);
        for &function in &self.settings.functions {
            // Searches amplify rounding, which differs between processors: their intervals are compared, not their means.
            let most = |method: Method| {
                self.regret(function, method.name()).map_or(f64::NAN, |mean| mean.mean + mean.half_interval)
            };
            let (linear, name) = (most(Method::Linear), function.name());
            for other in [Method::Random, Method::GpThompson, Method::NeuralThompson] {
                let claim = format!("{name}: upper end of the regret of linear samples over that of {}", other.name());
                verdicts.claim(claim).at_most(linear / most(other), 1.0);
            }
            let rounds = self.rounds_to_the_same(function);
            let share = rounds.and_then(|(one, batches)| Some(batches? as f64 / one as f64)).unwrap_or(f64::NAN);
            let claim =
                format!("{name}: rounds of {} until the regret of rounds of 1, over theirs", self.settings.batch);
            verdicts.claim(claim).at_most(share, 0.99);
        }
        let digits = self.on_digits();
        let claim = format!("digits: lowest error of {} over that of {}", digits[2].0, digits[0].0);
        verdicts.claim(claim).at_most(digits[2].1.mean / digits[0].1.mean, 0.99);
        for pair in self.by_width().windows(2) {
            let claim = format!("draws: log10 regret at width {} less that at width {}", pair[1].0, pair[0].0);
            verdicts.claim(claim).at_most(pair[1].1.mean - pair[0].1.mean, 0.0);
        }
        if let Some((_, linear)) = self.by_width().into_iter().find(|of| of.0 == self.settings.width) {
            for (name, mean) in self.variants() {
                let claim = format!("draws: log10 regret of linear samples less that of {name}");
                let (gap, both) = (linear.mean - mean.mean, linear.half_interval + mean.half_interval);
                match name == Method::Trained.name() {
                    true => verdicts.claim(format!("{claim}, over both intervals")).at_most(gap.abs() / both, 1.0),
                    false => verdicts.claim(claim).at_most(gap, 0.0),
                }
            }
        }
        verdicts
    }
}
