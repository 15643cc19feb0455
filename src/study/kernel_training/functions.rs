//! The distribution of trained functions.

use super::circle::angles;
use super::of_half;
use crate::names::*;
use crate::saved_fields;
use crate::study::unit_circle::unit_circle;

/// Angles and targets of the training points. The paper's are not in its text: these are those of a reproduction of it.
pub(super) const TRAINING: [(f64, f64); 4] = [(-2.2, -0.4), (-1.0, -0.2), (1.0, 0.3), (2.2, 0.3)];

/// 90th percentile of the standard normal distribution.
pub(super) const NINETIETH: f64 = 1.281_551_565_544_600_4;

fn problem() -> (Matrix, Vector) {
    (unit_circle(&TRAINING.map(|point| point.0)), TRAINING.iter().map(|point| point.1).collect())
}

/// Outputs of networks of one width on the angles of the circle, `[networks, angles]`.
#[derive(Clone)]
pub(super) struct Functions {
    pub outputs: Matrix,
}
saved_fields!(Functions { outputs });

impl Functions {
    pub fn measure(net: &Net, (count, steps): (usize, u64), seed: Seed) -> Result<Self> {
        let mut networks = net.network_ensemble(count, seed)?.cast::<f32>();
        let (x, y) = problem();
        let trainer = Trainer::steps(steps, Sgd::new(of_half(1.0))).quiet();
        networks.train(&trainer, &Objective::new(&x, &y, SquaredError)?)?;
        let outputs = networks.outputs(&unit_circle(&angles()))?;
        Ok(Self { outputs: outputs.index_axis_move(Axis(2), 0) })
    }

    /// The share of each network's outputs that lie in the band.
    pub fn coverage(&self, band: &Band) -> Vec<f64> {
        let inside = |row: ndarray::ArrayView1<'_, f64>| {
            let within = row.iter().zip(band.mean.iter().zip(&band.deviation));
            let count = within.filter(|(f, (mean, deviation))| (*f - **mean).abs() <= NINETIETH * **deviation).count();
            count as f64 / row.len() as f64
        };
        self.outputs.rows().into_iter().map(inside).collect()
    }

    /// The `share` quantile of the networks' outputs at every angle, between the two nearest.
    pub fn quantile(&self, share: f64) -> Vec<f64> {
        let of = |column: ndarray::ArrayView1<'_, f64>| {
            let mut values = column.to_vec();
            values.sort_by(f64::total_cmp);
            let at = share * (values.len() - 1) as f64;
            let (low, rest) = (at.floor() as usize, at - at.floor());
            values[low] + rest * (values[(low + 1).min(values.len() - 1)] - values[low])
        };
        self.outputs.columns().into_iter().map(of).collect()
    }
}

/// Infinitely wide networks, trained as long: a Gaussian process.
#[derive(Clone)]
pub(super) struct Band {
    pub mean: Vector,
    pub deviation: Vector,
}

impl Band {
    /// At a time, rate 1 times steps.
    pub fn new(net: &Net, time: f64) -> Result<Self> {
        let (net, (x, y), all) = (net.clone().input(2), problem(), unit_circle(&angles()));
        let (cross, test) = (net.limit_kernel_between(&all, &x)?, net.limit_kernel(&all)?);
        let ensemble = net.limit_kernel(&x)?.ensemble(&y)?;
        let found = ensemble.at(of_half(time), 0.0, &cross, &test)?;
        Ok(Self { deviation: found.standard_deviation(), mean: found.mean })
    }
}
