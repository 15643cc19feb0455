//! Trained networks against kernel regression with the kernel of the start.

use crate::names::*;
use crate::saved_fields;
use crate::study::frame::*;

/// What the networks are trained on.
pub(super) struct Problem {
    /// `[n, d]`.
    pub x: Matrix,
    pub y: Vector,
    pub held_out: Matrix,
    pub steps: u64,
}

/// What a training run showed.
#[derive(Clone)]
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
saved_fields!(Found { curve, gap, held_out_gap, drift });

fn norm(a: &Vector) -> f64 {
    a.dot(a).sqrt()
}

impl Found {
    /// Trains so many networks; shares are their means, the curve is that of the first. `None` if one of them diverges.
    pub fn mean(net: &Net, width: usize, problem: &Problem, nets: usize, seed: Seed) -> Result<Option<Self>> {
        let mut all: Vec<Found> = Vec::new();
        for index in 0..nets {
            match Found::measure(net, width, problem, seed.child(width as u64).child(index as u64)) {
                Err(Error::TrainingDiverged { .. }) => return Ok(None),
                found => all.push(found?),
            }
        }
        let mean = |value: fn(&Found) -> f64| all.iter().map(value).sum::<f64>() / nets as f64;
        let (gap, held_out_gap, drift) = (mean(|f| f.gap), mean(|f| f.held_out_gap), mean(|f| f.drift));
        Ok(all.into_iter().next().map(|first| Found { curve: first.curve, gap, held_out_gap, drift }))
    }

    /// Trains at the rate `η (2/n) λ_max = 1/10` of the initial kernel, a twentieth of the largest stable one, close to gradient flow.
    fn measure(net: &Net, width: usize, problem: &Problem, seed: Seed) -> Result<Self> {
        let Problem { x, y, held_out, steps } = problem;
        let network = net.clone().width(width).input(x.ncols()).init(seed)?;
        let (start, unseen) =
            (network.outputs(x)?.column(0).to_owned(), network.outputs(held_out)?.column(0).to_owned());
        let (initial, cross) = (network.kernel(x)?.ntk().clone(), network.kernel_between(held_out, x)?.ntk().clone());
        let regression = initial.regression(y)?.from_outputs(&start)?;
        let trajectory = regression.gradient_descent(LearningRate::MatchTop(0.1))?;
        let rate = trajectory.rate().expect("gradient descent has a rate");
        let mut network = network.cast::<f32>();
        let history = FullBatch::new(rate, *steps).record_every((steps / 50).max(1)).train(&mut network, x, y)?;
        let times: Vec<f64> = history.steps.iter().map(|&t| t as f64).collect();
        let predicted = trajectory.predict(&times)?;
        let scale = norm(&(y - &start));
        let gaps = (0..times.len()).map(|t| norm(&(&history.outputs.row(t) - &predicted.row(t))) / scale);
        let left = |f: &Matrix, t: usize| (norm(&(y - &f.row(t))) / scale).powi(2);
        let curve = (0..times.len()).map(|t| (times[t], left(&history.outputs, t), left(&predicted, t))).collect();
        let expected = trajectory.predict_on(&cross, &unseen, &[*steps as f64])?.row(0).to_owned();
        let got = network.outputs(held_out)?.column(0).to_owned();
        Ok(Self {
            gap: largest(gaps),
            held_out_gap: norm(&(&got - &expected)) / norm(&expected),
            drift: kernel_drift(&[initial, network.kernel(x)?.ntk().clone()])?[1],
            curve,
        })
    }
}
