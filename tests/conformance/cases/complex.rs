//! Networks of complex numbers.

use crate::case::Case;
use hadamard::prelude::*;

fn complex(name: &str, layers: impl IntoIterator<Item = Layer>) -> Case {
    Case::new(name, layers).complex(1, 1, 3)
}

/// Layers on complex images of 3 × 4 with two channels.
fn image(name: &str, layers: impl IntoIterator<Item = Layer>) -> Case {
    Case::new(name, layers).complex(3, 4, 2).width(4).sampled(256, 40)
}

fn biased() -> Layer {
    ComplexDense::hidden().sigma_w(1.3).bias(0.4).into()
}

fn act(activation: Layer) -> Layer {
    serial([complex_hidden(), activation])
}

fn tail(r: f64) -> f64 {
    r * r / (1.0 + r * r)
}

fn slope_of_tail(r: f64) -> f64 {
    2.0 * r / (1.0 + r * r).powi(2)
}

/// Activations in two layers, of complex inputs and of real ones.
pub fn activations() -> Vec<Case> {
    let own = || Radial::new("r²/(1 + r²)", tail, slope_of_tail);
    let own = || own().curvature(|r| (2.0 - 6.0 * r * r) / (1.0 + r * r).powi(3)).into();
    let layers: [fn() -> Layer; 5] = [relu, tanh, cardioid, || mod_relu(-0.3), || mod_relu(0.0)];
    let named = layers.into_iter().map(|layer| layer()).chain([own()]);
    let both = named.flat_map(|layer: Layer| {
        let label = hadamard::op::Op::label(&layer);
        let two = [complex_hidden(), layer.clone(), biased(), layer.clone(), complex_dense(1), real_part()];
        let real = std::iter::once(to_complex()).chain([biased(), layer, complex_dense(2), imaginary_part()]);
        [complex(&format!("{label} of complex input"), two), Case::new(&format!("{label} of real input"), real)]
    });
    both.collect()
}

/// Every op of complex numbers.
pub fn ops() -> Vec<Case> {
    let conv = |size: usize| -> Layer { ComplexConv::like(Conv::hidden(size).sigma_w(1.2).bias(0.3)).into() };
    vec![
        complex("complex outputs", [complex_hidden(), relu(), complex_dense(2)]),
        complex("complex outputs of one layer", [ComplexDense::new(2).bias(0.5).into()]),
        complex("complex products", [hadamard([act(relu()), complex_hidden()]), complex_dense(1), real_part()]),
        complex(
            "complex products with skips of means",
            [hadamard_skip([act(cardioid()), act(cardioid()), complex_hidden()]), biased(), tanh(), complex_dense(1)],
        )
        .sampled(1024, 60),
        complex("complex sums", [sum([act(cardioid()), act(relu())]), biased(), mod_relu(-0.4), complex_dense(2)]),
        complex("complex concatenation", [concat([act(relu()), complex_hidden()]), biased(), relu(), complex_dense(1)]),
        complex("complex residual", [complex_hidden(), residual(act(tanh())), complex_dense(1), real_part()]),
        complex("complex injection", [hadamard([act(tanh()), serial([injection(), biased()])]), complex_dense(1)]),
        complex("scales of complex numbers", [biased(), scale(0.7), tanh(), trained_scale(1.2), complex_dense(2)]),
        complex("modulus", [complex_hidden(), modulus(), dense(2)]),
        complex("stacked parts", [biased(), stack_parts(), hidden(), relu(), dense(1)]),
        complex(
            "parts of the input",
            [sum([serial([real_part(), hidden()]), serial([imaginary_part(), hidden()])]), erf(), dense(1)],
        ),
        Case::new("halves", [hidden(), halves_to_complex(), cardioid(), complex_hidden(), stack_parts(), dense(1)]),
        complex("complex layers with biases", [biased(), relu(), biased(), mod_relu(-0.3), complex_dense(2)])
            .parametrisation(Parametrisation::Standard),
        image(
            "complex convolution of reals",
            [to_complex(), conv(2), tanh(), flatten(), complex_dense(1), real_part()],
        )
        .image(3, 2, 2)
        .parametrisation(Parametrisation::Standard),
        complex("one complex channel", [complex_hidden(), mod_relu(-0.2), complex_dense(1)]).complex(1, 1, 1),
        complex("zReLU", [complex_hidden(), zrelu(), complex_dense(1)])
            .refused(|e| matches!(e, Error::NoLimit { op: "zReLU", .. })),
        complex("a radius that jumps", [complex_hidden(), mod_relu(0.2), complex_dense(1)])
            .refused(|e| matches!(e, Error::NoLimit { op: "modReLU(b = 0.2)", .. })),
        complex("modReLU of the input", [mod_relu(-0.1), complex_dense(1)])
            .refused(|e| matches!(e, Error::NoLimitRule { before: "the raw input", .. })),
        complex("modReLU twice", [act(mod_relu(-0.1)), mod_relu(-0.1), complex_dense(1)])
            .refused(|e| matches!(e, Error::NoLimitRule { .. })),
        image("complex convolution, averaged", [conv(2), relu(), global_average_pool(), complex_dense(1), real_part()]),
        image("complex convolution, flattened", [conv(3), cardioid(), flatten(), complex_dense(2)]),
        image(
            "complex convolutions with strides",
            [
                ComplexConv::like(Conv::hidden(2).stride(2, 1).valid()).into(),
                mod_relu(-0.2),
                conv(2),
                average_pool(2),
                flatten(),
                complex_dense(1),
                imaginary_part(),
            ],
        )
        .complex(5, 3, 1),
        image(
            "a complex gate at every place",
            [
                hadamard([serial([conv(2), relu()]), serial([global_average_pool(), complex_hidden()])]),
                flatten(),
                complex_dense(1),
            ],
        ),
    ]
}
