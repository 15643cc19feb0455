//! The kernel on the unit circle.

use super::of_half;
use crate::names::*;
use crate::saved_fields;
use crate::study::unit_circle::unit_circle;
use std::f64::consts::PI;

const ANGLES: usize = 61;
/// Training points: the paper does not say how many.
const POINTS: usize = 100;
/// Rows and columns of the kernels whose spread is measured, as in a reproduction of the paper.
const ROWS: usize = 100;
const COLUMNS: usize = 4;

/// Angles of the table of the limit, in radians.
const TABLE: [f64; 6] = [0.0, 0.5, 1.0, PI / 2.0, 2.0, PI];

pub(super) fn angles() -> Vec<f64> {
    Array1::linspace(-PI, PI, ANGLES).to_vec()
}

/// `Θ(x_0, x(γ))` in the limit, `x_0` at `γ = 0`.
fn limit_at(net: &Net, angles: &[f64]) -> Result<Vector> {
    let kernels = net.clone().input(2).limit_kernel_between(&unit_circle(&[0.0]), &unit_circle(angles))?;
    Ok(kernels.ntk().values().row(0).to_owned())
}

pub(super) fn limit(net: &Net) -> Result<Vector> {
    limit_at(net, &angles())
}

pub(super) fn values(net: &Net) -> Result<Vec<(f64, f64)>> {
    Ok(TABLE.into_iter().zip(limit_at(net, &TABLE)?).collect())
}

/// The kernels of networks of one width, `[networks, angles]`.
#[derive(Clone)]
pub(super) struct Curves {
    pub initial: Matrix,
    pub trained: Matrix,
}
saved_fields!(Curves { initial, trained });

impl Curves {
    /// Before and after steps at rate 1 on `x_1 x_2` of Gaussian points, in single precision.
    pub fn measure(net: &Net, (nets, steps): (usize, u64), seed: Seed) -> Result<Self> {
        let mut networks = net.network_ensemble(nets, seed.child(0))?.cast::<f32>();
        let (origin, all) = (unit_circle(&[0.0]), unit_circle(&angles()));
        let curves = |networks: &NetworkEnsemble<f32>| -> Result<Matrix> {
            let rows =
                networks.map(|n| Ok(n.kernel_of_between(Outputs::Averaged, &origin, &all)?.ntk().values().clone()))?;
            let views: Vec<_> = rows.iter().map(|row| row.view()).collect();
            Ok(ndarray::concatenate(Axis(0), &views).expect("rows of one length"))
        };
        let initial = curves(&networks)?;
        let x = gaussian(POINTS, 2, seed.child(1))?;
        let y = &x.column(0) * &x.column(1);
        let trainer = Trainer::steps(steps, Sgd::new(of_half(1.0))).quiet();
        networks.train(&trainer, &Objective::new(&x, &y, SquaredError)?)?;
        Ok(Self { initial, trained: curves(&networks)? })
    }
}

/// How far the kernels of networks of one width are from the limit.
#[derive(Clone)]
pub(super) struct WidthLaw {
    /// Root mean square over networks and entries of the deviation from the networks' own mean, and from the limit, as shares of the
    /// limit's root mean square.
    pub spread: f64,
    pub distance: f64,
}
saved_fields!(WidthLaw { spread, distance });

impl WidthLaw {
    pub fn measure(net: &Net, nets: usize, seed: Seed) -> Result<Self> {
        let (rows, columns) = (sphere(ROWS, 2, seed.child(0))?, sphere(COLUMNS, 2, seed.child(1))?);
        let limit = net.limit_kernel_between(&rows, &columns)?.ntk().values().clone();
        let networks = net.network_ensemble(nets, seed.child(2))?;
        let kernels =
            networks.map(|n| Ok(n.kernel_of_between(Outputs::Averaged, &rows, &columns)?.ntk().values().clone()))?;
        let mean = kernels.iter().fold(Matrix::zeros(limit.dim()), |sum, kernel| sum + kernel) / nets as f64;
        let squares = |a: &Matrix| a.iter().map(|v| v * v).sum::<f64>();
        let scale = squares(&limit);
        let away = |from: &Matrix| kernels.iter().map(|kernel| squares(&(kernel - from))).sum::<f64>() / scale;
        Ok(Self { spread: (away(&mean) / (nets as f64 - 1.0)).sqrt(), distance: (away(&limit) / nets as f64).sqrt() })
    }
}
