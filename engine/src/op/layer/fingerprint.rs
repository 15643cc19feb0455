//! What tells one architecture from another, in bytes.

use crate::op::{Gain, Layer, Padding, Width, Window};

/// Takes down what a layer's results depend on: every number by its bits, texts and lists with their lengths, so that no two
/// layers write the same bytes.
pub struct Fingerprint<'a>(&'a mut dyn FnMut(&[u8]));

impl Fingerprint<'_> {
    /// A number, by its bits; all NaN are one.
    pub fn number(&mut self, value: f64) {
        let value = if value.is_nan() { f64::NAN } else { value };
        (self.0)(&value.to_bits().to_le_bytes());
    }

    /// A size, a count or a choice.
    pub fn count(&mut self, value: usize) {
        (self.0)(&(value as u64).to_le_bytes());
    }

    /// A text, after its length.
    pub fn text(&mut self, value: &str) {
        self.count(value.len());
        (self.0)(value.as_bytes());
    }

    /// A number that may be absent.
    pub fn optional(&mut self, value: Option<f64>) {
        self.count(usize::from(value.is_some()));
        value.into_iter().for_each(|value| self.number(value));
    }

    /// The children of a combinator, after their number.
    pub fn layers(&mut self, layers: &[Layer]) {
        self.count(layers.len());
        layers.iter().for_each(|layer| layer.fingerprint(self.0));
    }

    pub(in crate::op) fn width(&mut self, width: Width) {
        self.count(usize::from(width == Width::Hidden));
        if let Width::Fixed(width) = width {
            self.count(width);
        }
    }

    pub(in crate::op) fn gain(&mut self, gain: Gain) {
        let (choice, value) = match gain {
            Gain::FanIn(sigma_w) => (0, sigma_w),
            Gain::Plain(gain) => (1, gain),
        };
        self.count(choice);
        self.number(value);
    }

    pub(in crate::op) fn window(&mut self, window: Window) {
        let Window { size, stride, padding } = window;
        for value in [size.0, size.1, stride.0, stride.1] {
            self.count(value);
        }
        match padding {
            Padding::Same => self.count(0),
            Padding::Zeros([[top, bottom], [left, right]]) => {
                self.count(1);
                for value in [top, bottom, left, right] {
                    self.count(value);
                }
            }
        }
    }
}

impl Layer {
    /// Hands to `write`, piece by piece, bytes that are the same for equal layers, in any run of the same version of the crate,
    /// and different for different ones: the name of every op and all its numbers by their bits; functions of a user's
    /// by their name and their values on a fixed grid (see [`Elementwise`](crate::op::Elementwise)). Width and parametrisation are
    /// the network's and are not in them.
    pub fn fingerprint(&self, write: &mut dyn FnMut(&[u8])) {
        let mut fingerprint = Fingerprint(write);
        fingerprint.text(self.op_type());
        crate::op::Op::settings(self, &mut fingerprint);
    }
}
