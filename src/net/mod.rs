//! Networks: an architecture is a value ([`Net`]); with parameters drawn it is a [`Network`].

mod network;
mod tree;
mod zoo;

pub use network::Network;
pub(crate) use network::finite;
pub use zoo::{ccp, mlp, pnn};

use crate::data::Seed;
use crate::error::{Error, Result, check_input};
use crate::op::{Dense, Layer, Op};
use ndarray::Array2;

/// An architecture: a tree of ops with a name, and the sizes that the tree leaves open.
///
/// Sizes are filled in with [`Net::input`] and [`Net::width`]; the limit kernel needs neither. `Display` prints the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    name: String,
    layer: Layer,
    input: Option<usize>,
    width: Option<usize>,
}

/// A network of one's own from a tree of ops.
///
/// ```
/// use hadamard::prelude::*;
/// let gated = network("gated", serial([hadamard([dense(512), serial([dense(512), tanh()])]), dense(1)]));
/// assert_eq!(gated.input(8).parameters()?, 2 * 8 * 512 + 512);
/// # Ok::<(), Error>(())
/// ```
pub fn network(name: &str, layer: Layer) -> Net {
    Net { name: name.into(), layer, input: None, width: None }
}

impl Net {
    /// Sets the number of units of every [`hidden`](crate::op::hidden) layer.
    pub fn width(self, units: usize) -> Self {
        Self { width: Some(units), ..self }
    }

    /// Sets the number of input features.
    pub fn input(self, features: usize) -> Self {
        Self { input: Some(features), ..self }
    }

    /// Sets the name used in tables, charts and errors.
    pub fn named(self, name: &str) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The root of the tree.
    pub fn layer(&self) -> &Layer {
        &self.layer
    }

    /// Number of parameters.
    ///
    /// # Errors
    /// [`Error::Unset`] if a size is missing; widths that are zero or differ between branches.
    pub fn parameters(&self) -> Result<usize> {
        Ok(self.shapes()?.iter().map(|(dense, input, output)| (input + usize::from(dense.has_bias())) * output).sum())
    }

    /// Draws all parameters from `N(0, 1)`; every dense layer has a random stream of its own.
    ///
    /// # Errors
    /// As for [`Net::parameters`].
    pub fn init(&self, seed: Seed) -> Result<Network> {
        let shapes = self.shapes()?;
        let parameters = shapes
            .into_iter()
            .enumerate()
            .map(|(stream, (dense, input, output))| dense.initialise(input, output, seed.normals(stream as u64)))
            .collect();
        Ok(Network::new(self.clone(), parameters))
    }

    /// Checks an input against the number of features, if that is set.
    pub(crate) fn check(&self, place: &'static str, x: &Array2<f64>) -> Result<()> {
        check_input(place, x, self.input)?;
        // Width 0 and mismatched branches are refused here too, although the limit does not need the width: where it is not
        // set, some width must fit.
        let mut fixed = Vec::new();
        self.layer.dense_layers(&mut fixed);
        let candidates = match self.width {
            Some(width) => vec![width],
            None => std::iter::once(1).chain(fixed.iter().filter_map(|dense| dense.fixed_width())).collect(),
        };
        let mut results =
            candidates.into_iter().map(|width| self.layer.output_width(x.ncols(), Some(width)).map(|_| ()));
        let first = results.next().unwrap_or(Ok(()));
        if first.is_err() && results.any(|r| r.is_ok()) { Ok(()) } else { first }
    }

    /// Dense layers with their input and output widths, in forward order.
    fn shapes(&self) -> Result<Vec<(&Dense, usize, usize)>> {
        let input = self.input.ok_or_else(|| Error::Unset { network: self.name.clone(), what: "input" })?;
        let named = |error| match error {
            Error::Unset { what, .. } => Error::Unset { network: self.name.clone(), what },
            other => other,
        };
        self.layer.output_width(input, self.width).map_err(named)?;
        let mut widths = Vec::new();
        self.layer.input_widths(input, self.width, &mut widths).map_err(named)?;
        let mut dense = Vec::new();
        self.layer.dense_layers(&mut dense);
        dense
            .into_iter()
            .zip(widths)
            .map(|(layer, input)| Ok((layer, input, layer.output_width(input, self.width).map_err(named)?)))
            .collect()
    }
}
