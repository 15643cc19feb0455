//! Kernels that know labels, against their definitions in plain loops, and against finite networks.

use hadamard::prelude::*;

fn points(n: usize, d: usize, seed: u64) -> (Matrix, Vec<usize>) {
    let x = gaussian(n, d, Seed(seed)).unwrap();
    let labels = x.rows().into_iter().map(|row| usize::from(row[0] + 0.5 * row[row.len() - 1] > 0.0)).collect();
    (x, labels)
}

fn ntk(x: &Matrix) -> Kernel {
    mlp(2).limit_kernel(x).unwrap().ntk().clone()
}

fn close(got: &Matrix, expected: &Matrix, share: f64) {
    assert_eq!(got.dim(), expected.dim());
    let scale = expected.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    for (at, got) in got.indexed_iter() {
        assert!((got - expected[at]).abs() <= share * scale, "{at:?}: {got} {}", expected[at]);
    }
}

/// `K⁻¹ b` by Gauss.
fn solved(a: &Matrix, b: &Matrix) -> Matrix {
    let (mut a, mut b) = (a.clone(), b.clone());
    for pivot in 0..a.nrows() {
        let scale = a[[pivot, pivot]];
        a.row_mut(pivot).mapv_inplace(|v| v / scale);
        b.row_mut(pivot).mapv_inplace(|v| v / scale);
        for row in (0..a.nrows()).filter(|&row| row != pivot) {
            let factor = a[[row, pivot]];
            let (from_a, from_b) = (a.row(pivot).to_owned(), b.row(pivot).to_owned());
            a.row_mut(row).scaled_add(-factor, &from_a);
            b.row_mut(row).scaled_add(-factor, &from_b);
        }
    }
    b
}

/// `Z(c)` by its sum over all pairs.
fn by_pairs(at: &Matrix, train: &Matrix, targets: &Matrix) -> Matrix {
    let ends = train.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
    let square = (ends.1 - ends.0).powi(2);
    at.mapv(|c| {
        let weighed = train.iter().zip(targets).map(|(t, y)| (square - (c - t).powi(2), y));
        let (sum, all) = weighed.fold((0.0, 0.0), |(s, a), (w, y)| (s + w * y, a + w));
        sum / all
    })
}

#[test]
fn higher_order_kernels_are_their_sums_over_pairs() -> Result<()> {
    for (n, d, classes) in [(2, 1, 2), (3, 2, 2), (12, 4, 2), (15, 4, 3)] {
        let (x, mut labels) = points(n, d, 3 + n as u64);
        if labels.iter().all(|l| *l == labels[0]) || classes == 3 {
            labels = (0..n).map(|i| 7 * (i % classes)).collect();
        }
        let kernel = ntk(&x);
        let values = kernel.values();
        let targets = Matrix::from_shape_fn((n, n), |(i, j)| if labels[i] == labels[j] { 1.0 } else { -1.0 });
        let others = gaussian(4, d, Seed(9))?;
        let cross = mlp(2).limit_kernel_between(&others, &x)?.ntk().clone();
        let inverse = solved(values, &targets);
        let twice = solved(values, &inverse.t().to_owned());
        for (aware, targets) in
            [(HigherOrder::new(&kernel, &labels)?, targets), (HigherOrder::by_inverse(&kernel, &labels)?, twice)]
        {
            let expected = by_pairs(values, values, &targets);
            close(aware.similarity(), &expected, 1e-7);
            let size = |a: &Matrix| a.iter().map(|v| v.abs()).sum::<f64>() / a.len() as f64;
            let weight = 0.3 * size(values) / size(&expected);
            close(aware.kernel(0.3)?.values(), &(values + &(&expected * weight)), 1e-7);
            let between = by_pairs(cross.values(), values, &targets);
            close(aware.kernel_between(0.3, &cross)?.values(), &(cross.values() + &(between * weight)), 1e-7);
            assert_eq!(aware.kernel(0.0)?.values(), values);
        }
    }
    Ok(())
}

