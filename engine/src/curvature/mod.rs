//! The curvature of the loss of a network in its parameters: Hessian and Gauss–Newton matrix, never formed.
//!
//! Both are [operators](crate::linalg::LinearOperator) on vectors of all parameters, in the order of
//! [`Network::flat`](crate::net::Network::flat): [Lanczos](crate::linalg::Lanczos) gives their largest eigenvalues,
//! [`TopEigenvalue`](crate::linalg::TopEigenvalue) the sharpness along training,
//! [`Hutchinson`](crate::linalg::Hutchinson) their trace, [`SpectralDensity`](crate::linalg::SpectralDensity) all of their spectrum.

mod gauss_newton;
mod hessian;
mod instances;
mod problem;

pub use gauss_newton::GaussNewtonOperator;
pub use hessian::HessianOperator;
pub use instances::Curvatures;
