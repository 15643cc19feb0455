//! Networks: an architecture is a value ([`Net`]); with parameters drawn it is a [`Network`].

mod files;
mod identity;
mod input_gradient;
mod instances;
mod linear;
mod network;
mod scaling;
mod tree;
mod zoo;

pub use files::Layout;
pub use instances::Networks;
pub use linear::TangentOperator;
pub use network::Network;
pub(crate) use network::finite;
pub use zoo::{
    ccp, cnn, deep_pnn, gated, mlp, modulated, ncp, pnn, pnn_with_skip, poly_nonlocal, residual_mlp, squeeze_excitation,
};

use crate::error::{Error, Result, check_input, check_memory};
use crate::op::{IMAGINARY_WEIGHT, Layer, Op, Parameter, Parametrisation, Role, Shape, Site, Slot, check_count};
use crate::random::Seed;
use ndarray::Array2;

/// An architecture: a tree of ops with a name, and the sizes that the tree leaves open.
///
/// Sizes are filled in with [`Net::input`] and [`Net::width`]; the limit kernel needs neither. `Display` prints the tree.
#[derive(Clone, PartialEq)]
pub struct Net {
    name: String,
    layer: Layer,
    input: Option<Shape>,
    width: Option<usize>,
    parametrisation: Parametrisation,
    scaling: scaling::Scaling,
}

/// A network of one's own from a tree of ops.
///
/// ```
/// use hadamard::prelude::*;
/// let gated = network("gated", serial([hadamard([dense(512), serial([dense(512), tanh()])]), dense(1)]));
/// assert_eq!(gated.input(8).parameter_count()?, 2 * 8 * 512 + 512);
/// # Ok::<(), Error>(())
/// ```
pub fn network(name: &str, layer: Layer) -> Net {
    let (parametrisation, scaling) = Default::default();
    Net { name: name.into(), layer, input: None, width: None, parametrisation, scaling }
}

impl Net {
    /// Sets the number of units of every [`hidden`](crate::op::hidden) layer.
    pub fn width(self, units: usize) -> Self {
        Self { width: Some(units), ..self }
    }

    /// Sets the number of input features.
    pub fn input(self, features: usize) -> Self {
        Self { input: Some(Shape::vector(features)), ..self }
    }

    /// Makes the input images; a row of a matrix of samples holds the values by row, column, channel.
    pub fn image(self, height: usize, width: usize, channels: usize) -> Self {
        Self { input: Some(Shape::image(height, width, channels)), ..self }
    }

    /// Makes the input complex vectors; a row of a matrix of samples holds `2 features` numbers, real parts and then imaginary ones.
    pub fn complex_input(self, features: usize) -> Self {
        self.shaped(Shape::vector(features).of_complex())
    }

    /// Makes the input complex images; a row of a matrix of samples holds the values by row, column, part, channel.
    pub fn complex_image(self, height: usize, width: usize, channels: usize) -> Self {
        self.shaped(Shape::image(height, width, channels).of_complex())
    }

    /// Sets the shape of the input.
    pub(crate) fn shaped(self, input: Shape) -> Self {
        Self { input: Some(input), ..self }
    }

    /// Sets where the scales of the weights stand; [`Parametrisation::Ntk`] unless set.
    pub fn parametrisation(self, parametrisation: Parametrisation) -> Self {
        Self { parametrisation, ..self }
    }

    /// Sets the name used in tables, charts and errors.
    pub fn named(self, name: &str) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Columns of a matrix of samples, where the input is set: of complex features two each.
    pub fn columns(&self) -> Option<usize> {
        self.input.map(|shape| shape.len())
    }

    /// The root of the tree.
    pub fn layer(&self) -> &Layer {
        &self.layer
    }

    /// Everything that results depend on: all but the name.
    pub(crate) fn identity(&self) -> (&Layer, Parametrisation, Option<Shape>, Option<usize>, &scaling::Scaling) {
        let Self { name: _, layer, input, width, parametrisation, scaling } = self;
        (layer, *parametrisation, *input, *width, scaling)
    }

    /// Number of parameters.
    ///
    /// # Errors
    /// [`Error::Unset`] if a size is missing; sizes that are zero or do not fit together; [`Error::NoReadout`].
    pub fn parameter_count(&self) -> Result<usize> {
        Ok(self.slots()?.0.iter().map(|slot| slot.dim.0 * slot.dim.1).sum())
    }

