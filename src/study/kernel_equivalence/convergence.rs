//! Tangent kernels of random networks against the limit.

use crate::data::Seed;
use crate::error::Result;
use crate::internal::Arrays;
use crate::net::Net;
use crate::spectrum::{Decay, DecayFit};
use ndarray::{Array1, Array2, Ix1};

/// One architecture over widths.
#[derive(Clone, Debug)]
pub(super) struct Convergence {
    pub network: String,
    pub widths: Vec<usize>,
    /// Mean over networks of `‖Θ_m - Θ‖ / ‖Θ‖`.
    pub distances: Vec<f64>,
    /// The power law of the distances; its rate is minus the slope.
    pub law: DecayFit,
}

/// Mean distances at each width, as a checkpoint holds them.
pub(super) fn distances(net: &Net, x: &Array2<f64>, widths: &[usize], nets: usize, seed: Seed) -> Result<Arrays> {
    let limit = net.limit_kernel(x)?;
    let mut distances = Vec::new();
    for &width in widths {
        let sized = net.clone().width(width).input(x.ncols());
        let mut sum = 0.0;
        for index in 0..nets {
            let random = sized.init(seed.child(width as u64).child(index as u64))?;
            sum += random.kernel(x)?.ntk().relative_distance(limit.ntk())?;
        }
        distances.push(sum / nets as f64);
    }
    Ok(Arrays::new().with("distances", Array1::from(distances)))
}

impl Convergence {
    pub fn restore(net: &Net, widths: &[usize], mut found: Arrays) -> Result<Self> {
        let distances = found.take::<Ix1>("distances", widths.len())?.to_vec();
        let law = Decay::fit(super::PLACE, "the distance at a width", widths.to_vec(), &distances, 0.0)?.power;
        Ok(Self { network: net.name().into(), widths: widths.to_vec(), distances, law })
    }
}
