//! What can be wrong with a file of parameters.

/// What does not fit in a file of parameters; [`Error::Tensor`](super::Error::Tensor) says which file.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TensorFault {
    /// The tensors of a file are not those asked for.
    #[error(
        "missing: {missing}; not asked for: {surplus}; .read_named(…) takes the tensors of a list of names in forward order, and no others",
        missing = listed(missing), surplus = listed(surplus)
    )]
    Names {
        /// Tensors that it does not hold.
        missing: Vec<String>,
        /// Tensors that no parameter takes.
        surplus: Vec<String>,
    },
    /// A tensor comes twice: in the file, or in a list of names.
    #[error("the tensor {tensor} comes twice {why}", tensor = tensor.escape_debug())]
    Repeated {
        /// Its name.
        tensor: String,
        /// Where it comes twice, and what can be done.
        why: &'static str,
    },
    /// A convolution with strides whose padding no convolution of PyTorch has, in PyTorch's layout.
    #[error(
        "{parameter} is of a convolution with stride {} × {} whose same padding puts other numbers of zeros before and after its {} × {} inputs ([[top, bottom], [left, right]] = {padding:?}); PyTorch's Conv2d(padding=p) puts p on both sides: say .padding(p, p), or .padding_sides([top, bottom], [left, right]) if the network pads so by itself",
        stride.0, stride.1, input.0, input.1
    )]
    UnevenPadding {
        /// The name of the convolution's weight.
        parameter: String,
        /// Steps down and to the right.
        stride: (usize, usize),
        /// Height and width of the input.
        input: (usize, usize),
        /// Zeros before and after the rows, and before and after the columns.
        padding: [[usize; 2]; 2],
    },
    /// A tensor of other numbers than floats.
    #[error(
        "the tensor {tensor} holds {numbers}; convert it to float16, float32 or float64, or leave it out of the names if it is no parameter",
        tensor = tensor.escape_debug(), numbers = numbers.escape_debug()
    )]
    Type {
        /// Its name.
        tensor: String,
        /// What it holds, as the file says it.
        numbers: String,
    },
    /// A tensor that does not have the shape of its parameter.
    #[error(
        "the tensor {tensor} is {got:?}; the parameter {parameter} takes {expected:?}{hint}",
        tensor = tensor.escape_debug(),
        hint = fits.map(|layout| format!("; read with Layout::{layout} it would fit")).unwrap_or_default()
    )]
    Shape {
        /// Its name.
        tensor: String,
        /// The name of the parameter.
        parameter: String,
        /// The shape that would be right.
        expected: Box<[usize]>,
        /// The shape found.
        got: Box<[usize]>,
        /// The [layout](crate::net::Layout) in which the shape found would be right.
        fits: Option<&'static str>,
    },
    /// A NaN or an infinity in a tensor.
    #[error(
        "the tensor {tensor} holds {value} at row {row}, column {column} of the parameter {parameter}; every value must be finite",
        tensor = tensor.escape_debug()
    )]
    NotFinite {
        /// Its name.
        tensor: String,
        /// The name of the parameter.
        parameter: String,
        /// Row of the parameter's first offending value.
        row: usize,
        /// Column of the parameter's first offending value.
        column: usize,
        /// The value itself.
        value: f64,
    },
}

/// Names for a message, which stays readable however many and whatever they are.
pub(super) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| name.escape_debug().to_string()).collect();
    match names.len() {
        0 => "none".into(),
        count if count > SHOWN => format!("{} and {} more", shown.join(", "), count - SHOWN),
        _ => shown.join(", "),
    }
}