    /// Draws all parameters; every one has a random stream of its own.
    ///
    /// # Errors
    /// As for [`Net::parameter_count`]; [`Error::Memory`].
    pub fn init(&self, seed: Seed) -> Result<Network> {
        let (slots, output) = self.slots()?;
        check_memory("parameters", &[slots.iter().map(|slot| slot.dim.0 * slot.dim.1).sum()])?;
        let parameters = slots
            .into_iter()
            .enumerate()
            .map(|(stream, slot)| {
                let mut normal = seed.normals(stream as u64);
                let values = match (slot.mean, slot.deviation) {
                    (0.0, 1.0) => Array2::from_shape_simple_fn(slot.dim, normal),
                    (mean, deviation) => Array2::from_shape_simple_fn(slot.dim, || mean + deviation * normal()),
                };
                Parameter { slot, values }
            })
            .collect();
        Ok(Network::new(self.clone(), parameters, output))
    }

    /// Checks an input for the limit, and the tree as far as that can be done without a width.
    pub(crate) fn check(&self, place: &'static str, x: &Array2<f64>) -> Result<()> {
        check_input(place, x, self.input.map(|shape| shape.len()))?;
        if self.has_own_rates() {
            return Err(Error::OwnRates { place });
        }
        self.slots_of_any_width(self.origin_of(x.ncols())).map(|_| ())
    }

    /// The parameters in forward order of a network whose width may be open: the limit does not need it, but some width must fit
    /// the fixed ones.
    pub(crate) fn slots_of_any_width(&self, origin: Shape) -> Result<Vec<Slot>> {
        let origin = origin.checked("input")?;
        let slots = |hidden| {
            let mut slots = Vec::new();
            self.layer.shape(&Site { hidden: Some(hidden), ..self.site(origin) }, origin, &mut slots)?;
            check_slots(&slots).map(|()| slots)
        };
        match (self.width, slots(self.width.unwrap_or(1))) {
            (None, Err(Error::Size { expected, got, .. })) => slots(expected.max(got)),
            (_, result) => result,
        }
    }

    /// Shape of the network's input, which is a vector unless set otherwise.
    pub(crate) fn origin_of(&self, columns: usize) -> Shape {
        self.input.unwrap_or(Shape::vector(columns))
    }

    /// What the layers read of the network's settings.
    pub(crate) fn site(&self, origin: Shape) -> Site {
        Site { hidden: self.width, parametrisation: self.parametrisation, origin }
    }

    /// The parameters in forward order, and the shape of the output.
    pub(crate) fn slots(&self) -> Result<(Vec<Slot>, Shape)> {
        let origin = self.input.ok_or_else(|| Error::Unset { network: self.name.clone(), what: "input" })?;
        let origin = origin.checked("input")?;
        let mut slots = Vec::new();
        let output = self.layer.shape(&self.site(origin), origin, &mut slots).map_err(|error| match error {
            Error::Unset { what, .. } => Error::Unset { network: self.name.clone(), what },
            other => other,
        })?;
        check_slots(&slots)?;
        self.scale_slots(&mut slots)?;
        Ok((slots, output))
    }

    /// For points of so many features, unless it says itself what it reads.
    pub(crate) fn reading(&self, features: usize) -> Self {
        if self.input.is_some() { self.clone() } else { self.clone().input(features) }
    }

    /// The dense layer in which the network ends, if there are parameters before it: of a single layer no width grows.
    pub(crate) fn wide_readout(&self) -> Option<&Layer> {
        self.readout().filter(|readout| readout.slot_count() < self.layer.slot_count())
    }

    /// The dense layer in which the network ends.
    pub(crate) fn readout(&self) -> Option<&Layer> {
        let mut layer = &self.layer;
        while let Layer::Serial(serial) = layer {
            layer = serial.children().last()?;
        }
        matches!(layer, Layer::Dense(_)).then_some(layer)
    }
}

/// # Errors
/// [`Error::Range`] for a parameter of more numbers than fit in any computer.
fn check_slots(slots: &[Slot]) -> Result<()> {
    let what = "the number of values of a parameter";
    slots.iter().try_for_each(|slot| check_count(slot.op, what, slot.dim.0.saturating_mul(slot.dim.1)))
}

/// The first of the parameters whose share of the tangent kernel is the NNGP: those of the last weight, of both parts of a complex one, and
/// after it.
pub(crate) fn last_weight<F>(parameters: &[Parameter<F>]) -> usize {
    let last = parameters.iter().rposition(|p| p.slot.role == Role::Weight).unwrap_or(0);
    if parameters.get(last).is_some_and(|p| p.slot.name == IMAGINARY_WEIGHT) { last - 1 } else { last }
}
