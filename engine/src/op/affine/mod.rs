//! Ops with parameters of their own: weights that act on channels, patches or tokens, biases, scales.

mod attention;
mod bias;
mod conv;
mod dense;
mod scale;
pub(in crate::op) mod weighted;

pub use attention::{Attention, attention};
pub use bias::{Bias, bias};
pub(crate) use conv::Uneven;
pub use conv::{Conv, conv};
pub use dense::{Dense, Gain, dense, hidden};
pub use scale::{Scale, scale, trained_scale};
