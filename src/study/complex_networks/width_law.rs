//! Kernels of complex networks by width.

use super::split;
use crate::names::*;
use crate::saved_fields;
use std::f64::consts::PI;

/// Points of the sphere of radius `√columns`.
pub(super) fn points(net: &Net, count: usize, seed: Seed) -> Result<Matrix> {
    let columns = net.columns().ok_or_else(|| Error::Unset { network: net.name().into(), what: "input" })?;
    Ok(sphere(count, columns, seed)? * (columns as f64).sqrt())
}

/// Distances of complex networks of one width to the limit of the real network.
#[derive(Clone)]
pub(in crate::study) struct Distances {
    pub width: usize,
    /// `‖Θ_complex - Θ_real‖ / ‖Θ_real‖` of every network drawn.
    pub drawn: Vec<f64>,
    /// The same of the mean of their kernels.
    pub mean: f64,
    /// The same of the complex network's own limit.
    pub limit: f64,
}
saved_fields!(Distances { width, drawn, mean, limit });

impl Distances {
    pub fn measure(
        [complex, real]: [&Net; 2],
        (width, draws, count): (usize, usize, usize),
        seed: Seed,
    ) -> Result<Self> {
        let x = points(complex, count, seed.child(0))?;
        let reference = real.limit_kernel(&x)?;
        let limit = complex.limit_kernel(&x)?.ntk().relative_distance(reference.ntk())?;
        let nets = complex.clone().width(width).network_ensemble(draws, seed.child(1).child(width as u64))?;
        let kernels = nets.map(|net| Ok(net.kernel_of(Outputs::Averaged, &x)?.ntk().values().clone()))?;
        let reference = reference.ntk().values();
        let drawn = kernels.iter().map(|kernel| distance(kernel, reference, |_| true)).collect();
        Ok(Self { width, drawn, mean: distance(&mean(&kernels), reference, |_| true), limit })
    }
}

/// zReLU networks of one width, against a kernel that would be theirs if zReLU had a derivative.
#[derive(Clone)]
pub(in crate::study) struct Jumping {
    pub width: usize,
    /// Of `κ + ρ κ̇`, between different points, of every network drawn.
    pub smooth: Vec<f64>,
    /// Of `κ + ρ E φ̇φ̇'`, with the derivative at almost every point, of the mean of their kernels.
    pub almost_everywhere: f64,
}
saved_fields!(Jumping { width, smooth, almost_everywhere });

/// `E φ φ̄'` of zReLU at a correlation `ρ` of real inputs at variance 1, its derivative, and the backprop factor `E φ_z φ̄'_z`: of both parts
/// those of ReLU and of its step, as `E x x' 1 1' · E 1 1'`.
pub(super) fn zrelu_moments(correlation: f64) -> [f64; 3] {
    let root = ((1.0 - correlation) * (1.0 + correlation)).sqrt();
    let apart = PI - correlation.acos();
    let arc = root + apart * correlation;
    [arc * apart, apart * apart + arc / root, apart * apart].map(|moment| moment / (4.0 * PI * PI))
}

impl Jumping {
    pub fn measure((width, draws, count): (usize, usize, usize), features: usize, seed: Seed) -> Result<Self> {
        let layers = [to_complex(), complex_hidden(), zrelu(), complex_dense(1), real_part()];
        let net = network("zReLU", serial(layers)).input(features);
        let x = points(&net, count, seed.child(0))?;
        let correlations = x.dot(&x.t()) / features as f64;
        // The readout's real part halves both.
        let reference = |slope: usize| {
            let theta = |r: f64| {
                let moments = zrelu_moments(r);
                (moments[0] + r * moments[slope]) / 2.0
            };
            correlations.mapv(theta)
        };
        let (by_covariance, by_slope) = (reference(1), reference(2));
        let nets = net.width(width).network_ensemble(draws, seed.child(1).child(width as u64))?;
        let kernels = nets.map(|net| Ok(net.kernel_of(Outputs::Averaged, &x)?.ntk().values().clone()))?;
        // Between different points: at correlation 1 the derivative of a kernel of jumps is infinite.
        let away = |kernel: &Matrix, reference: &Matrix| distance(kernel, reference, |(i, j)| i != j);
        let smooth = kernels.iter().map(|kernel| away(kernel, &by_covariance)).collect();
        Ok(Self { width, smooth, almost_everywhere: away(&mean(&kernels), &by_slope) })
    }
}

