//! The kernel of a deep ReLU network over the angle.

use super::{hidden_kernel, relu_network};
use crate::names::*;
use crate::saved_fields;
use crate::study::frame::largest;
use crate::study::unit_circle::unit_circle;
use std::f64::consts::PI;

/// `φ(v) = acos((1 - v/π) cos v + sin(v)/π)`: the angle after a layer. By `1 - cos φ = 2 sin²(v/2) - (sin v - v cos v)/π`, whose terms do
/// not cancel.
fn next(v: f64) -> f64 {
    let difference = if v < 0.1 {
        let (mut sum, mut power, mut factorial) = (0.0, v, 1.0);
        // sin v - v cos v = Σ_j (-1)^{j+1} 2j v^{2j+1} / (2j+1)!
        for j in 1..9 {
            power *= v * v;
            factorial *= (2 * j) as f64 * (2 * j + 1) as f64;
            sum += if j % 2 == 1 { 1.0 } else { -1.0 } * 2.0 * j as f64 * power / factorial;
        }
        sum
    } else {
        v.sin() - v * v.cos()
    };
    let half = (v / 2.0).sin();
    2.0 * ((half * half - difference / (2.0 * PI)).max(0.0).sqrt()).min(1.0).asin()
}

/// `ψ_1(v) = Σ_l cos(φ_l) ξ_l` and the skeleton `ψ(v) = Σ_l ξ_l`, `l` below the depth: the paper's recursion, which the limit kernel must be.
pub(super) fn recursion(depth: usize, v: f64) -> (f64, f64) {
    let mut angles = vec![v];
    for _ in 1..depth {
        angles.push(next(*angles.last().expect("one angle or more")));
    }
    let (mut xi, mut kernel, mut skeleton) = (1.0, 0.0, 0.0);
    for angle in angles.iter().rev() {
        xi *= 1.0 - angle / PI;
        kernel += angle.cos() * xi;
        skeleton += xi;
    }
    (kernel, skeleton)
}

/// `ψ_1` at angles, by the limit kernel.
fn kernel_at(depth: usize, angles: &[f64]) -> Result<Vec<f64>> {
    let net = relu_network(depth).input(2);
    Ok(hidden_kernel(&net, &unit_circle(&[0.0]), Some(&unit_circle(angles)))?.row(0).to_vec())
}

/// How the kernel falls with the angle at a depth.
#[derive(Clone)]
pub(super) struct DecayAt {
    /// `ψ_1` at `π/2` and at `π` over that at 0.
    pub half: f64,
    pub opposite: f64,
    /// The skeleton at `π` over that at 0.
    pub skeleton: f64,
    /// The angle at which `ψ - ψ(π)` is half of its value at 0.
    pub half_angle: f64,
    /// The largest relative deviation of the limit kernel from the recursion, over 200 angles from 1e-6 to `π`.
    pub deviation: f64,
    /// `(angle, ψ_1 / L)`.
    pub curve: Vec<(f64, f64)>,
}
saved_fields!(DecayAt { half, opposite, skeleton, half_angle, deviation, curve });

impl DecayAt {
    pub fn measure(depth: usize) -> Result<Self> {
        let values = kernel_at(depth, &[0.0, PI / 2.0, PI])?;
        let skeleton = |v: f64| recursion(depth, v).1;
        let (top, bottom) = (skeleton(0.0), skeleton(PI));
        // By bisection: the skeleton falls with the angle.
        let (mut low, mut high) = (0.0, PI);
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            let above = skeleton(middle) - bottom > (top - bottom) / 2.0;
            (low, high) = if above { (middle, high) } else { (low, middle) };
        }
        let logarithmic: Vec<f64> = (0..200).map(|i| 1e-6 * (PI / 1e-6).powf(f64::from(i) / 199.0)).collect();
        let pairs = kernel_at(depth, &logarithmic)?;
        let off = pairs.iter().zip(&logarithmic).map(|(got, &v)| (got / recursion(depth, v).0 - 1.0).abs());
        let linear: Vec<f64> = (0..=120).map(|i| PI * f64::from(i) / 120.0).collect();
        let curve = kernel_at(depth, &linear)?.into_iter().map(|value| value / depth as f64);
        Ok(Self {
            half: values[1] / values[0],
            opposite: values[2] / values[0],
            skeleton: bottom / top,
            half_angle: (low + high) / 2.0,
            deviation: largest(off),
            curve: linear.into_iter().zip(curve).collect(),
        })
    }
}

/// Nodes in the angle along half a circle and weights that sum to 1, by the double-exponential rule (Takahasi and Mori 1974): nodes crowd at
/// the ends, at one of which the kernel has a kink.
fn half_circle() -> Vec<(f64, f64)> {
    const STEP: f64 = 0.05;
    let node = |k: i32| {
        let s = STEP * f64::from(k);
        let (t, half) = (PI / (1.0 + (-PI * s.sinh()).exp()), (PI / 2.0 * s.sinh()).cosh());
        (t, STEP * PI / 4.0 * s.cosh() / (half * half))
    };
    (-64..=64).map(node).collect()
}

/// Certificates of coaxial circles at a depth, by height: `g = ±c` with `c = 2 / (a - b)`, `a` and `b` the means of the kernel over the own and
/// over the other circle.
#[derive(Clone)]
pub(super) struct Circles {
    pub norms: Vec<f64>,
}
saved_fields!(Circles { norms });

impl Circles {
    pub fn measure(depth: usize, heights: &[f64]) -> Result<Self> {
        let nodes = half_circle();
        let norm = |&height: &f64| {
            let (z, r) = (height, (1.0 - height * height).sqrt());
            let point = |t: f64, z: f64| [r * t.cos(), r * t.sin(), z];
            let net = relu_network(depth).input(3);
            let origin = Matrix::from_shape_vec((1, 3), point(0.0, z).to_vec()).expect("a point");
            let mean = |z: f64| -> Result<f64> {
                let flat: Vec<f64> = nodes.iter().flat_map(|(t, _)| point(*t, z)).collect();
                let x = Matrix::from_shape_vec((nodes.len(), 3), flat).expect("points");
                let kernel = hidden_kernel(&net, &origin, Some(&x))?;
                Ok(kernel.row(0).iter().zip(&nodes).map(|(value, (_, weight))| value * weight).sum())
            };
            Ok(2.0 / (mean(z)? - mean(-z)?))
        };
        Ok(Self { norms: heights.iter().map(norm).collect::<Result<_>>()? })
    }
}

/// The kernel on points, with the mass of each, `[n, n]`: `√w_i Θ_ij √w_j`.
pub(super) fn weighted(net: &Net, x: &Matrix, mass: &Vector) -> Result<Matrix> {
    let roots = mass.mapv(f64::sqrt);
    let mut kernel = hidden_kernel(net, x, None)?;
    kernel *= &roots;
    kernel *= &roots.view().insert_axis(Axis(1));
    Ok(kernel)
}
