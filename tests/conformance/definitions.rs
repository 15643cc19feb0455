//! Outputs against the definition of each op, written down here with plain loops.

use crate::case::{Case, Limit, for_each, noise, relative_error};
use crate::cases::cases;
use hadamard::op::{AdaptivePool, Role};
use hadamard::prelude::*;

/// One sample: `value(row, column, channel)`.
struct Image<'a> {
    values: ndarray::ArrayView1<'a, f64>,
    shape: [usize; 3],
}

impl Image<'_> {
    /// Zero outside the image.
    fn at(&self, row: isize, column: isize, channel: usize) -> f64 {
        let [height, width, channels] = self.shape;
        match (usize::try_from(row), usize::try_from(column)) {
            (Ok(r), Ok(c)) if r < height && c < width => self.values[(r * width + c) * channels + channel],
            _ => 0.0,
        }
    }

    fn pixel(&self, position: usize, channel: usize) -> f64 {
        self.values[position * self.shape[2] + channel]
    }
}

/// Compares the outputs of one layer with `define`, which gets a sample and the layer's parameters.
fn check(layer: Layer, shape: [usize; 3], define: impl Fn(&Image<'_>, &[Matrix]) -> Vec<f64>) {
    let label = hadamard::op::Op::label(&layer);
    let [height, width, channels] = shape;
    let network = network("one op", layer).image(height, width, channels).init(Seed(3)).unwrap();
    let x = noise((4, height * width * channels), 1);
    let parameters: Vec<Matrix> = network.parameters().iter().map(|p| p.values.clone()).collect();
    let y = network.outputs(&x).unwrap();
    for (values, got) in x.rows().into_iter().zip(y.rows()) {
        let expected = define(&Image { values, shape }, &parameters);
        let expected = Matrix::from_shape_vec((1, expected.len()), expected).unwrap();
        let error = relative_error(&got.to_owned().insert_axis(Axis(0)), &expected);
        assert!(error <= 1e-13, "{label} of {shape:?}: {error}");
    }
}

/// `σ_w/√in · h W + σ_b b` for output `o`.
fn affine(h: &[f64], parameters: &[Matrix], (sigma_w, sigma_b): (f64, f64), o: usize) -> f64 {
    let sum: f64 = h.iter().zip(parameters[0].column(o)).map(|(h, w)| h * w).sum();
    sigma_w / (h.len() as f64).sqrt() * sum + sigma_b * parameters[1][[0, o]]
}

#[test]
fn dense_layers_and_vectors_of_parameters_act_on_channels() {
    check(Dense::new(3).sigma_w(-1.3).bias(0.4).into(), [2, 2, 5], |x, p| {
        let pixel = |i: usize| (0..5).map(|c| x.pixel(i, c)).collect::<Vec<_>>();
        (0..4).flat_map(|i| (0..3).map(move |o| (i, o))).map(|(i, o)| affine(&pixel(i), p, (-1.3, 0.4), o)).collect()
    });
    check(Dense::new(2).plain_gain(0.7).into(), [1, 1, 4], |x, p| {
        (0..2).map(|o| 0.7 * (0..4).map(|c| x.pixel(0, c) * p[0][[c, o]]).sum::<f64>()).collect()
    });
    let each = |x: &Image<'_>, f: &dyn Fn(f64, usize) -> f64| -> Vec<f64> {
        x.values.iter().enumerate().map(|(i, &v)| f(v, i % x.shape[2])).collect()
    };
    check(bias(0.6), [2, 2, 3], |x, p| each(x, &|v, c| v + 0.6 * p[0][[0, c]]));
    check(scale(-1.7), [2, 2, 3], |x, _| each(x, &|v, _| -1.7 * v));
    check(serial([trained_scale(1.4), bias(1.0)]), [2, 2, 3], |x, p| {
        assert!(p[0] == Matrix::from_elem((1, 3), 1.4));
        each(x, &|v, c| p[0][[0, c]] * v + p[1][[0, c]])
    });
    check(flatten(), [2, 3, 2], |x, _| x.values.to_vec());
    check(serial([dense(5), injection()]), [2, 3, 2], |x, _| x.values.to_vec());
}

