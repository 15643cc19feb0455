//! Outputs of complex ops against their definitions in complex arithmetic, written down here.

use crate::case::{noise, relative_error};
use hadamard::op::Op;
use hadamard::prelude::*;

#[derive(Clone, Copy, Debug)]
struct C(f64, f64);

impl std::ops::Add for C {
    type Output = C;
    fn add(self, other: C) -> C {
        C(self.0 + other.0, self.1 + other.1)
    }
}

impl std::ops::Mul for C {
    type Output = C;
    fn mul(self, other: C) -> C {
        C(self.0 * other.0 - self.1 * other.1, self.0 * other.1 + self.1 * other.0)
    }
}

impl C {
    fn times(self, factor: f64) -> C {
        C(factor * self.0, factor * self.1)
    }
    fn abs(self) -> f64 {
        self.0.hypot(self.1)
    }
}

const ZERO: C = C(0.0, 0.0);

/// A complex sample, `[places][channels]`.
type Sample = Vec<Vec<C>>;

/// Of a row of values by place, part, channel.
fn complex(row: &[f64], places: usize) -> Sample {
    let channels = row.len() / places / 2;
    let at = |place: usize, channel: usize| {
        let part = |part: usize| row[(place * 2 + part) * channels + channel];
        C(part(0), part(1))
    };
    (0..places).map(|place| (0..channels).map(|channel| at(place, channel)).collect()).collect()
}

/// The values of a complex sample by place, part, channel.
fn values(sample: &Sample) -> Vec<f64> {
    let parts =
        |channels: &Vec<C>| channels.iter().map(|c| c.0).chain(channels.iter().map(|c| c.1)).collect::<Vec<_>>();
    sample.iter().flat_map(parts).collect()
}

/// Compares a layer on complex images with what `define` makes of a sample and the complex parameters, `A + i B` of every two.
fn check(layer: Layer, [height, width, channels]: [usize; 3], define: impl Fn(&Sample, &[Vec<Vec<C>>]) -> Vec<f64>) {
    let label = layer.label();
    let net = network("one op", layer).complex_image(height, width, channels);
    let network = net.init(Seed(3)).unwrap();
    let pair = |pair: &[hadamard::op::Parameter]| -> Vec<Vec<C>> {
        let [a, b] = pair else { unreachable!("complex parameters come in pairs") };
        let rows = a.values.rows().into_iter().zip(b.values.rows());
        rows.map(|(a, b)| a.iter().zip(b).map(|(&a, &b)| C(a, b)).collect()).collect()
    };
    let parameters: Vec<Vec<Vec<C>>> = network.parameters().chunks(2).map(pair).collect();
    let places = height * width;
    let x = noise((4, places * 2 * channels), 1);
    let y = network.outputs(&x).unwrap();
    for (row, got) in x.rows().into_iter().zip(y.rows()) {
        let expected = define(&complex(&row.to_vec(), places), &parameters);
        let expected = Matrix::from_shape_vec((1, expected.len()), expected).unwrap();
        let error = relative_error(&got.to_owned().insert_axis(Axis(0)), &expected);
        assert!(error <= 1e-13, "{label} of {height} × {width} × {channels}: {error}");
    }
}

fn each(sample: &Sample, f: impl Fn(C) -> C) -> Vec<f64> {
    values(&sample.iter().map(|channels| channels.iter().map(|&c| f(c)).collect()).collect())
}

/// `σ_w/√(2 in) h W + σ_b b`.
fn affine(h: &[C], parameters: &[Vec<Vec<C>>], (sigma_w, sigma_b): (f64, f64), outputs: usize) -> Vec<C> {
    let gain = sigma_w / (2.0 * h.len() as f64).sqrt();
    let sum = |o: usize| h.iter().enumerate().fold(ZERO, |sum, (i, &h)| sum + h * parameters[0][i][o]);
    (0..outputs).map(|o| sum(o).times(gain) + parameters[1][0][o].times(sigma_b)).collect()
}