#[test]
fn pairs_are_regressed_by_least_squares() -> Result<()> {
    let (x, labels) = points(30, 6, 1);
    let kernel = ntk(&x);
    let aware = PairRegression::new(&kernel, &x, &labels)?;
    let targets = Matrix::from_shape_fn((30, 30), |(i, j)| if labels[i] == labels[j] { 1.0 } else { -1.0 });
    // Residuals are orthogonal to every feature: to the kernel, to products, to distances, to the constant.
    let residual = aware.similarity() - &targets;
    let products = x.dot(&x.t());
    let squares =
        Matrix::from_shape_fn((30, 30), |(i, j)| products[[i, i]] + products[[j, j]] - 2.0 * products[[i, j]]);
    for feature in [Matrix::ones((30, 30)), kernel.values().clone(), products, squares] {
        let size = (feature.mapv(|v| v * v).sum() * targets.len() as f64).sqrt();
        assert!((&residual * &feature).sum().abs() <= 1e-7 * size, "{}", (&residual * &feature).sum() / size);
    }
    let variance = targets.mapv(|t| t * t).sum() - targets.sum().powi(2) / targets.len() as f64;
    let explained = 1.0 - residual.mapv(|r| r * r).sum() / variance;
    assert!((aware.r_squared() - explained).abs() <= 1e-9 && explained > 0.1, "{} {explained}", aware.r_squared());
    // The training points as others.
    let cross = mlp(2).limit_kernel_between(&x, &x)?.ntk().clone();
    close(aware.kernel_between(0.2, &cross, &x)?.values(), aware.kernel(0.2)?.values(), 1e-6);
    for (n, d) in [(2, 1), (3, 1), (4, 9)] {
        let x = gaussian(n, d, Seed(5))? * 3.0;
        let labels: Vec<usize> = (0..n).map(|i| i % 2).collect();
        let aware = PairRegression::new(&ntk(&x), &x, &labels)?;
        assert!(aware.similarity().iter().all(|z| z.is_finite()) && aware.kernel(0.1)?.values().dim() == (n, n));
    }
    Ok(())
}

/// A network of two layers, `w: [m, d]`, `a: [m]`, `f = (1/√m) Σ a relu(w · x)`: its derivatives by hand.
struct TwoLayers {
    w: Matrix,
    a: Vector,
}

impl TwoLayers {
    fn gradient(&self, x: &Vector) -> (Matrix, Vector) {
        let root = (self.a.len() as f64).sqrt();
        let u = self.w.dot(x);
        let a = u.mapv(|u| u.max(0.0) / root);
        let w = Matrix::from_shape_fn(self.w.dim(), |(r, i)| if u[r] > 0.0 { self.a[r] * x[i] / root } else { 0.0 });
        (w, a)
    }

    fn kernel(&self, x: &Vector, y: &Vector) -> f64 {
        let ((w, a), (v, b)) = (self.gradient(x), self.gradient(y));
        (w * v).sum() + (a * b).sum()
    }

    fn moved(&self, (w, a): &(Matrix, Vector), step: f64) -> Self {
        Self { w: &self.w + &(w * step), a: &self.a + &(a * step) }
    }

    /// `∇K(x, y) · ∇f(z)`, by a central difference: the kernel is quadratic between kinks.
    fn third(&self, x: &Vector, y: &Vector, z: &Vector) -> f64 {
        let (direction, h) = (self.gradient(z), 1e-6);
        (self.moved(&direction, h).kernel(x, y) - self.moved(&direction, -h).kernel(x, y)) / (2.0 * h)
    }

    fn fourth(&self, points: [&Vector; 4]) -> f64 {
        let [x, y, z, last] = points;
        let (direction, h) = (self.gradient(last), 1e-4);
        (self.moved(&direction, h).third(x, y, z) - self.moved(&direction, -h).third(x, y, z)) / (2.0 * h)
    }
}

/// The sum of the fourth-order kernel over training points against its mean over random networks, with weights computed here.
#[test]
fn the_hierarchy_is_the_mean_over_finite_networks() -> Result<()> {
    let (n, d, width, nets) = (4, 3, 2, 3000);
    let x = gaussian(n, d, Seed(2))?;
    let y = array![1.0, -1.0, 1.0, -1.0];
    let hierarchy = Hierarchy::new(&x, &y, (width, 20_000), Seed(5))?;
    let base = network("two layers", serial((Dense::hidden().plain_gain(1.0), relu(), dense(1)))).limit_kernel(&x)?;
    let eigen = SymmetricEigen::new(base.ntk().values())?;
    let modes = eigen.vectors.dot(&y);
    let inner = Matrix::from_shape_fn((n, n), |(i, j)| {
        modes[i] * modes[j] / (eigen.values[i] * (eigen.values[i] + eigen.values[j]))
    });
    let weights = eigen.vectors.t().dot(&inner).dot(&eigen.vectors);
    let rows: Vec<Vector> = x.rows().into_iter().map(|row| row.to_owned()).collect();
    let other = array![0.3, -0.8, 0.5];
    let found = [hierarchy.kernel()?, hierarchy.kernel_between(&other.clone().insert_axis(Axis(0)))?];
    let places: [(&Vector, &Vector, f64, f64); 3] = [
        (&rows[0], &rows[1], found[0].label_aware[[0, 1]], found[0].standard_error[[0, 1]]),
        (&rows[2], &rows[2], found[0].label_aware[[2, 2]], found[0].standard_error[[2, 2]]),
        (&other, &rows[3], found[1].label_aware[[0, 3]], found[1].standard_error[[0, 3]]),
    ];
    for (which, (left, right, mean, error)) in places.into_iter().enumerate() {
        let mut normal = Seed(100 + which as u64).normals(0);
        let samples: Vec<f64> = (0..nets)
            .map(|_| {
                let w = Matrix::from_shape_simple_fn((width, d), &mut normal);
                let a = Array1::from_shape_simple_fn(width, || if normal() > 0.0 { 1.0 } else { -1.0 });
                let net = TwoLayers { w, a };
                let pairs = (0..n).flat_map(|k| (0..n).map(move |l| (k, l)));
                pairs.map(|(k, l)| weights[[k, l]] * net.fourth([left, right, &rows[k], &rows[l]])).sum()
            })
            .collect();
        let sampled = sample_mean(&samples)?;
        let sigma = (error.powi(2) + (sampled.deviation / (nets as f64).sqrt()).powi(2)).sqrt();
        let z = (mean - sampled.mean) / sigma;
        assert!(z.abs() <= 4.0 && error > 0.0, "{which}: {mean} {} z = {z}", sampled.mean);
        // The test can tell: the mean is many standard errors from zero somewhere.
        assert!(which != 1 || mean.abs() >= 10.0 * sigma, "{mean} {sigma}");
    }
    assert_eq!(found[0].kernel.values(), &(base.ntk().values() + &found[0].label_aware));
    Ok(())
}