#[test]
fn convolutions_are_sums_over_windows() {
    // Of the padding: before and after the rows, before and after the columns; none stands for "same".
    type Numbers = ([usize; 3], [usize; 2], [usize; 2], Option<[[usize; 2]; 2]>);
    let valid = Some([[0; 2]; 2]);
    let cases: [Numbers; 16] = [
        ([3, 4, 2], [3, 3], [1, 1], None),
        ([3, 4, 2], [2, 2], [1, 1], None),
        ([5, 4, 1], [2, 3], [2, 1], valid),
        ([6, 5, 1], [3, 2], [2, 3], None),
        ([5, 6, 2], [4, 1], [3, 2], None),
        ([4, 6, 1], [1, 2], [3, 3], None),
        ([2, 3, 2], [5, 4], [1, 1], None),
        ([4, 4, 1], [4, 4], [1, 1], valid),
        ([1, 1, 3], [3, 3], [2, 2], None),
        ([4, 4, 1], [3, 3], [2, 2], Some([[1, 1], [1, 1]])),
        ([5, 4, 2], [3, 2], [2, 1], Some([[1, 1], [0, 0]])),
        ([4, 3, 1], [2, 3], [1, 2], Some([[0, 1], [2, 0]])),
        ([6, 6, 3], [7, 7], [2, 2], Some([[3, 3], [3, 3]])),
        ([1, 1, 2], [3, 3], [1, 1], Some([[1, 1], [1, 1]])),
        // Whole windows on the rim.
        ([2, 2, 1], [1, 2], [1, 1], Some([[2, 1], [3, 3]])),
        ([1, 3, 1], [2, 2], [3, 3], Some([[4, 0], [2, 5]])),
    ];
    for (shape, size, stride, padding) in cases {
        let layer = Conv::new(2, 1).window(size[0], size[1]).stride(stride[0], stride[1]).sigma_w(1.2).bias(0.3);
        let layer = match padding {
            None => layer.same(),
            Some([[0, 0], [0, 0]]) => layer.valid(),
            Some([[a, b], [c, d]]) if a == b && c == d => layer.padding(a, c),
            Some([rows, columns]) => layer.padding_sides(rows, columns),
        };
        check(layer.into(), shape, |x, p| {
            // Number of windows and the zeros before the first row or column.
            let axis = |input: usize, size: usize, stride: usize, zeros: Option<[usize; 2]>| {
                if let Some([before, after]) = zeros {
                    return ((input + before + after - size) / stride + 1, before as isize);
                }
                let count = (input as f64 / stride as f64).ceil() as usize;
                let zeros = ((count - 1) * stride + size) as isize - input as isize;
                (count, zeros.max(0) / 2)
            };
            let ((rows, top), (columns, left)) = (
                axis(shape[0], size[0], stride[0], padding.map(|sides| sides[0])),
                axis(shape[1], size[1], stride[1], padding.map(|sides| sides[1])),
            );
            let mut y = Vec::new();
            for (row, column) in (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))) {
                let mut patch = Vec::new();
                for (a, b) in (0..size[0]).flat_map(|a| (0..size[1]).map(move |b| (a, b))) {
                    let (r, c) = ((row * stride[0] + a) as isize - top, (column * stride[1] + b) as isize - left);
                    patch.extend((0..shape[2]).map(|channel| x.at(r, c, channel)));
                }
                y.extend((0..2).map(|o| affine(&patch, p, (1.2, 0.3), o)));
            }
            y
        });
    }
}

