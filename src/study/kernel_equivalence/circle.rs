//! The kernel on the unit circle before and after training.

use crate::data::Seed;
use crate::error::Result;
use crate::internal::Arrays;
use crate::net::{Net, network};
use crate::op::{Dense, relu, serial};
use crate::regression::LearningRate;
use crate::train::FullBatch;
use ndarray::{Array1, Array2};
use std::f64::consts::{PI, SQRT_2};

/// Angles of the curves.
const ANGLES: usize = 121;
/// Training points, random networks per width.
const POINTS: usize = 40;
const NETS: usize = 4;

/// `Θ(x_0, x(γ))` over the angle `γ`, `x_0` at `γ = 0`.
#[derive(Clone, Debug)]
pub(super) struct Circle {
    pub angles: Array1<f64>,
    pub limit: Array1<f64>,
    pub curves: Vec<Curves>,
}

/// The curves of the networks of one width, `[nets, angles]`.
#[derive(Clone, Debug)]
pub(super) struct Curves {
    pub width: usize,
    pub initial: Array2<f64>,
    pub trained: Array2<f64>,
}

/// Three hidden layers with biases.
fn net() -> Net {
    let layer = || [Dense::hidden().sigma_w(SQRT_2).bias(0.1).into(), relu()];
    let layers = [layer(), layer(), layer()].into_iter().flatten();
    network("MLP, 3 hidden, with biases", serial(layers.chain([Dense::new(1).bias(0.1).into()])))
}

fn points(angles: &Array1<f64>) -> Array2<f64> {
    Array2::from_shape_fn((angles.len(), 2), |(i, j)| if j == 0 { angles[i].cos() } else { angles[i].sin() })
}

fn angles() -> Array1<f64> {
    Array1::linspace(-PI, PI, ANGLES)
}

impl Circle {
    pub fn new(curves: Vec<Curves>) -> Result<Self> {
        let angles = angles();
        let limit = net().limit_kernel_between(&points(&Array1::zeros(1)), &points(&angles))?;
        Ok(Self { limit: limit.ntk().values().row(0).to_owned(), angles, curves })
    }
}

impl Curves {
    pub fn measure(width: usize, steps: u64, seed: Seed) -> Result<Self> {
        let (all, origin) = (points(&angles()), points(&Array1::zeros(1)));
        let inputs = points(&Array1::linspace(-PI, PI * (1.0 - 2.0 / POINTS as f64), POINTS));
        let target = Array1::from_iter(inputs.rows().into_iter().map(|x| x[0] * x[1]));
        let (mut initial, mut trained) = (Array2::zeros((NETS, ANGLES)), Array2::zeros((NETS, ANGLES)));
        for index in 0..NETS {
            let network = net().width(width).input(2).init(seed.child(width as u64).child(index as u64))?;
            initial.row_mut(index).assign(&network.kernel_between(&origin, &all)?.ntk().values().row(0));
            let regression = network.kernel(&inputs)?.ntk().regression(&target)?;
            let rate = regression.gradient_descent(LearningRate::MatchTop(0.1))?.rate().unwrap_or(f64::NAN);
            let mut network = network.cast::<f32>();
            FullBatch::new(rate, steps).train(&mut network, &inputs, &target)?;
            trained.row_mut(index).assign(&network.kernel_between(&origin, &all)?.ntk().values().row(0));
        }
        Ok(Self { width, initial, trained })
    }

    /// What a checkpoint holds.
    pub fn arrays(self) -> Arrays {
        let Self { width: _, initial, trained } = self;
        Arrays::new().with("initial", initial).with("trained", trained)
    }

    pub fn restore(width: usize, mut found: Arrays) -> Result<Self> {
        let shape = (NETS, ANGLES);
        Ok(Self { width, initial: found.take("initial", shape)?, trained: found.take("trained", shape)? })
    }

    /// Spread of the random networks around the limit, and movement in training: root mean squares over angles and networks, as
    /// shares of the limit's root mean square.
    pub fn spread_and_movement(&self, limit: &Array1<f64>) -> (f64, f64) {
        let scale = limit.dot(limit) * self.initial.nrows() as f64;
        let share = |a: Array2<f64>| (a.iter().map(|v| v * v).sum::<f64>() / scale).sqrt();
        (share(&self.initial - limit), share(&self.trained - &self.initial))
    }
}
