//! Label similarity by a linear regression on features of pairs.

use super::super::Kernel;
use super::{alike, between, classes, of_one_set, sum, times, weight};
use crate::error::{Error, Result, check_input, check_memory};
use crate::linalg::{SymmetricEigen, gram, multiply};
use ndarray::{Array1, Array2, ArrayView1, Axis, s};
use rayon::prelude::*;

const PLACE: &str = "label-aware kernel of pairs";

/// Principal components of the points whose products and differences are features.
const COMPONENTS: usize = 5;
/// Features of the points themselves, with the constant.
const PLAIN: usize = 11;
/// Directions of the features that vary less, as a share of the most, are left out.
const SMALLEST: f64 = 1e-10;

/// `K + λ Z` with `Z(x, x')` a least-squares regression of `y_i y_j` on features of the pair, over all `n²` pairs of training points, which are
/// accumulated exactly: `K`, `⟨x, x'⟩`, cosine, angle and its sine, `|x - x'|²` and `exp` of it, `|x||x'|`, the correlation of the features, the
/// sum of absolute differences; and of the first five principal components the products and the absolute differences (Chen, He and Su 2020).
#[derive(Clone)]
pub struct PairRegression {
    kernel: Kernel,
    pairs: Pairs,
    /// Of the features as they are.
    coefficients: Array1<f64>,
    similarity: Array2<f64>,
    r_squared: f64,
}

/// What features of pairs are made of.
#[derive(Clone)]
struct Pairs {
    train: Points,
    mean: Array1<f64>,
    /// `[components, d]`.
    axes: Array2<f64>,
    /// Mean of `|x - x'|²` over pairs of training points.
    distance: f64,
}

/// Points with what features need of each.
#[derive(Clone)]
struct Points {
    x: Array2<f64>,
    lengths: Array1<f64>,
    /// Less the mean of the row, of length 1; zeros where the row is constant.
    centred: Array2<f64>,
    /// `[n, components]`.
    components: Array2<f64>,
}

impl PairRegression {
    /// Of a kernel `[n, n]` of the training points, the points `[n, d]` and their labels.
    ///
    /// # Errors
    /// [`Error::Size`] for other numbers of points or labels; [`Error::Range`] for one class only; [`Error::NotFinite`]; [`Error::Memory`].
    pub fn new<T: Copy + Into<usize>>(kernel: &Kernel, x: &Array2<f64>, labels: &[T]) -> Result<Self> {
        let values = of_one_set(PLACE, kernel)?;
        check_input(PLACE, x, None)?;
        let n = values.nrows();
        if x.nrows() != n {
            return Err(Error::Size { place: PLACE, what: "points", expected: n, got: x.nrows() });
        }
        let classes = classes(PLACE, labels, n)?;
        let pairs = Pairs::of(x)?;
        let width = PLAIN + 2 * pairs.axes.nrows();
        check_memory(PLACE, &[n, width + n])?;
        let near = pairs.near(pairs.train.clone());
        // Sums over all pairs, a row of them at a time; in order, whatever the threads.
        let rows: Vec<(Array2<f64>, Array1<f64>)> = (0..n)
            .into_par_iter()
            .map(|i| {
                let features = pairs.features(&near, i, values.row(i));
                let targets: Array1<f64> = classes.iter().map(|&class| alike(classes[i], class)).collect();
                (gram(&features.t().to_owned()), times(&features.t().to_owned(), &targets))
            })
            .collect();
        let mut normal = Array2::zeros((width, width));
        let mut right = Array1::zeros(width);
        for (square, product) in &rows {
            normal += square;
            right += product;
        }
        let coefficients = least_squares(&normal, &right)?;
        let similarity = pairs.similarity(&near, values, &coefficients);
        let targets = |i: usize, j: usize| alike(classes[i], classes[j]);
        let mean = (0..n).map(|i| (0..n).map(|j| targets(i, j)).sum::<f64>()).sum::<f64>() / (n * n) as f64;
        let left: f64 = similarity.indexed_iter().map(|((i, j), z)| (z - targets(i, j)).powi(2)).sum();
        let r_squared = 1.0 - left / ((n * n) as f64 * (1.0 - mean * mean));
        Ok(Self { kernel: kernel.clone(), pairs, coefficients, similarity, r_squared })
    }

    /// `Z` on the training points, `[n, n]`.
    pub fn similarity(&self) -> &Array2<f64> {
        &self.similarity
    }

    /// The share of the variance of `y_i y_j` that the regression explains.
    pub fn r_squared(&self) -> f64 {
        self.r_squared
    }

    /// `K + λ Z` on the training points: see [`HigherOrder::kernel`](super::HigherOrder::kernel).
    ///
    /// # Errors
    /// [`Error::Range`] for a ratio that is negative or not finite; [`Error::Overflow`].
    pub fn kernel(&self, ratio: f64) -> Result<Kernel> {
        sum(PLACE, &self.kernel, self.weight(ratio)?, &self.similarity)
    }

    /// `K + λ Z` between other points `[m, d]` and the training points, from `K` between them, `[m, n]`, with the same `λ`.
    ///
    /// # Errors
    /// As for [`PairRegression::kernel`]; [`Error::Size`], [`Error::NotFinite`].
    pub fn kernel_between(&self, ratio: f64, cross: &Kernel, x: &Array2<f64>) -> Result<Kernel> {
        let values = between(PLACE, cross, self.kernel.values().nrows())?;
        check_input(PLACE, x, Some(self.pairs.mean.len()))?;
        if x.nrows() != values.nrows() {
            return Err(Error::Size { place: PLACE, what: "points", expected: values.nrows(), got: x.nrows() });
        }
        let points = self.pairs.near(Points::of(x, &self.pairs.mean, &self.pairs.axes));
        sum(PLACE, cross, self.weight(ratio)?, &self.pairs.similarity(&points, values, &self.coefficients))
    }

