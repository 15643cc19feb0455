//! The number types of networks, with all that is computed in them.

use crate::curvature::Curvatures;
use crate::kernel::FiniteKernels;
use crate::train::Training;

/// `f32` or `f64`: what a function of one's own that is generic in a network's precision asks for.
///
/// ```
/// use hadamard::prelude::*;
///
/// fn largest<F: Compute>(network: &Network<F>, x: &Matrix) -> Result<f64> {
///     Ok(network.kernel(x)?.ntk().spectrum()?.values()[0])
/// }
///
/// let (network, x) = (ccp(2).width(8).input(3).init(Seed(0))?, sphere(5, 3, Seed(1))?);
/// let [double, single] = [largest(&network, &x)?, largest(&network.cast::<f32>(), &x)?];
/// assert!((single / double - 1.0).abs() <= 1e-5);
/// # Ok::<(), Error>(())
/// ```
pub trait Compute: FiniteKernels + Curvatures + Training {}

impl Compute for f32 {}
impl Compute for f64 {}
