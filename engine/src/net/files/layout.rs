//! How files order the axes of a parameter.

use crate::error::{Error, Result, TensorFault};
use crate::net::Net;
use crate::op::{Layer, Op, Role, Shape, Site, Slot, Uneven};
use crate::tensors::broken;
use ndarray::{Array2, ArrayD, IxDyn};
use std::io;
use std::path::Path;

/// How a file orders the axes of its tensors.
///
/// | parameter | `RowsIn` | `PyTorch` |
/// |---|---|---|
/// | weight of a dense layer | `[in, out]` | `[out, in]` |
/// | weight of a convolution | `[height, width, in, out]`, or its rows flattened, `[height · width · in, out]` | `[out, in, height, width]` |
/// | bias, scale | `[channels]` | `[channels]` |
///
/// A square matrix fits both ways: nothing in a file tells `W` from its transpose, so that the layout must be known.
///
/// PyTorch flattens an image by channel, row, column, and this crate by row, column, channel. In the layout `PyTorch` the rows
/// of the dense layers after a [flattening](crate::op::flatten) are brought into this crate's order; the images themselves are
/// always given as rows of row, column, channel.
///
/// PyTorch's `Conv2d(…, stride=s, padding=p)` has `p` zeros on both sides, [`Conv::padding(p, p)`](crate::op::Conv::padding). The
/// [`same`](crate::op::Conv::same) padding of this crate, JAX and Keras is another where strides leave an odd number of zeros, as for a
/// window of 3 and a stride of 2 on an even size: such a network is refused in the layout `PyTorch`. What PyTorch pads by
/// `torch.nn.functional.pad` before a convolution is said by [`Conv::padding_sides`](crate::op::Conv::padding_sides).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Weights as they multiply rows of inputs: this crate, JAX, Keras.
    RowsIn,
    /// The `state_dict` of PyTorch.
    PyTorch,
}

impl Layout {
    pub(super) fn other(self) -> Self {
        match self {
            Self::RowsIn => Self::PyTorch,
            Self::PyTorch => Self::RowsIn,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::RowsIn => "RowsIn",
            Self::PyTorch => "PyTorch",
        }
    }
}

/// Height and width.
type Area = (usize, usize);

/// What the rows of a weight, or the entries of a vector, run over besides channels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Order {
    /// The window of a convolution, otherwise of size 1.
    window: Area,
    /// The image that was flattened into the channels, of size 1 if there was none; `None` if the channels of one image were
    /// mixed with others.
    image: Option<Area>,
    /// The padding of a convolution that is not the same on both sides.
    uneven: Option<Uneven>,
}

const ONE: Area = (1, 1);

impl Order {
    /// The shape of the tensor of a parameter.
    pub fn expected(&self, layout: Layout, slot: &Slot) -> Vec<usize> {
        let ((rows, columns), (height, width)) = (slot.dim, self.window);
        let channels = rows / (height * width);
        match (slot.role, layout) {
            (Role::Vector, _) => vec![columns],
            (Role::Weight, Layout::RowsIn) if self.window == ONE => vec![rows, columns],
            (Role::Weight, Layout::RowsIn) => vec![height, width, channels, columns],
            (Role::Weight, Layout::PyTorch) if self.window == ONE => vec![columns, rows],
            (Role::Weight, Layout::PyTorch) => vec![columns, channels, height, width],
        }
    }

    /// True if a tensor of that shape can be the parameter.
    pub fn accepts(&self, layout: Layout, slot: &Slot, shape: &[usize]) -> bool {
        let (rows, columns) = slot.dim;
        let also = match (slot.role, layout) {
            (Role::Vector, _) | (Role::Weight, Layout::RowsIn) => shape == [rows, columns],
            // A convolution whose window has size 1.
            (Role::Weight, Layout::PyTorch) => self.window == ONE && shape == [columns, rows, 1, 1],
        };
        also || shape == self.expected(layout, slot)
            || layout == Layout::RowsIn
                && self.window == ONE
                && slot.role == Role::Weight
                && shape == [1, 1, rows, columns]
    }

    /// The tensor as the parameter.
    ///
    /// # Errors
    /// In PyTorch's layout, if the order of the channels is not known.
    pub fn arrange(&self, layout: Layout, slot: &Slot, values: ArrayD<f64>) -> io::Result<Array2<f64>> {
        let values = match layout {
            Layout::RowsIn => values,
            Layout::PyTorch => {
                let Some((h, w)) = self.image else {
                    return Err(broken(
                        "after the flattening the order of its rows in PyTorch is not clear; order them by row, column, channel, and read it with Layout::RowsIn",
                    ));
                };
                let outputs = if slot.role == Role::Weight { slot.dim.1 } else { 1 };
                let (kh, kw) = self.window;
                let channels = values.len() / (outputs * kh * kw * h * w);
                let split = row_major(values, &[outputs, channels, h, w, kh, kw])?;
                split.permuted_axes(IxDyn(&[4, 5, 2, 3, 1, 0]))
            }
        };
        let values = row_major(values, &[slot.dim.0, slot.dim.1])?;
        values.into_dimensionality().map_err(broken)
    }
}

