//! Complex numbers in a random tree: a way in, complex weights, an activation or a product, and the way back to reals.

use super::{Chain, Units};
use crate::tree::{Kind, Node, pick};
use hadamard::prelude::*;

impl Chain<'_> {
    pub(super) fn complex(&mut self, node: &Node) {
        let (builder, [a, _, c, d]) = (self.builder, node.choices);
        if !builder.mends() && d % 2 == 0 {
            // As it is, on whatever it stands.
            self.push(match node.kind {
                Kind::ComplexDense => complex_dense(2),
                Kind::ComplexConv => complex_conv(2, 2),
                Kind::ToComplex => halves_to_complex(),
                Kind::Parts => real_part(),
                Kind::Modulus => modulus(),
                _ => self.complex_activation(node),
            });
            return;
        }
        let channels = self.ground.shape.map_or(1, |shape| shape.channels);
        let halves = channels.is_multiple_of(2) && a % 2 == 1 && node.kind == Kind::ToComplex;
        if halves && builder.seeks_limit() && !(self.ground.units == Units::Gaussian && self.ground.alike) {
            self.push(builder.dense(Width::Fixed(channels), &[0; 4]));
        }
        self.push(if halves { halves_to_complex() } else { to_complex() });
        self.push(if node.kind == Kind::ComplexConv { self.complex_conv(node) } else { self.complex_dense(a, c, d) });
        let mut gaussian = true;
        match node.kind {
            Kind::Radial | Kind::Cardioid | Kind::ZRelu | Kind::Parts => {
                self.push(self.complex_activation(node));
                gaussian = false;
            }
            Kind::ComplexDense if c % 2 == 0 => {
                let width = self.ground.shape.map_or(1, |shape| shape.channels);
                let hidden = builder.site.hidden == Some(width);
                let factor = || if hidden { ComplexDense::hidden() } else { ComplexDense::new(width) };
                self.push(hadamard([factor().into(), factor().bias(0.5).into()]));
                self.ground.degree *= 2;
                gaussian = false;
            }
            _ => {}
        }
        if !gaussian && (d % 2 == 0 || node.kind == Kind::Modulus) {
            self.push(self.complex_dense(a, d, c));
            gaussian = true;
        }
        let back = if node.kind == Kind::Modulus { 3 } else { d % 3 };
        self.push(match back {
            0 => real_part(),
            1 => imaginary_part(),
            2 => stack_parts(),
            _ => modulus(),
        });
        let units = if gaussian && back < 2 { Units::Gaussian } else { Units::Other };
        self.ground = super::Ground { units, alike: back != 2, ..self.ground };
    }

    fn complex_activation(&self, node: &Node) -> Layer {
        let [_, b, c, d] = node.choices;
        match node.kind {
            Kind::Radial if c % 2 == 0 => mod_relu(pick(&[-0.3, 0.0, -0.8], b)),
            Kind::Radial => {
                let slope = |r: f64| 1.0 / (1.0 + r * r);
                let curvature = |r: f64| -2.0 * r / (1.0 + r * r).powi(2);
                Radial::new("arctangent of the radius", f64::atan, slope).curvature(curvature).into()
            }
            Kind::ZRelu if self.builder.seeks_limit() && d % 8 != 7 => mod_relu(-0.5),
            Kind::ZRelu => zrelu(),
            Kind::Parts => tanh(),
            _ => cardioid(),
        }
    }

    fn complex_dense(&self, width: u8, sigma_w: u8, sigma_b: u8) -> Layer {
        let builder = self.builder;
        let dense = match builder.width(width) {
            Width::Hidden => ComplexDense::hidden(),
            Width::Fixed(width) => ComplexDense::new(width),
        };
        let dense = dense.sigma_w(builder.sigma_w(sigma_w));
        builder.sigma_b(sigma_b).map_or(dense.clone(), |sigma_b| dense.bias(sigma_b)).into()
    }

    fn complex_conv(&self, node: &Node) -> Layer {
        let (builder, [a, b, c, d]) = (self.builder, node.choices);
        let conv = match builder.width(a) {
            Width::Hidden => Conv::hidden(2),
            Width::Fixed(width) => Conv::new(width, 2),
        };
        let conv = conv.sigma_w(builder.sigma_w(c));
        let conv = builder.sigma_b(d).map_or(conv.clone(), |sigma_b| conv.bias(sigma_b));
        ComplexConv::like(conv.stride(pick(&[1, 2], b), 1)).into()
    }
}
