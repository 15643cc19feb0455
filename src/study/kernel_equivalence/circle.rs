//! The kernel on the unit circle before and after training.

use crate::names::*;
use crate::saved_fields;
use crate::study::unit_circle::unit_circle;
use std::f64::consts::{PI, SQRT_2};

/// Angles of the curves.
const ANGLES: usize = 121;
/// Training points, random networks per width.
const POINTS: usize = 40;
const NETS: usize = 4;

/// `Θ(x_0, x(γ))` over the angle `γ`, `x_0` at `γ = 0`.
#[derive(Clone)]
pub(super) struct Circle {
    pub angles: Vector,
    pub limit: Vector,
    /// By width.
    pub curves: Vec<(usize, Curves)>,
}

/// The curves of the networks of one width, `[nets, angles]`.
#[derive(Clone)]
pub(super) struct Curves {
    pub initial: Matrix,
    pub trained: Matrix,
}
saved_fields!(Curves { initial, trained });

/// Three hidden layers with biases.
fn net() -> Net {
    let layer = || [Dense::hidden().sigma_w(SQRT_2).bias(0.1).into(), relu()];
    let layers = [layer(), layer(), layer()].into_iter().flatten();
    network("MLP, 3 hidden, with biases", serial(layers.chain([Dense::new(1).bias(0.1).into()])))
}

fn angles() -> Vector {
    Array1::linspace(-PI, PI, ANGLES)
}

impl Circle {
    pub fn new(curves: Vec<(usize, Curves)>) -> Result<Self> {
        let angles = angles();
        let limit = net().limit_kernel_between(&unit_circle(&[0.0]), &unit_circle(&angles.to_vec()))?;
        Ok(Self { limit: limit.ntk().values().row(0).to_owned(), angles, curves })
    }

    /// By width the spread of the random networks around the limit, and movement in training: root mean squares over angles and networks,
    /// as shares of the limit's root mean square.
    pub fn spread_and_movement(&self) -> Vec<(usize, f64, f64)> {
        let shares = |(width, curves): &(usize, Curves)| {
            let scale = self.limit.dot(&self.limit) * curves.initial.nrows() as f64;
            let share = |a: Matrix| (a.iter().map(|v| v * v).sum::<f64>() / scale).sqrt();
            (*width, share(&curves.initial - &self.limit), share(&curves.trained - &curves.initial))
        };
        self.curves.iter().map(shares).collect()
    }
}

impl Curves {
    pub fn fits(&self) -> bool {
        [&self.initial, &self.trained].iter().all(|curves| curves.dim() == (NETS, ANGLES))
    }

    pub fn measure(width: usize, steps: u64, seed: Seed) -> Result<Self> {
        let (all, origin) = (unit_circle(&angles().to_vec()), unit_circle(&[0.0]));
        let inputs = unit_circle(&Array1::linspace(-PI, PI * (1.0 - 2.0 / POINTS as f64), POINTS).to_vec());
        let target = Array1::from_iter(inputs.rows().into_iter().map(|x| x[0] * x[1]));
        let (mut initial, mut trained) = (Array2::zeros((NETS, ANGLES)), Array2::zeros((NETS, ANGLES)));
        for index in 0..NETS {
            let network = net().width(width).input(2).init(seed.child(width as u64).child(index as u64))?;
            initial.row_mut(index).assign(&network.kernel_between(&origin, &all)?.ntk().values().row(0));
            let regression = network.kernel(&inputs)?.ntk().regression(&target)?;
            let trajectory = regression.gradient_descent(LearningRate::MatchTop(0.1))?;
            let rate = trajectory.rate().expect("gradient descent has a rate");
            let mut network = network.cast::<f32>();
            FullBatch::new(rate, steps).train(&mut network, &inputs, &target)?;
            trained.row_mut(index).assign(&network.kernel_between(&origin, &all)?.ntk().values().row(0));
        }
        Ok(Self { initial, trained })
    }
}