/// The values row by row in another shape.
fn row_major(values: ArrayD<f64>, shape: &[usize]) -> io::Result<ArrayD<f64>> {
    let values = if values.is_standard_layout() { values } else { values.as_standard_layout().into_owned() };
    values.into_shape_with_order(IxDyn(shape)).map_err(broken)
}

/// The order of every parameter of a network, in forward order.
pub(super) fn orders(net: &Net) -> Result<Vec<Order>> {
    let mut walk = Walk { site: net.site(net.origin_of(0)), orders: Vec::new() };
    walk.layer(net.layer(), walk.site.origin, Some(ONE))?;
    Ok(walk.orders)
}

/// Refuses what PyTorch's `Conv2d` does not do: with strides, other zeros before than after.
pub(super) fn check_padding(path: &Path, slots: &[Slot], orders: &[Order]) -> Result<()> {
    let uneven = orders.iter().enumerate().find_map(|(index, order)| Some((index, order.uneven?)));
    match uneven {
        Some((index, Uneven { stride, input, padding })) => Err(Error::Tensor {
            path: path.to_path_buf(),
            fault: TensorFault::UnevenPadding { parameter: slots[index].full_name(index), stride, input, padding },
        }),
        None => Ok(()),
    }
}

/// A pass over the layers that keeps track of flattened images.
struct Walk {
    site: Site,
    orders: Vec<Order>,
}

impl Walk {
    /// Notes the parameters of a layer whose input's channels are those of a flattened image; returns shape and image of the
    /// output.
    fn layer(&mut self, layer: &Layer, input: Shape, image: Option<Area>) -> Result<(Shape, Option<Area>)> {
        if let Layer::Serial(serial) = layer {
            return serial
                .children()
                .iter()
                .try_fold((input, image), |(shape, image), child| self.layer(child, shape, image));
        }
        if layer.children().is_empty() {
            return self.leaf(layer, input, image);
        }
        if let Layer::Tied(tied) = layer {
            let (child, before) = (&tied.children()[0], self.orders.len());
            let (shape, after) = self.layer(child, input, image)?;
            if after == image || tied.times() == 1 {
                return Ok((shape, after));
            }
            // The same parameters read channels in two orders.
            self.orders.truncate(before);
            return self.layer(child, input, None);
        }
        let mut images = Vec::new();
        for child in layer.children() {
            images.push(self.layer(child, input, image)?.1);
        }
        let unit_by_unit = matches!(layer, Layer::Hadamard(_) | Layer::Sum(_));
        let common = images[0].filter(|_| images.iter().all(|&other| other == images[0]));
        let shape = layer.shape(&self.site, input, &mut Vec::new())?;
        Ok((shape, common.filter(|&image| unit_by_unit || image == ONE)))
    }

    fn leaf(&mut self, layer: &Layer, input: Shape, image: Option<Area>) -> Result<(Shape, Option<Area>)> {
        let mut slots = Vec::new();
        let output = layer.shape(&self.site, input, &mut slots)?;
        let (window, uneven) = match layer {
            Layer::Conv(conv) => (conv.window_size(), conv.uneven(input)),
            Layer::ComplexConv(conv) => (conv.of_reals().window_size(), conv.of_reals().uneven(input)),
            _ => (ONE, None),
        };
        let weighs = slots.iter().any(|slot| slot.role == Role::Weight);
        self.orders.extend(slots.iter().map(|slot| match slot.role {
            Role::Weight => Order { window, image, uneven },
            // The vectors of an op with weights belong to its output.
            Role::Vector => Order { window: ONE, image: if weighs { Some(ONE) } else { image }, uneven: None },
        }));
        let ordered = input.positions() == 1 || input.channels == 1;
        // An op that is not here yet has to say what it does to the order of its channels.
        let image = match layer {
            Layer::Dense(_) | Layer::Conv(_) | Layer::Attention(_) | Layer::Injection(_) => Some(ONE),
            Layer::Flatten(_) if !ordered => Some((input.height, input.width)),
            // It averages neighbours, which are others in another order.
            Layer::AdaptivePool(_) => image.filter(|&image| ordered && image == ONE),
            // They treat all channels alike.
            Layer::Flatten(_)
            | Layer::Bias(_)
            | Layer::Scale(_)
            | Layer::LayerNorm(_)
            | Layer::AveragePool(_)
            | Layer::MaxPool(_)
            | Layer::Relu(_)
            | Layer::Identity(_)
            | Layer::Tanh(_)
            | Layer::Erf(_)
            | Layer::LeakyRelu(_)
            | Layer::Abs(_)
            | Layer::Gelu(_)
            | Layer::Sigmoid(_)
            | Layer::Sine(_)
            | Layer::Monomial(_)
            | Layer::RectifiedPower(_)
            | Layer::Hermite(_)
            | Layer::Elementwise(_)
            | Layer::Modulus(_)
            | Layer::Radial(_)
            | Layer::Cardioid(_)
            | Layer::ZRelu(_) => image,
            Layer::ComplexDense(_) | Layer::ComplexConv(_) => Some(ONE),
            // They may put channels side by side.
            Layer::ToComplex(_) | Layer::Parts(_) => image.filter(|&image| image == ONE),
            Layer::Serial(_) | Layer::Hadamard(_) | Layer::Sum(_) | Layer::Concat(_) | Layer::Tied(_) => {
                unreachable!("a combinator without branches has no shape")
            }
        };
        Ok((output, image))
    }
}
