//! Shapes between layers, and what an op must know to give its own.

use crate::error::{Error, Result};
use std::fmt;

/// Shape of one sample between layers: positions of an image, each with channels. Vectors have one position.
///
/// A complex sample holds two real rows of channels at every place, real parts and then imaginary parts, which count as positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows of positions.
    pub height: usize,
    /// Columns of positions.
    pub width: usize,
    /// Channels at each position; the features of a vector.
    pub channels: usize,
    /// Whether the channels are complex numbers.
    pub complex: bool,
}

/// Values of a sample between layers, and numbers in a parameter: more are a mistake, and below it no size overflows.
pub(crate) const LARGEST: usize = 1 << 40;

impl Shape {
    /// A vector.
    pub fn vector(features: usize) -> Self {
        Self::image(1, 1, features)
    }

    /// An image; in a matrix of samples its values are ordered by row, column, channel.
    pub fn image(height: usize, width: usize, channels: usize) -> Self {
        Self { height, width, channels, complex: false }
    }

    /// The same places and channels of complex numbers.
    pub fn of_complex(self) -> Self {
        Self { complex: true, ..self }
    }

    /// The same places and channels of real numbers.
    pub fn of_reals(self) -> Self {
        Self { complex: false, ..self }
    }

    /// Rows at every place: 2 of complex numbers, 1 of reals.
    pub fn parts(&self) -> usize {
        if self.complex { 2 } else { 1 }
    }

    /// Places of an image.
    pub fn places(&self) -> usize {
        self.height.saturating_mul(self.width)
    }

    /// Number of positions: places, twice of complex numbers.
    pub fn positions(&self) -> usize {
        self.places().saturating_mul(self.parts())
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.positions().saturating_mul(self.channels)
    }

    /// True if it holds no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The shape itself, if a sample of it holds values, and not more than any computer.
    ///
    /// # Errors
    /// [`Error::Range`].
    pub(crate) fn checked(self, op: &'static str) -> Result<Self> {
        check_count(op, "the number of values of a sample", self.len()).map(|()| self)
    }

    /// The same positions with other channels.
    pub fn with_channels(self, channels: usize) -> Self {
        Self { channels, ..self }
    }
}

/// # Errors
/// [`Error::Range`] for a count of zero or above [`LARGEST`].
pub(crate) fn check_count(op: &'static str, what: &'static str, count: usize) -> Result<()> {
    if (1..=LARGEST).contains(&count) {
        return Ok(());
    }
    Err(Error::Range { place: op, what, value: count as f64, legal: "at least 1 and at most 2^40" })
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.places() {
            1 => write!(f, "[{}]", self.channels)?,
            _ => write!(f, "[{} × {} × {}]", self.height, self.width, self.channels)?,
        }
        if self.complex { write!(f, " complex") } else { Ok(()) }
    }
}

/// Where the scales of the weights stand: see the table in the [crate's documentation](crate#parametrisation).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Parametrisation {
    /// Weights `N(0, 1)`, scales in the forward pass (Jacot et al. 2018).
    #[default]
    Ntk,
    /// Scales in the initial weights, none in the forward pass.
    Standard,
    /// Maximal update (Yang and Hu 2021): as `Ntk`, the readout divided by a further `√m`, all learning rates times `m`.
    MuP,
}

/// What the shapes and the parameters of an op depend on besides its input.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// What [`Width::Hidden`](crate::op::Width::Hidden) stands for.
    pub hidden: Option<usize>,
    /// Where the scales stand.
    pub parametrisation: Parametrisation,
    /// Shape of the network's input.
    pub origin: Shape,
}

/// The number of outputs of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// A number.
    Fixed(usize),
    /// The network's width, set by [`Net::width`](crate::net::Net::width).
    Hidden,
}

impl Width {
    /// The number, if it is known.
    pub fn number(self, hidden: Option<usize>) -> Option<usize> {
        match self {
            Width::Fixed(width) => Some(width),
            Width::Hidden => hidden,
        }
    }

    /// # Errors
    /// [`Error::Unset`] if it is open, [`Error::Range`] if it is zero.
    pub(crate) fn resolve(self, op: &'static str, hidden: Option<usize>) -> Result<usize> {
        match self.number(hidden) {
            None => Err(Error::Unset { network: "network".into(), what: "width" }),
            Some(0) => Err(Error::Range { place: op, what: "the width", value: 0.0, legal: "at least 1" }),
            Some(width) => check_count(op, "the width", width).map(|()| width),
        }
    }
}

impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Width::Fixed(width) => write!(f, "{width}"),
            Width::Hidden => write!(f, "width"),
        }
    }
}