#[test]
fn pools_reduce_windows() {
    let window = |x: &Image<'_>, size: usize, [down, right]: [usize; 2], reduce: &dyn Fn(&[f64]) -> f64| {
        let [height, width, channels] = x.shape;
        let mut y = Vec::new();
        for row in (0..=height - size).step_by(down) {
            for column in (0..=width - size).step_by(right) {
                for channel in 0..channels {
                    let places = (0..size).flat_map(|a| (0..size).map(move |b| (a, b)));
                    let at = |(a, b): (usize, usize)| x.at((row + a) as isize, (column + b) as isize, channel);
                    y.push(reduce(&places.map(at).collect::<Vec<_>>()));
                }
            }
        }
        y
    };
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let most = |v: &[f64]| v.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for (shape, size, stride) in [([4, 4, 2], 2, [2, 2]), ([5, 6, 1], 2, [2, 3]), ([4, 5, 3], 3, [1, 2])] {
        let [down, right] = stride;
        check(AveragePool::new(size).stride(down, right).into(), shape, |x, _| window(x, size, stride, &mean));
        check(MaxPool::new(size).stride(down, right).into(), shape, |x, _| window(x, size, stride, &most));
    }
    // Places on the padding do not count.
    let padded = |x: &Image<'_>, size: usize, step: usize, [top, left]: [usize; 2], reduce: &dyn Fn(&[f64]) -> f64| {
        let [height, width, channels] = x.shape;
        let mut y = Vec::new();
        for row in (0..=height + 2 * top - size).step_by(step) {
            for column in (0..=width + 2 * left - size).step_by(step) {
                for channel in 0..channels {
                    let places = (row..row + size).flat_map(|a| (column..column + size).map(move |b| (a, b)));
                    let on =
                        places.filter(|&(a, b)| (top..top + height).contains(&a) && (left..left + width).contains(&b));
                    let at = |(a, b): (usize, usize)| x.at((a - top) as isize, (b - left) as isize, channel);
                    y.push(reduce(&on.map(at).collect::<Vec<_>>()));
                }
            }
        }
        y
    };
    for (shape, size, step, rim) in
        [([4, 4, 2], 3, 2, [1, 1]), ([1, 1, 3], 2, 1, [1, 1]), ([1, 5, 1], 3, 3, [2, 1]), ([5, 2, 2], 2, 1, [0, 1])]
    {
        let [down, right] = rim;
        check(AveragePool::new(size).stride(step, step).padding(down, right).into(), shape, |x, _| {
            padded(x, size, step, rim, &mean)
        });
        check(MaxPool::new(size).stride(step, step).padding(down, right).into(), shape, |x, _| {
            padded(x, size, step, rim, &most)
        });
    }
    check(average_pool(2), [5, 5, 1], |x, _| window(x, 2, [2, 2], &mean));
    check(max_pool(3), [6, 7, 1], |x, _| window(x, 3, [3, 3], &most));
    check(global_average_pool(), [3, 2, 2], |x, _| {
        (0..2).map(|c| (0..6).map(|i| x.pixel(i, c)).sum::<f64>() / 6.0).collect()
    });
    for (features, units) in [(7, 3), (3, 7), (4, 8), (5, 5), (6, 4)] {
        check(AdaptivePool::to(units).into(), [1, 1, features], |x, _| {
            let unit = |u: usize| {
                let start = (u as f64 * features as f64 / units as f64).floor() as usize;
                let end = ((u + 1) as f64 * features as f64 / units as f64).ceil() as usize;
                (start..end).map(|c| x.pixel(0, c)).sum::<f64>() / (end - start) as f64
            };
            (0..units).map(unit).collect()
        });
    }
}

#[test]
fn layer_norm_and_attention_follow_their_formulas() {
    check(LayerNorm::new(0.3).into(), [2, 2, 5], |x, _| {
        let normal = |i: usize, c: usize| {
            let mean = (0..5).map(|c| x.pixel(i, c)).sum::<f64>() / 5.0;
            let variance = (0..5).map(|c| (x.pixel(i, c) - mean).powi(2)).sum::<f64>() / 5.0;
            (x.pixel(i, c) - mean) / (variance + 0.3).sqrt()
        };
        (0..4).flat_map(|i| (0..5).map(move |c| (i, c))).map(|(i, c)| normal(i, c)).collect()
    });
    check(Attention::new(3, 2).sigma_w(1.4).into(), [2, 2, 5], |x, p| {
        let project = |which: usize, i: usize, o: usize| {
            1.4 / 5f64.sqrt() * (0..5).map(|c| x.pixel(i, c) * p[which][[c, o]]).sum::<f64>()
        };
        let score = |i: usize, j: usize| {
            let product: f64 = (0..3).map(|o| project(0, i, o) * project(1, j, o)).sum();
            (product / 3f64.sqrt()).exp()
        };
        let value = |i: usize, o: usize| {
            let total: f64 = (0..4).map(|j| score(i, j)).sum();
            (0..4).map(|j| score(i, j) / total * project(2, j, o)).sum::<f64>()
        };
        (0..4).flat_map(|i| (0..2).map(move |o| (i, o))).map(|(i, o)| value(i, o)).collect()
    });
}

#[test]
fn combinators_multiply_add_and_join_their_branches() {
    let shape = [2, 2, 3];
    let average = |x: &Image<'_>, c: usize| (0..4).map(|i| x.pixel(i, c)).sum::<f64>() / 4.0;
    // Each value with the average of its channel.
    let each = |x: &Image<'_>, f: &dyn Fn(f64, f64) -> f64| -> Vec<f64> {
        x.values.iter().enumerate().map(|(i, &v)| f(v, average(x, i % 3))).collect()
    };
    check(hadamard([identity(), scale(2.0), identity()]), shape, |x, _| each(x, &|v, _| 2.0 * v * v * v));
    check(hadamard([global_average_pool(), relu()]), shape, |x, _| each(x, &|v, g| g * v.max(0.0)));
    // The first branch has no skip of its own.
    check(hadamard_skip([scale(2.0), global_average_pool(), tanh()]), shape, |x, _| {
        each(x, &|v, g| 2.0 * v * (1.0 + g) * (1.0 + v.tanh()))
    });
    check(hadamard_skip([global_average_pool(), erf()]), shape, |x, _| each(x, &|v, g| g * (1.0 + libm::erf(v))));
    check(sum([global_average_pool(), identity(), scale(-3.0)]), shape, |x, _| each(x, &|v, g| g - 2.0 * v));
    check(residual(tanh()), shape, |x, _| each(x, &|v, _| v + v.tanh()));
    check(repeat(2, serial([scale(2.0), residual(identity())])), shape, |x, _| each(x, &|v, _| 16.0 * v));
    check(concat([identity(), scale(2.0), residual(scale(2.0))]), shape, |x, _| {
        (0..4)
            .flat_map(|i| [1.0, 2.0, 3.0].map(|factor| (0..3).map(move |c| (i, c, factor))))
            .flatten()
            .map(|(i, c, factor)| factor * x.pixel(i, c))
            .collect()
    });
}