fn mean(kernels: &[Matrix]) -> Matrix {
    kernels.iter().fold(Matrix::zeros(kernels[0].dim()), |sum, kernel| sum + kernel) / kernels.len() as f64
}

/// `‖a - b‖ / ‖b‖` over the entries that count.
fn distance(a: &Matrix, b: &Matrix, counts: impl Fn((usize, usize)) -> bool) -> f64 {
    let pairs = || a.indexed_iter().zip(b).filter(|((at, _), _)| counts(*at));
    let difference = pairs().map(|((_, a), b)| (a - b).powi(2)).sum::<f64>();
    (difference / pairs().map(|(_, b)| b * b).sum::<f64>()).sqrt()
}

/// The block of the tangent kernel between real and imaginary parts of the outputs of split ReLU networks, over that of real parts.
#[derive(Clone)]
pub(in crate::study) struct BetweenParts {
    pub depth: usize,
    /// In the limit, of complex inputs and of the same with their imaginary parts set to zero.
    pub complex_limit: f64,
    pub real_limit: f64,
    /// Of networks drawn.
    pub complex_drawn: Vec<f64>,
    pub real_drawn: Vec<f64>,
}
saved_fields!(BetweenParts { depth, complex_limit, real_limit, complex_drawn, real_drawn });

impl BetweenParts {
    pub fn measure(depth: usize, (width, draws, count): (usize, usize, usize), seed: Seed) -> Result<Self> {
        let mut layers: Vec<Layer> = (0..depth).flat_map(|_| [complex_hidden(), relu()]).collect();
        layers.push(complex_dense(1));
        let net = network("both parts", serial(layers)).complex_input(super::FEATURES);
        let x = points(&split("split ReLU", relu()), count, seed.child(0))?;
        let mut real = x.clone();
        real.slice_mut(s![.., super::FEATURES..]).fill(0.0);
        let size = |a: &Matrix| a.iter().map(|v| v * v).sum::<f64>().sqrt();
        let limit = |x: &Matrix| -> Result<f64> {
            Ok(size(&net.limit_kernel_between_parts(x)?.ntk) / size(net.limit_kernel(x)?.ntk().values()))
        };
        let nets = net.clone().width(width).network_ensemble(draws, seed.child(1).child(depth as u64))?;
        let drawn = |x: &Matrix| {
            nets.map(|net| {
                // Two outputs of every point: its parts.
                let full = net.kernel(x)?.ntk().values().clone();
                let block = |part: usize| full.slice(s![0..;2, part..;2]).to_owned();
                Ok(size(&block(1)) / size(&block(0)))
            })
        };
        Ok(Self {
            depth,
            complex_limit: limit(&x)?,
            real_limit: limit(&real)?,
            complex_drawn: drawn(&x)?,
            real_drawn: drawn(&real)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 200,000 pairs drawn: the covariance, its difference quotient and the backprop factor.
    #[test]
    fn moments_of_zrelu_are_those_of_samples() {
        let normals = gaussian(200_000, 4, Seed(0)).expect("points") * 0.5f64.sqrt();
        let quadrant = |z: [f64; 2]| z[0] > 0.0 && z[1] > 0.0;
        for correlation in [0.3, 0.8, -0.5] {
            let other = (1.0f64 - correlation * correlation).sqrt();
            let mut samples = [Vec::new(), Vec::new()];
            for row in normals.rows() {
                let z = [row[0], row[1]];
                let w = [0, 1].map(|part| correlation * z[part] + other * row[2 + part]);
                let both = quadrant(z) && quadrant(w);
                samples[0].push(if both { z[0] * w[0] + z[1] * w[1] } else { 0.0 });
                samples[1].push(if both { 1.0 } else { 0.0 });
            }
            let [value, slope, factor] = zrelu_moments(correlation);
            for (exact, samples) in [value, factor].into_iter().zip(&samples) {
                let found = sample_mean(samples).expect("samples");
                assert!((found.mean - exact).abs() <= 2.5 * found.half_interval, "{correlation}: {exact} {found:?}");
            }
            let step = 1e-5;
            let quotient = (zrelu_moments(correlation + step)[0] - zrelu_moments(correlation - step)[0]) / (2.0 * step);
            assert!((slope - quotient).abs() <= 1e-8, "{slope} {quotient}");
        }
    }
}
