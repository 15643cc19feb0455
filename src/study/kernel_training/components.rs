//! Convergence along the principal components of the kernel.

use super::{layers, of_half};
use crate::names::*;
use crate::saved_fields;

/// How much of the second eigenvector the targets are off the initial outputs.
pub(super) const AMPLITUDE: f64 = 0.5;
/// Numbers of hidden layers whose eigenvalues are shown.
const DEPTHS: [usize; 5] = [1, 2, 3, 4, 5];
/// Records along training.
const RECORDS: u64 = 40;
/// Mean and standard deviation of the pixels of MNIST, which many programs standardise with.
const PIXELS: (f64, f64) = (0.1307, 0.3081);

/// Digits, and the limit kernel on them.
#[derive(Clone)]
pub(super) struct Data {
    /// `[N, 784]`, pixels from 0 to 1.
    pub images: Matrix,
    /// The three largest of `Θ / N`.
    pub eigenvalues: Vec<f64>,
    /// The second eigenvector, of mean square 1.
    pub second: Vector,
    /// The cosine between the first eigenvector and a constant.
    pub constant: f64,
    /// Of other networks and other scales of the pixels.
    pub tops: Vec<Top>,
}
saved_fields!(Data { images, eigenvalues, second, constant, tops });

/// The three largest eigenvalues of a network's limit kernel over `N`.
#[derive(Clone)]
pub(super) struct Top {
    pub network: String,
    pub pixels: String,
    pub values: Vec<f64>,
}
saved_fields!(Top { network, pixels, values });

impl Data {
    pub fn new(net: &Net, count: usize, seed: Seed) -> Result<Self> {
        let digits = digits()?;
        let images = digits.images.select(Axis(0), &random_rows(digits.images.nrows(), count, seed)?);
        let largest = |net: &Net, x: &Matrix| {
            let ntk = net.clone().input(x.ncols()).limit_kernel(x)?.ntk().values() / count as f64;
            Lanczos::new(3, Seed(0)).run(&ntk)
        };
        let top = largest(net, &images)?;
        let root = (count as f64).sqrt();
        let constant = (top.vectors.row(0).sum() / root).abs();
        let mut unit = images.clone();
        let side = (images.ncols() as f64).sqrt();
        unit.rows_mut().into_iter().for_each(|mut row| row *= side / row.dot(&row).sqrt().max(f64::MIN_POSITIVE));
        let plain = "0 to 1".to_string();
        let others = [
            ("0 to 255".to_string(), &images * 255.0),
            (format!("less {}, over {}", PIXELS.0, PIXELS.1), (&images - PIXELS.0) / PIXELS.1),
            ("each image of mean square 1".to_string(), unit),
        ];
        let depths = DEPTHS.into_iter().map(|hidden| (layers(hidden), (plain.clone(), images.clone())));
        let scales = others.into_iter().map(|other| (net.clone(), other));
        let tops = depths.chain(scales).map(|(net, (pixels, x))| {
            Ok(Top { network: net.name().into(), pixels, values: largest(&net, &x)?.values.to_vec() })
        });
        let tops = tops.collect::<Result<_>>()?;
        let second = top.vectors.row(1).mapv(|v| v * root);
        Ok(Self { eigenvalues: top.values.to_vec(), second, constant, images, tops })
    }
}

/// Times of a network's records, and what is left along and across.
type Course = (Vec<f64>, Vec<f64>, Vec<f64>);

/// Networks of one width in training.
#[derive(Clone)]
pub(super) struct Component {
    pub times: Vec<f64>,
    /// The component of what is left along the second eigenvector, and the size of the rest, root mean squares over points,
    /// `[networks, times]`.
    pub along: Matrix,
    pub across: Matrix,
}
saved_fields!(Component { times, along, across });

impl Component {
    /// Up to a time at a rate.
    pub fn measure(net: &Net, data: &Data, (nets, time, rate): (usize, f64, f64), seed: Seed) -> Result<Self> {
        let networks = net.network_ensemble(nets, seed)?;
        let steps = (time / rate).round() as u64;
        let trainer = Trainer::steps(steps, Sgd::new(of_half(rate)))
            .observe(Observer::new(When::Every((steps / RECORDS).max(1))).training_outputs())
            .quiet();
        let (n, second) = (data.images.nrows() as f64, &data.second);
        let one = |network: &Network| {
            let y = network.outputs(&data.images)?.column(0).to_owned() + second * AMPLITUDE;
            let run = trainer.train(&mut network.cast::<f32>(), &Objective::new(&data.images, &y, SquaredError)?)?;
            let records = &run.records[0];
            let (mut along, mut across) = (Vec::new(), Vec::new());
            for outputs in records.array("outputs")?.outer_iter() {
                let left: Vector = outputs.iter().zip(&y).map(|(f, y)| y - f).collect();
                let g = left.dot(second) / n;
                along.push(g);
                across.push((&left - &(second * g)).mapv(|v| v * v).sum().max(0.0).sqrt() / n.sqrt());
            }
            Ok((records.steps.iter().map(|&step| step as f64 * rate).collect::<Vec<_>>(), along, across))
        };
        let found = networks.map(one)?;
        let table =
            |of: fn(&Course) -> &Vec<f64>| Matrix::from_shape_fn((nets, found[0].0.len()), |(i, j)| of(&found[i])[j]);
        Ok(Self { along: table(|f| &f.1), across: table(|f| &f.2), times: found[0].0.clone() })
    }
}
