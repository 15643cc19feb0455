//! Functions drawn from posteriors of wide networks: sample, then optimise.

mod linear;
mod trained;

pub use linear::{LinearSample, LinearSampler};
pub(super) use trained::fit;
pub use trained::{TrainedSample, TrainedSampler};

use crate::error::{Error, Result, check_input, check_memory};
use crate::net::Network;
use crate::random::Seed;
use ndarray::{Array1, Array2, Axis};
use rayon::prelude::*;

/// Points `[n, d]` and their targets `[n]`.
pub(super) type Data<'a> = (&'a Array2<f64>, &'a Array1<f64>);

/// # Errors
/// Bad points; [`Error::Size`] for other numbers of targets, [`Error::NotFinite`]; [`Error::Range`] unless the noise is above 0.
pub(super) fn check_data(place: &'static str, (x, y): Data<'_>, noise: f64) -> Result<()> {
    check_input(place, x, None)?;
    if y.len() != x.nrows() {
        return Err(Error::Size { place, what: "targets", expected: x.nrows(), got: y.len() });
    }
    check_input(place, &y.view().insert_axis(Axis(1)).to_owned(), None)?;
    if noise > 0.0 && noise.is_finite() {
        return Ok(());
    }
    Err(Error::Range { place, what: "the variance of the noise", value: noise, legal: "above 0 and finite" })
}

/// Targets with noise of a variance, if a seed is given.
fn perturbed(y: &Array1<f64>, noise: f64, seed: Option<Seed>) -> Array1<f64> {
    match seed {
        None => y.clone(),
        Some(seed) => {
            let mut normal = seed.normals(0);
            y.mapv(|v| v + noise.sqrt() * normal())
        }
    }
}

/// Values on some points of so many samples, a row each.
fn many(
    place: &'static str,
    (count, points): (usize, usize),
    seed: Seed,
    one: impl Fn(Seed) -> Result<Array1<f64>> + Sync,
) -> Result<Array2<f64>> {
    if count == 0 {
        return Err(Error::Range { place, what: "the number of samples", value: 0.0, legal: "at least 1" });
    }
    check_memory(place, &[2, count, points])?;
    let rows: Vec<Result<Array1<f64>>> = (0..count).into_par_iter().map(|k| one(seed.child(k as u64))).collect();
    let rows = rows.into_iter().collect::<Result<Vec<_>>>()?;
    let views: Vec<_> = rows.iter().map(|row| row.view()).collect();
    Ok(ndarray::stack(Axis(0), &views).expect("samples on the same points"))
}

/// `J v` of a network of one output, `[m]`.
fn along(network: &Network, direction: &[Array2<f64>], x: &Array2<f64>) -> Result<Array1<f64>> {
    Ok(network.jacobian_vector(direction, x)?.index_axis_move(Axis(1), 0))
}

fn ones(x: &Array2<f64>) -> Array2<f64> {
    Array2::ones((x.nrows(), 1))
}
