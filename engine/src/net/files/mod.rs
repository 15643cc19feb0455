//! Parameters in files: `.npz` and `.safetensors`.

mod layout;
mod names;

pub use layout::Layout;

use super::{Net, Network, Networks};
use crate::atomic_file::write_whole;
use crate::error::{Error, Result, TensorFault};
use crate::op::{Parameter, Slot};
use crate::tensors::{Header, Npz, Safetensors, Stored, Tensors, write_npz, write_safetensors};
use layout::Order;
use ndarray::Array2;
use std::fs::File;
use std::io;
use std::path::Path;

/// The two kinds of files.
enum Format {
    Npz,
    Safetensors,
}

impl Format {
    /// By the ending of the name.
    fn of(path: &Path) -> Result<Self> {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        match ending.to_str() {
            Some("npz") => Ok(Self::Npz),
            Some("safetensors") => Ok(Self::Safetensors),
            _ => {
                let reason = "a file of parameters ends in .npz or .safetensors";
                Err(at(path)(io::Error::new(io::ErrorKind::InvalidInput, reason)))
            }
        }
    }
}

impl<F: Networks> Network<F> {
    /// Writes the parameters to a file, `.npz` (NumPy, uncompressed) or `.safetensors` by the ending of its name, in the
    /// network's own precision; [`Net::read`] gives them back bit by bit.
    ///
    /// The tensors have the parameters' [names](Parameter::name), `0.dense.weight`, and the shapes `[in, out]`,
    /// `[height, width, in, out]` for the window of a convolution, `[channels]` for a bias or a scale. The architecture is not
    /// written. The file appears whole or not at all, and replaces one of the same name.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// let path = std::env::temp_dir().join("hadamard-example.npz");
    /// let net = pnn(2).input(3).width(8);
    /// let network = net.init(Seed(0))?;
    /// network.write(&path)?;
    /// assert_eq!(net.read(&path)?, network);
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::File`] for another ending or if the file cannot be written; [`Error::Size`] and [`Error::NotFinite`] for
    /// parameters set to another shape or to a value that is not finite.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let format = Format::of(path)?;
        self.check_parameters()?;
        let parameters = self.parameters().iter().zip(layout::orders(self.net())?).enumerate();
        let tensors: Vec<_> = parameters
            .map(|(index, (parameter, order))| {
                let (name, shape) = (parameter.name(index), order.expected(Layout::RowsIn, parameter.slot()));
                Stored { name, shape, values: &parameter.values }
            })
            .collect();
        write_whole(path, |file| match format {
            Format::Npz => write_npz(file, &tensors),
            Format::Safetensors => write_safetensors(file, &tensors),
        })
        .map_err(at(path))
    }
}

impl Net {
    /// The network with the parameters of a file, `.npz` or `.safetensors`, of `f64`, `f32`, `f16` or `bf16`, every value of which
    /// is an `f64`.
    ///
    /// The tensors either have the parameters' own [names](Parameter::name), as [`Network::write`] gives them, or are as many as the
    /// parameters and called by one prefix and a number, as in `numpy.savez(path, *arrays)`: `arr_0`, `arr_1`, …, which are
    /// taken in the order of their numbers. Their shapes are those of [`Layout::RowsIn`]. For other names, for the layout of
    /// PyTorch and for files that hold more than the parameters there is [`Net::read_named`].
    ///
    /// The values are taken as they are: the scales of the [parametrisation](Net::parametrisation) still multiply them in the
    /// forward pass. A network trained elsewhere computes `x W + b` and is read with all scales 1, by
    /// [`Parametrisation::Standard`](crate::op::Parametrisation::Standard): see the example of [`Net::read_named`].
    ///
    /// # Errors
    /// As for [`Net::parameter_count`]; [`Error::File`] for another ending and for a file that cannot be read or is damaged;
    /// [`Error::Tensor`] for tensors missing or left over or of another shape,
    /// for anything but floats and for values that are not finite.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Network> {
        let path = path.as_ref();
        self.read_chosen(path, Layout::RowsIn, |own, present| names::own_or_numbered(path, own, present))
    }

    /// The network with the parameters of a file whose tensors have the given names, in forward order, and the given layout.
    ///
    /// Forward order is that of [`Network::parameters`]: layer by layer, in a product or sum branch by branch, the weight before
    /// the bias. Tensors that are not named, such as counters of steps, are not read, whatever they hold.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// use hadamard::net::Layout;
    /// // torch.nn.Sequential(Linear(3, 4), Tanh(), Linear(4, 2)); a bias needs σ_b > 0, whose value does not matter here.
    /// let layers = [Dense::new(4).bias(1.0).into(), tanh(), Dense::new(2).bias(1.0).into()];
    /// let net = network("trained elsewhere", serial(layers)).input(3).parametrisation(Parametrisation::Standard);
    /// let names = ["0.weight", "0.bias", "2.weight", "2.bias"];
    /// let trained = net.read_named("../tests/files/sequential.safetensors", &names, Layout::PyTorch)?;
    /// assert_eq!(trained.parameters()[0].values.dim(), (3, 4));
    /// assert!(trained.parameters().iter().all(|parameter| parameter.slot().gain == 1.0));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// A layer that a network applies twice (a tied layer) has no equal here, where every layer has parameters of its own: its
    /// outputs are those of two layers of the same values, but its derivative is the sum `J₁ + J₂` of theirs, so its tangent
    /// kernel is `Θ₁ + Θ₂ + J₁ J₂' + J₂ J₁'` and theirs only `Θ₁ + Θ₂`. On the diagonal it lies between none and twice theirs. So
    /// a name given twice is refused. A file in which the tensor stands under two names is read as two layers, whose
    /// [`jacobian`](Network::jacobian), with the columns of both added, is that of the tied network.
    ///
    /// # Errors
    /// As for [`Net::read`], but for tensors left over; [`Error::Size`] unless there is one name for every parameter. In PyTorch's
    /// layout [`TensorFault::UnevenPadding`] for a convolution with strides whose [`same`](crate::op::Conv::same) padding has more zeros
    /// on one side: `Conv2d` has none such.
    pub fn read_named(&self, path: impl AsRef<Path>, names: &[impl AsRef<str>], layout: Layout) -> Result<Network> {
        let path = path.as_ref();
        let names: Vec<_> = names.iter().map(|name| name.as_ref().to_string()).collect();
        self.read_chosen(path, layout, |own, present| {
            let (place, expected, got) = ("reading parameters", own.len(), names.len());
            if expected != got {
                return Err(Error::Size { place, what: "names, one per parameter", expected, got });
            }
            names::named(path, &names, present)
        })
    }

    /// `choose` gives the tensor of every parameter, from the parameters' names and the tensors'.
    fn read_chosen(
        &self,
        path: &Path,
        layout: Layout,
        choose: impl FnOnce(&[String], &[&str]) -> Result<Vec<usize>>,
    ) -> Result<Network> {
        let (slots, output) = self.slots()?;
        let orders = layout::orders(self)?;
        if layout == Layout::PyTorch {
            layout::check_padding(path, &slots, &orders)?;
        }
        let format = Format::of(path)?;
        let file = File::open(path).map_err(at(path))?;
        let tensors: Box<dyn Tensors> = match format {
            Format::Npz => Box::new(Npz::open(file).map_err(at(path))?),
            Format::Safetensors => Box::new(Safetensors::open(file).map_err(at(path))?),
        };
        let present = tensors.names();
        let own: Vec<_> = slots.iter().enumerate().map(|(index, slot)| slot.full_name(index)).collect();
        let chosen = choose(&own, &present)?;
        let mut parameters = Vec::with_capacity(slots.len());
        for ((slot, order), (parameter, index)) in slots.into_iter().zip(orders).zip(own.into_iter().zip(chosen)) {
            let source = Source { path, tensors: &*tensors, index, tensor: present[index], parameter };
            let values = source.values(&slot, order, layout)?;
            parameters.push(Parameter { slot, values });
        }
        Ok(Network::new(self.clone(), parameters, output))
    }
}

/// One tensor and the parameter that it is for.
struct Source<'a> {
    path: &'a Path,
    tensors: &'a dyn Tensors,
    index: usize,
    tensor: &'a str,
    parameter: String,
}

impl Source<'_> {
    fn values(self, slot: &Slot, order: Order, layout: Layout) -> Result<Array2<f64>> {
        let header = self.tensors.header(self.index).map_err(|error| self.damaged(error))?;
        let Header { shape: got, numbers } = header;
        let (path, tensor) = (self.path.to_path_buf(), self.tensor.to_string());
        let number = match numbers {
            Ok(number) if number.is_float() => number,
            Ok(number) => {
                return Err(Error::Tensor { path, fault: TensorFault::Type { tensor, numbers: number.to_string() } });
            }
            Err(numbers) => return Err(Error::Tensor { path, fault: TensorFault::Type { tensor, numbers } }),
        };
        // From here on the shape is that of the parameter, so that no file can ask for more memory than the network.
        if !order.accepts(layout, slot, &got) {
            let other = layout.other();
            let fits = order.accepts(other, slot, &got).then(|| other.name());
            let (expected, got) = (order.expected(layout, slot).into(), got.into());
            return Err(Error::Tensor {
                path,
                fault: TensorFault::Shape { tensor, parameter: self.parameter, expected, got, fits },
            });
        }
        let values = self.tensors.values(self.index, &got, number).map_err(|error| self.damaged(error))?;
        let values = order.arrange(layout, slot, values).map_err(|error| self.damaged(error))?;
        match values.indexed_iter().find(|(_, value)| !value.is_finite()) {
            Some(((row, column), &value)) => Err(Error::Tensor {
                path,
                fault: TensorFault::NotFinite { tensor, parameter: self.parameter, row, column, value },
            }),
            None => Ok(values),
        }
    }

    fn damaged(&self, error: io::Error) -> Error {
        let reason = match error.kind() {
            io::ErrorKind::UnexpectedEof => "the file ends before its values do".into(),
            _ => error.to_string(),
        };
        at(self.path)(io::Error::new(error.kind(), format!("the tensor {}: {reason}", self.tensor.escape_debug())))
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> Error {
    move |source| Error::File { path: path.to_path_buf(), source }
}
