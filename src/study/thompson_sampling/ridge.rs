//! A real task: the settings of kernel ridge regression on digits.

use super::ThompsonSampling;
use super::searches::Method;
use crate::names::*;
use crate::saved_fields;
use rayon::prelude::*;

/// The settings that are looked for: `log10` of the ridge over the mean of the kernel's diagonal, that of the variance of the biases, and
/// the slope of the leaky ReLU on the negative side.
pub(super) const BOUNDS: [(f64, f64); 3] = [(-6.0, 1.0), (-3.0, 1.0), (-1.0, 1.0)];

/// Digits, for a fit and to measure it on.
pub(super) struct Task {
    train: (Matrix, Matrix),
    test: (Matrix, Matrix),
}

impl Task {
    pub fn new((train, test): (usize, usize), seed: Seed) -> Result<Self> {
        let digits = digits()?;
        let drawn = random_rows(digits.images.nrows(), train.saturating_add(test), seed.child(0))?;
        // They rise, and the digits are sorted.
        let rows: Vec<usize> = seed.child(1).permutation(0, drawn.len()).into_iter().map(|k| drawn[k]).collect();
        let labels: Vec<usize> = rows.iter().map(|&row| digits.labels[row].into()).collect();
        let targets = one_hot(&labels, 10)? - 0.1;
        let part = |range: std::ops::Range<usize>| {
            (digits.images.select(Axis(0), &rows[range.clone()]), targets.slice(s![range, ..]).to_owned())
        };
        Ok(Self { train: part(0..train), test: part(train..train + test) })
    }

    /// The mean squared error on images that were not fitted, of settings `[3]`.
    pub fn error(&self, settings: &[f64]) -> Result<f64> {
        let (ridge, bias, slope) = (10f64.powf(settings[0]), 10f64.powf(settings[1] / 2.0), settings[2]);
        let layer = || serial((Dense::hidden().bias(bias), leaky_relu(slope)));
        let net = network("digits", serial((layer(), layer(), Dense::new(1).bias(bias)))).input(self.train.0.ncols());
        let kernel = net.limit_kernel(&self.train.0)?;
        let fit = kernel.ntk().regression(&self.train.1)?.ridge(Regularization::RelativeTrace(ridge))?;
        let predicted = fit.predict(net.limit_kernel_between(&self.test.0, &self.train.0)?.ntk())?;
        mse(&predicted, &self.test.1)
    }
}

/// Searches for the settings by one method.
#[derive(Clone)]
pub(super) struct Tuned {
    /// The lowest error so far, `[searches, evaluations]`.
    pub errors: Matrix,
    /// The settings with the lowest of all, `[3]`.
    pub best: Vector,
}
saved_fields!(Tuned { errors, best });

impl Tuned {
    pub fn measure(study: &ThompsonSampling, task: &Task, method: Method, seed: Seed) -> Result<Self> {
        let one = |index: usize| {
            let strategy = method.of(study, &study.network.clone().width(study.width));
            let mut search = BayesianOptimisation::new(&BOUNDS, strategy, seed.child(index as u64))
                .start(study.digit_start)
                .candidates(study.candidates, study.refined)
                .minimise()
                .quiet();
            search.run(study.digit_rounds, |settings| task.error(settings))?;
            let (settings, error) = search.best().expect("evaluations");
            Ok((search.best_so_far(), settings.clone(), error))
        };
        let found: Vec<Result<_>> = (0..study.searches).into_par_iter().map(one).collect();
        let found = found.into_iter().collect::<Result<Vec<_>>>()?;
        let errors: Vec<_> = found.iter().map(|(errors, ..)| errors.view()).collect();
        let best = found.iter().min_by(|a, b| a.2.total_cmp(&b.2)).expect("two searches or more");
        Ok(Self { errors: ndarray::stack(Axis(0), &errors).expect("searches of one length"), best: best.1.clone() })
    }
}
