//! Trained networks against kernel regression with the kernel of the start.

use crate::data::Seed;
use crate::error::{Error, Result};
use crate::internal::Arrays;
use crate::net::Net;
use crate::regression::LearningRate;
use crate::spectrum::kernel_drift;
use crate::study::verdict::largest;
use crate::train::FullBatch;
use ndarray::{Array1, Array2, Ix2};

/// What the networks are trained on.
pub(super) struct Problem {
    /// `[n, d]`.
    pub x: Array2<f64>,
    pub y: Array1<f64>,
    pub held_out: Array2<f64>,
    pub steps: u64,
}

/// One network and width.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub network: String,
    pub width: usize,
    /// What was measured, unless the loss of one of the networks diverged: a rate that is stable for the kernel need not be for the network.
    pub found: Option<Found>,
}

/// What a training run showed.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Steps and share of the squared residual left, of the trained network and by kernel regression.
    pub curve: Vec<(f64, f64, f64)>,
    /// `max_t ‖f_t - f_t^lin‖ / ‖y - f_0‖` on the training points.
    pub gap: f64,
    /// The same at the last step on held-out points, as a share of the root mean square of the kernel's prediction there.
    pub held_out_gap: f64,
    /// `‖Θ_T - Θ_0‖ / ‖Θ_0‖`.
    pub drift: f64,
}

fn norm(a: &Array1<f64>) -> f64 {
    a.dot(a).sqrt()
}

impl Run {
    /// Trains so many networks; shares are their means, the curve is that of the first.
    pub fn measure(net: &Net, width: usize, problem: &Problem, nets: usize, seed: Seed) -> Result<Self> {
        let mut all: Vec<Found> = Vec::new();
        for index in 0..nets {
            match Found::measure(net, width, problem, seed.child(width as u64).child(index as u64)) {
                Err(Error::TrainingDiverged { .. }) => {
                    return Ok(Self { network: net.name().into(), width, found: None });
                }
                found => all.push(found?),
            }
        }
        let mean = |value: fn(&Found) -> f64| all.iter().map(value).sum::<f64>() / nets as f64;
        let (gap, held_out_gap, drift) = (mean(|f| f.gap), mean(|f| f.held_out_gap), mean(|f| f.drift));
        let curve = all.into_iter().next().map(|first| first.curve);
        let found = curve.map(|curve| Found { curve, gap, held_out_gap, drift });
        Ok(Self { network: net.name().into(), width, found })
    }

    /// What a checkpoint holds: of a network that diverged a curve without points.
    pub fn arrays(self) -> Arrays {
        let Some(Found { curve, gap, held_out_gap, drift }) = self.found else {
            return Arrays::new().number("points", 0.0);
        };
        let rows = Array2::from_shape_fn((curve.len(), 3), |(i, j)| [curve[i].0, curve[i].1, curve[i].2][j]);
        let arrays = Arrays::new().number("points", curve.len() as f64).with("curve", rows);
        arrays.number("gap", gap).number("held_out_gap", held_out_gap).number("drift", drift)
    }

    pub fn restore(net: &Net, width: usize, mut found: Arrays) -> Result<Self> {
        let run = |found| Self { network: net.name().into(), width, found };
        let points = found.take_count("points", 1 << 32)? as usize;
        if points == 0 {
            return Ok(run(None));
        }
        let rows = found.take::<Ix2>("curve", (points, 3))?;
        Ok(run(Some(Found {
            curve: rows.rows().into_iter().map(|row| (row[0], row[1], row[2])).collect(),
            gap: found.take_number("gap")?,
            held_out_gap: found.take_number("held_out_gap")?,
            drift: found.take_number("drift")?,
        })))
    }
}

impl Found {
    /// Trains at the rate `η (2/n) λ_max = 1/10` of the initial kernel, a twentieth of the largest stable one, close to gradient flow.
    fn measure(net: &Net, width: usize, problem: &Problem, seed: Seed) -> Result<Self> {
        let Problem { x, y, held_out, steps } = problem;
        let network = net.clone().width(width).input(x.ncols()).init(seed)?;
        let (start, unseen) =
            (network.outputs(x)?.column(0).to_owned(), network.outputs(held_out)?.column(0).to_owned());
        let (initial, cross) = (network.kernel(x)?.ntk().clone(), network.kernel_between(held_out, x)?.ntk().clone());
        let regression = initial.regression(y)?.from_outputs(&start)?;
        let trajectory = regression.gradient_descent(LearningRate::MatchTop(0.1))?;
        let rate = trajectory.rate().unwrap_or(f64::NAN);
        let mut network = network.cast::<f32>();
        let history = FullBatch::new(rate, *steps).record_every((steps / 50).max(1)).train(&mut network, x, y)?;
        let times: Vec<f64> = history.steps.iter().map(|&t| t as f64).collect();
        let predicted = trajectory.predict(&times)?;
        let scale = norm(&(y - &start));
        let gaps = (0..times.len()).map(|t| norm(&(&history.outputs.row(t) - &predicted.row(t))) / scale);
        let left = |f: &Array2<f64>, t: usize| (norm(&(y - &f.row(t))) / scale).powi(2);
        let curve = (0..times.len()).map(|t| (times[t], left(&history.outputs, t), left(&predicted, t))).collect();
        let last = [*steps as f64];
        let expected = trajectory.predict_on(&cross, &unseen, &last)?.row(0).to_owned();
        let got = network.outputs(held_out)?.column(0).to_owned();
        Ok(Self {
            gap: largest(gaps),
            held_out_gap: norm(&(&got - &expected)) / norm(&expected),
            drift: kernel_drift(&[initial, network.kernel(x)?.ntk().clone()])?[1],
            curve,
        })
    }
}
