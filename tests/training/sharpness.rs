//! Sharpness against a Hessian that is written out.

use super::normals;
use hadamard::prelude::*;

/// Of `f = w·tanh(W x / √d) / √m` all second derivatives are known:
/// `∂²f/∂w_i ∂W_ij = tanh' x_j / √(d m)`, `∂²f/∂W_ij ∂W_ik = w_i tanh'' x_j x_k / (d √m)`.
#[test]
fn sharpness_is_the_largest_eigenvalue_of_a_hessian_written_out() -> Result<()> {
    for (n, d, m) in [(1, 1, 1), (4, 1, 3), (9, 3, 5), (30, 4, 12)] {
        let (x, y) = (normals((n, d), 1), normals((n, 1), 2));
        let network = network("one", serial([hidden(), tanh(), dense(1)])).width(m).input(d).init(Seed(n as u64))?;
        let (first, last) = (&network.parameters()[0].values, &network.parameters()[1].values);
        let (root_d, root_m, count) = ((d as f64).sqrt(), (m as f64).sqrt(), d * m + m);
        let mut hessian = Matrix::zeros((count, count));
        for (x, y) in x.rows().into_iter().zip(y.column(0)) {
            let t: Vec<f64> = (0..m).map(|i| (x.dot(&first.column(i)) / root_d).tanh()).collect();
            let residual = (0..m).map(|i| last[[i, 0]] * t[i]).sum::<f64>() / root_m - y;
            // Entry j of unit i's weights is at i d + j, the readout behind them.
            let mut gradient = Vector::zeros(count);
            for i in 0..m {
                let (slope, curvature) = (1.0 - t[i] * t[i], -2.0 * t[i] * (1.0 - t[i] * t[i]));
                gradient[m * d + i] = t[i] / root_m;
                for j in 0..d {
                    gradient[i * d + j] = last[[i, 0]] * slope * x[j] / (root_d * root_m);
                    let mixed = slope * x[j] / (root_d * root_m);
                    hessian[[i * d + j, m * d + i]] += 2.0 / n as f64 * residual * mixed;
                    hessian[[m * d + i, i * d + j]] += 2.0 / n as f64 * residual * mixed;
                    for k in 0..d {
                        let own = last[[i, 0]] * curvature * x[j] * x[k] / (d as f64 * root_m);
                        hessian[[i * d + j, i * d + k]] += 2.0 / n as f64 * residual * own;
                    }
                }
            }
            for (mut row, g) in hessian.rows_mut().into_iter().zip(&gradient) {
                row.scaled_add(2.0 / n as f64 * g, &gradient);
            }
        }
        let expected = SymmetricEigen::new(&hessian)?.values[count - 1];
        let operator = network.hessian_operator(&SquaredError, &x, &y)?;
        let by_lanczos = Lanczos::new(1, Seed(3)).tolerance(1e-9).run(&operator)?.values[0];
        let followed = TopEigenvalue::new(Seed(3)).tolerance(1e-9).of(&operator)?;
        for found in [by_lanczos, followed] {
            assert!(
                (found - expected).abs() <= 1e-8 * expected.abs().max(1e-2),
                "{n}, {d}, {m}: {found} and {expected}"
            );
        }
    }
    Ok(())
}
