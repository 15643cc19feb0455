//! What identifies a value, byte by byte.

use crate::data::{GreyImage, RegressionTarget};
use crate::number::Number;
use ndarray::{ArrayBase, Data, Dimension};
use sha2::{Digest, Sha256};

/// Bytes that two values share only if they are the same: numbers by their bits, what has no fixed length after its length, a
/// variant by a number. The name by which a thing is shown does not count. A struct is taken apart by a pattern without `..`, so that a
/// field that is added cannot be forgotten.
pub trait Identity {
    /// Hands over the bytes, in parts.
    fn identify(&self, write: &mut dyn FnMut(&[u8]));
}

macro_rules! by_bytes {
    ($($number:ty as $wide:ty),*) => {$(
        impl Identity for $number {
            fn identify(&self, write: &mut dyn FnMut(&[u8])) {
                write(&<$wide>::from(*self).to_le_bytes());
            }
        }
    )*};
}

by_bytes!(bool as u8, u8 as u8, u32 as u32, u64 as u64);

impl Identity for usize {
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        // The same on every machine.
        (*self as u64).identify(write);
    }
}

impl Identity for f64 {
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        self.to_bits().identify(write);
    }
}

impl Identity for str {
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        self.len().identify(write);
        write(self.as_bytes());
    }
}

impl Identity for String {
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        self.as_str().identify(write);
    }
}

impl<T: Identity + ?Sized> Identity for &T {
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        (**self).identify(write);
    }
}

impl<T: Identity> Identity for Option<T> {
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        self.is_some().identify(write);
        if let Some(value) = self {
            value.identify(write);
        }
    }
}

impl<T: Identity> Identity for [T] {
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        self.len().identify(write);
        self.iter().for_each(|value| value.identify(write));
    }
}

impl<T: Identity> Identity for Vec<T> {
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        self.as_slice().identify(write);
    }
}

impl<A: Identity, B: Identity> Identity for (A, B) {
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        self.0.identify(write);
        self.1.identify(write);
    }
}

impl<F: Number, S: Data<Elem = F>, D: Dimension> Identity for ArrayBase<S, D> {
    /// Shape and values, whatever their order in memory; widening a number to double precision keeps it.
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        self.shape().identify(write);
        self.iter().for_each(|value| value.to_f64().identify(write));
    }
}

impl Identity for GreyImage {
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        let Self { pixels } = self;
        pixels.identify(write);
    }
}

impl Identity for RegressionTarget {
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        let mut kind = |number: u8| number.identify(write);
        match self {
            Self::Linear(seed) => {
                kind(0);
                seed.0.identify(write);
            }
            Self::QuadraticForm(seed) => {
                kind(1);
                seed.0.identify(write);
            }
            Self::SumOfSquares => kind(2),
            Self::Cosine(frequency) => {
                kind(3);
                frequency.identify(write);
            }
            Self::SquareRoot => kind(4),
            Self::AbsoluteSum => kind(5),
            Self::Helix => kind(6),
            Self::Cubic => kind(7),
            Self::Quartic => kind(8),
        }
    }
}

/// The SHA-256 of a value, as hexadecimal digits.
pub(crate) fn digest(value: &(impl Identity + ?Sized)) -> String {
    bytes(value).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of a value.
pub(super) fn bytes(value: &(impl Identity + ?Sized)) -> [u8; 32] {
    let mut sha = Sha256::new();
    value.identify(&mut |bytes| sha.update(bytes));
    sha.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use std::collections::HashSet;

    /// That no two values of a type share their digest.
    fn differ<T: Identity>(values: impl IntoIterator<Item = T>) {
        let digests: Vec<String> = values.into_iter().map(|value| digest(&value)).collect();
        assert_eq!(digests.iter().collect::<HashSet<_>>().len(), digests.len(), "{digests:?}");
    }

    #[test]
    fn values_that_differ_have_other_bytes() {
        let lists: [&[&[usize]]; 7] = [&[], &[&[]], &[&[], &[]], &[&[1]], &[&[1, 2]], &[&[1], &[2]], &[&[], &[1, 2]]];
        differ(lists);
        differ(["", "a", "ab"]);
        differ([("a", "bc"), ("ab", "c")]);
        differ([0.0, -0.0, 1.0, f64::NAN]);
        differ([None, Some(0.0), Some(0.5), Some(-0.5)]);
        differ([array![[1.0, 2.0]], array![[1.0], [2.0]], array![[2.0, 1.0]]]);
    }

    #[test]
    fn arrays_are_the_same_in_any_order_in_memory_and_in_either_precision() {
        let a = array![[1.0, 2.0, 3.0], [4.0, 5.0, -0.5]];
        let turned = a.t().as_standard_layout().into_owned().reversed_axes();
        assert!(!turned.is_standard_layout());
        assert_eq!(digest(&a), digest(&turned));
        assert_eq!(digest(&a), digest(&a.mapv(|v| v as f32)));
    }

    #[test]
    fn the_digest_is_that_of_the_bytes() {
        // hashlib.sha256(struct.pack("<Qd", 1, 0.5)).hexdigest(), Python 3.11
        assert_eq!(digest(&vec![0.5]), PYTHON);
    }

    const PYTHON: &str = "5d23c724156f495258c80c95277fd45535d9f7620e2999e7c952bd06582e362b";
}