    fn weight(&self, ratio: f64) -> Result<f64> {
        weight(PLACE, ratio, self.kernel.values(), &self.similarity)
    }
}

impl std::fmt::Debug for PairRegression {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (n, r) = (self.kernel.values().nrows(), self.r_squared);
        write!(f, "label-aware kernel of {n} training points by a linear regression of pairs, R² = {r:.3}")
    }
}

impl Points {
    fn of(x: &Array2<f64>, mean: &Array1<f64>, axes: &Array2<f64>) -> Self {
        let mut centred = x - &x.mean_axis(Axis(1)).expect("one feature or more").insert_axis(Axis(1));
        for mut row in centred.rows_mut() {
            let length = row.dot(&row).sqrt();
            row.mapv_inplace(|v| if length > 0.0 { v / length } else { 0.0 });
        }
        Self {
            lengths: x.map_axis(Axis(1), |row| row.dot(&row).sqrt()),
            components: multiply(&(x - mean), &axes.t()),
            centred,
            x: x.clone(),
        }
    }
}

/// Points with their products with the training points, `[m, n]`.
struct Near {
    points: Points,
    products: Array2<f64>,
    correlations: Array2<f64>,
}

impl Pairs {
    fn near(&self, points: Points) -> Near {
        let products = multiply(&points.x, &self.train.x.t());
        let correlations = multiply(&points.centred, &self.train.centred.t());
        Near { points, products, correlations }
    }

    fn of(x: &Array2<f64>) -> Result<Self> {
        let mean = x.mean_axis(Axis(0)).expect("one row or more");
        let moved = x - &mean;
        let (n, d) = x.dim();
        let count = COMPONENTS.min(d).min(n);
        // Axes of the smaller of both Gram matrices.
        let axes = if d <= n {
            let eigen = SymmetricEigen::new(&gram(&moved.t().to_owned()))?;
            eigen.vectors.slice(s![d - count.., ..]).to_owned()
        } else {
            let eigen = SymmetricEigen::new(&gram(&moved))?;
            let mut axes = multiply(&eigen.vectors.slice(s![n - count.., ..]).to_owned(), &moved);
            for mut axis in axes.rows_mut() {
                let length = axis.dot(&axis).sqrt();
                axis.mapv_inplace(|v| if length > 0.0 { v / length } else { 0.0 });
            }
            axes
        };
        let squares = moved.iter().map(|v| v * v).sum::<f64>() / n as f64;
        let train = Points::of(x, &mean, &axes);
        Ok(Self { train, mean, axes, distance: (2.0 * squares).max(f64::MIN_POSITIVE) })
    }

    /// Of one point with all training points, `[n, features]`.
    fn features(&self, near: &Near, index: usize, kernel: ArrayView1<'_, f64>) -> Array2<f64> {
        let (train, points) = (&self.train, &near.points);
        let (x, products, correlations) = (points.x.row(index), near.products.row(index), near.correlations.row(index));
        let length = points.lengths[index];
        let count = self.axes.nrows();
        let mut features = Array2::zeros((train.x.nrows(), PLAIN + 2 * count));
        for (j, mut row) in features.rows_mut().into_iter().enumerate() {
            let lengths = length * train.lengths[j];
            let cosine = if lengths > 0.0 { (products[j] / lengths).clamp(-1.0, 1.0) } else { 0.0 };
            let differences = x.iter().zip(train.x.row(j)).map(|(a, b)| a - b);
            let (square, absolute) = differences.fold((0.0, 0.0), |(s, a), d| (s + d * d, a + d.abs()));
            let angle = cosine.acos();
            let plain = [
                1.0,
                kernel[j],
                products[j],
                cosine,
                square,
                lengths,
                angle.sin(),
                angle,
                (-square / self.distance).exp(),
                correlations[j],
                absolute,
            ];
            row.iter_mut().zip(plain).for_each(|(to, value)| *to = value);
            for k in 0..count {
                let (a, b) = (points.components[[index, k]], train.components[[j, k]]);
                row[PLAIN + k] = a * b;
                row[PLAIN + count + k] = (a - b).abs();
            }
        }
        features
    }

    fn similarity(&self, near: &Near, kernel: &Array2<f64>, coefficients: &Array1<f64>) -> Array2<f64> {
        let rows: Vec<Array1<f64>> = (0..near.points.x.nrows())
            .into_par_iter()
            .map(|i| times(&self.features(near, i, kernel.row(i)), coefficients))
            .collect();
        let views: Vec<_> = rows.iter().map(|row| row.view()).collect();
        ndarray::stack(Axis(0), &views).expect("a point or more")
    }
}

/// The least solution of `A c = b` for a matrix of sums of products, whose features are brought to one size first.
fn least_squares(normal: &Array2<f64>, right: &Array1<f64>) -> Result<Array1<f64>> {
    let sizes = normal.diag().mapv(|v| if v > 0.0 { v.sqrt() } else { 1.0 });
    let scaled = Array2::from_shape_fn(normal.dim(), |(i, j)| normal[[i, j]] / (sizes[i] * sizes[j]));
    let eigen = SymmetricEigen::new(&scaled)?;
    let modes = times(&eigen.vectors, &(right / &sizes));
    let floor = SMALLEST * eigen.largest();
    let kept: Array1<f64> =
        modes.iter().zip(&eigen.values).map(|(mode, &value)| if value > floor { mode / value } else { 0.0 }).collect();
    Ok(times(&eigen.vectors.t().to_owned(), &kept) / &sizes)
}