#[test]
fn no_label_of_another_point_enters() -> Result<()> {
    let (x, labels) = points(20, 4, 1);
    let (others, _) = points(5, 4, 2);
    let kernel = ntk(&x);
    let cross = mlp(2).limit_kernel_between(&others, &x)?.ntk().clone();
    // Between kernels take no labels at all; labels of other points in the fit are refused by their number.
    let all: Vec<usize> = labels.iter().copied().chain([0, 1, 0, 1, 0]).collect();
    for error in [
        HigherOrder::new(&kernel, &all).unwrap_err(),
        HigherOrder::by_inverse(&kernel, &all).unwrap_err(),
        PairRegression::new(&kernel, &x, &all).unwrap_err(),
    ] {
        assert!(error.to_string().contains("labels, one for each training point and none for others"), "{error}");
    }
    assert!(Hierarchy::new(&x, &Array1::ones(25), (10, 10), Seed(0)).is_err());
    // A point's row does not depend on which other points there are.
    let aware = HigherOrder::new(&kernel, &labels)?;
    let one = mlp(2).limit_kernel_between(&others.slice(s![2..3, ..]).to_owned(), &x)?.ntk().clone();
    let alone = aware.kernel_between(0.1, &one)?;
    close(alone.values(), &aware.kernel_between(0.1, &cross)?.values().slice(s![2..3, ..]).to_owned(), 1e-13);
    Ok(())
}

#[test]
fn labels_and_kernels_that_make_no_sense_are_refused() -> Result<()> {
    let (x, labels) = points(10, 3, 1);
    let kernel = ntk(&x);
    let said = |result: Result<HigherOrder>| result.unwrap_err().to_string();
    assert!(said(HigherOrder::new(&kernel, &[1usize; 10])).contains("classes among the labels is 1"));
    assert!(said(HigherOrder::new(&kernel, &labels[..9])).contains('9'));
    let flat = Kernel::of_outputs(Matrix::ones((3, 3)), (true, Route::Finite), 1);
    assert!(said(HigherOrder::new(&flat, &[0usize, 1, 1])).contains("spread of the kernel"));
    assert!(said(HigherOrder::by_inverse(&flat, &[0usize, 1, 1])).to_lowercase().contains("singular"));
    let full = network("two", serial((hidden(), relu(), dense(2)))).width(8).input(3).init(Seed(0))?.kernel(&x)?;
    assert!(said(HigherOrder::new(full.ntk(), &labels)).contains("outputs of the kernel"));
    let aware = HigherOrder::new(&kernel, &labels)?;
    assert!(aware.kernel(-1.0).is_err() && aware.kernel(f64::NAN).is_err());
    let wrong = mlp(2).limit_kernel_between(&x, &x.slice(s![..4, ..]).to_owned())?.ntk().clone();
    assert!(aware.kernel_between(0.1, &wrong).is_err());
    let of = |y: &Vector, how| Hierarchy::new(&x, y, how, Seed(0)).unwrap_err().to_string();
    let signs = Array1::from_iter(labels.iter().map(|&l| 2.0 * l as f64 - 1.0));
    assert!(
        of(&(&signs + 1.0), (5, 5)).contains("+1 or -1")
            && of(&signs.mapv(f64::abs), (5, 5)).contains("number of classes")
    );
    assert!(of(&signs, (0, 5)).contains("width") && of(&signs, (5, 1)).contains("number of samples is 1"));
    let twice = ndarray::concatenate(Axis(0), &[x.view(), x.view()]).unwrap();
    let y = signs.iter().chain(&signs).copied().collect();
    assert!(Hierarchy::new(&twice, &y, (5, 5), Seed(0)).is_err());
    assert!(local_elasticity(&kernel, &[0usize; 10]).is_err() && local_elasticity(&kernel, &labels[..2]).is_err());
    let distinct: Vec<usize> = (0..10).collect();
    assert!(local_elasticity(&kernel, &distinct).unwrap_err().to_string().contains("pairs of one class"));
    Ok(())
}
