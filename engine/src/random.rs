//! Seeds.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal, StandardUniform};

/// A seed: the same seed gives the same bits on every machine and on any number of threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seed(
    /// Any number.
    pub u64,
);

impl Seed {
    /// Standard normal draws from one of the seed's independent streams.
    pub fn normals(self, stream: u64) -> impl FnMut() -> f64 {
        let mut rng = ChaCha8Rng::seed_from_u64(self.0);
        rng.set_stream(stream);
        move || StandardNormal.sample(&mut rng)
    }

    /// Draws uniform on `[0, 1)` from one of the seed's independent streams.
    pub(crate) fn uniforms(self, stream: u64) -> impl FnMut() -> f64 {
        let mut rng = ChaCha8Rng::seed_from_u64(self.0);
        rng.set_stream(stream);
        move || StandardUniform.sample(&mut rng)
    }

    /// Draws of whole numbers below a bound, from one of the seed's independent streams: the product of 64 random bits and the
    /// bound, without its lower 64 bits (Lemire 2019, without the rejection, so off by at most `bound/2^64` in probability).
    pub fn below(self, stream: u64) -> impl FnMut(usize) -> usize {
        let mut rng = ChaCha8Rng::seed_from_u64(self.0);
        rng.set_stream(stream);
        move |bound| ((u128::from(rng.next_u64()) * bound as u128) >> 64) as usize
    }

    /// The numbers `0..n` in random order (Fisher and Yates), from one of the seed's independent streams.
    pub fn permutation(self, stream: u64, n: usize) -> Vec<usize> {
        let mut draw = self.below(stream);
        let mut order: Vec<usize> = (0..n).collect();
        for last in (1..n).rev() {
            order.swap(last, draw(last + 1));
        }
        order
    }

    /// The `k`-th seed derived from this one.
    pub fn child(self, k: u64) -> Seed {
        // SplitMix64's finaliser (Steele et al. 2014): children of neighbouring seeds share no bits.
        let mut z = self.0.wrapping_add((k.wrapping_add(1)).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Seed(z ^ (z >> 31))
    }
}