#[test]
fn parametrisations_draw_the_same_functions() {
    let named = |case: &Case, name: &str| case.name().ends_with(name);
    let cases: Vec<Case> =
        cases().into_iter().filter(|case| named(case, ", Standard") || named(case, ", MuP")).collect();
    assert!(cases.len() >= 18 && cases.iter().all(|case| matches!(case.limit, Limit::Sampled { .. })));
    for_each("draws", &cases, |case| {
        let x = case.points(5, 1);
        let own = case.small().init(Seed(4)).unwrap();
        let ntk = case.small().parametrisation(Parametrisation::Ntk).init(Seed(4)).unwrap();
        let mut expected = ntk.outputs(&x).unwrap();
        if named(case, "MuP") {
            let readout = own.parameters().iter().rfind(|p| p.slot().role == Role::Weight).unwrap();
            expected /= (readout.values.nrows() as f64).sqrt();
        }
        let error = relative_error(&own.outputs(&x).unwrap(), &expected);
        assert!(error <= 1e-13, "{}: {error}", case.name());
        assert!(own.parameters() != ntk.parameters(), "{}", case.name());
    });
}

/// That a network of tied layers is one of repeated layers whose parameters are copies, and its derivatives sums over the copies.
fn tied_is_copied(step: Layer, times: usize, input: [usize; 3]) {
    let build = |block: Layer| {
        let layers = [hidden(), block, flatten(), dense(2)];
        network("tied", serial(layers)).image(input[0], input[1], input[2]).width(4).init(Seed(3)).unwrap()
    };
    let (own, mut copied) = (build(tied(times, step.clone())), build(repeat(times, step)));
    // The first layer's, those of the step, the readout's; the step's again for every time.
    let count = own.parameters().len() - 2;
    let of = |index: usize| match index {
        0 => 0,
        i if i > times * count => count + 1,
        i => 1 + (i - 1) % count,
    };
    for index in 0..copied.parameters().len() {
        copied.parameters_mut()[index].values = own.parameters()[of(index)].values.clone();
    }
    let x = noise((5, input.iter().product()), 1);
    assert!(relative_error(&own.outputs(&x).unwrap(), &copied.outputs(&x).unwrap()) <= 1e-14);
    let u = noise((5, 2), 2);
    let mut sums: Vec<Matrix> = own.parameters().iter().map(|p| Matrix::zeros(p.values.dim())).collect();
    for (index, part) in copied.vector_jacobian(&u, &x).unwrap().iter().enumerate() {
        sums[of(index)] += part;
    }
    for (got, expected) in own.vector_jacobian(&u, &x).unwrap().iter().zip(&sums) {
        assert!(relative_error(got, expected) <= 1e-13);
    }
    // In the kernel the times have cross terms: it is not the copies' kernel.
    let [own, copied] = [own, copied].map(|network| network.kernel(&x).unwrap().ntk().values().clone());
    assert!(times == 1 || relative_error(&own, &copied) >= 1e-3);
}

#[test]
fn tied_layers_are_repeated_layers_with_copied_parameters() {
    let dense_step: Layer = serial([tanh(), Dense::hidden().bias(0.4).into()]);
    for times in [1, 2, 5] {
        tied_is_copied(dense_step.clone(), times, [1, 1, 3]);
        tied_is_copied(residual(dense_step.clone()), times, [2, 3, 2]);
        tied_is_copied(serial([relu(), conv(4, 2), trained_scale(0.8)]), times, [3, 2, 1]);
    }
    let net = |layer: Layer| network("tied", layer).input(3).init(Seed(0));
    assert!(matches!(net(tied(0, hidden())), Err(Error::Range { .. })));
    assert!(matches!(net(tied(2, dense(4))), Err(Error::Size { expected: 3, got: 4, .. })));
    assert!(net(tied(1, dense(4))).is_ok());
}