#[test]
fn affine_ops_multiply_complex_numbers() {
    for shape in [[1, 1, 5], [2, 3, 2], [1, 1, 1]] {
        let layer = ComplexDense::new(3).sigma_w(-1.3).bias(0.4);
        check(layer.into(), shape, |x, p| {
            values(&x.iter().map(|channels| affine(channels, p, (-1.3, 0.4), 3)).collect())
        });
    }
    let layer = Conv::new(2, 3).window(2, 3).stride(2, 1).padding(1, 1).sigma_w(0.7).bias(0.2);
    check(ComplexConv::like(layer).into(), [3, 4, 2], |x, p| {
        let at = |row: isize, column: isize| match (usize::try_from(row), usize::try_from(column)) {
            (Ok(r), Ok(c)) if r < 3 && c < 4 => x[r * 4 + c].clone(),
            _ => vec![ZERO; 2],
        };
        let patch = |r: isize, c: isize| -> Vec<C> {
            (0..2).flat_map(|a| (0..3).map(move |b| (a, b))).flat_map(|(a, b)| at(2 * r + a - 1, c + b - 1)).collect()
        };
        let places = (0..2).flat_map(|r| (0..4).map(move |c| (r, c)));
        values(&places.map(|(r, c)| affine(&patch(r, c), p, (0.7, 0.2), 2)).collect())
    });
}

#[test]
fn activations_and_conversions_follow_their_formulas() {
    let shape = [2, 2, 3];
    let phase = |c: C| c.times(1.0 / c.abs());
    check(relu(), shape, |x, _| each(x, |c| C(c.0.max(0.0), c.1.max(0.0))));
    check(mod_relu(-0.6), shape, |x, _| each(x, |c| phase(c).times((c.abs() - 0.6).max(0.0))));
    check(mod_relu(0.6), shape, |x, _| each(x, |c| phase(c).times(c.abs() + 0.6)));
    let own = radial("r²", |r| r * r, |r| 2.0 * r);
    check(own, shape, |x, _| each(x, |c| phase(c).times(c.abs().powi(2))));
    check(cardioid(), shape, |x, _| each(x, |c| c.times(0.5 * (1.0 + c.1.atan2(c.0).cos()))));
    check(zrelu(), shape, |x, _| each(x, |c| if c.0 > 0.0 && c.1 > 0.0 { c } else { ZERO }));
    let real = |x: &Sample, f: &dyn Fn(C) -> f64| x.iter().flatten().map(|&c| f(c)).collect::<Vec<f64>>();
    check(modulus(), shape, |x, _| real(x, &|c| c.abs()));
    check(real_part(), shape, |x, _| real(x, &|c| c.0));
    check(imaginary_part(), shape, |x, _| real(x, &|c| c.1));
    check(stack_parts(), shape, |x, _| values(x));
    check(serial([stack_parts(), halves_to_complex()]), shape, |x, _| values(x));
    check(serial([real_part(), to_complex()]), shape, |x, _| each(x, |c| C(c.0, 0.0)));
    check(scale(-1.7), shape, |x, _| each(x, |c| c.times(-1.7)));
    check(flatten(), shape, |x, _| values(&vec![x.iter().flatten().copied().collect()]));
    check(global_average_pool(), shape, |x, _| {
        values(&vec![(0..3).map(|c| x.iter().fold(ZERO, |sum, place| sum + place[c]).times(0.25)).collect()])
    });
}

#[test]
fn combinators_multiply_add_and_join_complex_branches() {
    let shape = [2, 2, 3];
    let average = |x: &Sample, c: usize| x.iter().fold(ZERO, |sum, place| sum + place[c]).times(0.25);
    let with_average = |x: &Sample, f: &dyn Fn(C, C) -> C| {
        let place = |channels: &Vec<C>| channels.iter().enumerate().map(|(c, &v)| f(v, average(x, c))).collect();
        values(&x.iter().map(place).collect())
    };
    check(hadamard([identity(), scale(2.0), identity()]), shape, |x, _| each(x, |c| (c * c * c).times(2.0)));
    check(hadamard([global_average_pool(), relu()]), shape, |x, _| {
        with_average(x, &|v, g| g * C(v.0.max(0.0), v.1.max(0.0)))
    });
    let one = C(1.0, 0.0);
    check(hadamard_skip([scale(2.0), global_average_pool(), identity()]), shape, |x, _| {
        with_average(x, &|v, g| v.times(2.0) * (one + g) * (one + v))
    });
    check(sum([global_average_pool(), identity()]), shape, |x, _| with_average(x, &|v, g| v + g));
    check(concat([identity(), scale(2.0)]), shape, |x, _| {
        let place = |v: &Vec<C>| v.iter().copied().chain(v.iter().map(|c| c.times(2.0))).collect();
        values(&x.iter().map(place).collect())
    });
    // A convolution of a window of one place is a dense layer.
    let [a, b] = [complex_conv(2, 1), complex_dense(2)].map(|layer| {
        let net = network("one", layer).complex_image(2, 1, 3).init(Seed(2)).unwrap();
        net.outputs(&noise((3, 12), 4)).unwrap()
    });
    assert!(relative_error(&a, &b) <= 1e-14);
    assert!(conv(1, 1).label() != complex_conv(1, 1).label());
}
