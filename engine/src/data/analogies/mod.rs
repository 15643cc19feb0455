//! Visual analogies `A : B :: C : D` between squares, by the protocol of the data set VAEC (Webb et al. 2020).

mod image;

pub use image::SquareImages;

use crate::data::Seed;
use crate::error::{Error, Result};

/// Levels of each dimension over all regions.
const LEVELS: usize = 42;
/// Levels of each dimension in a region, and so the candidates of an analogy.
pub const CANDIDATES: usize = 7;
/// The last region; region 0 is that of training.
pub const LAST_REGION: usize = 5;
/// Dimensions of a square: abscissa, ordinate, size, brightness.
const DIMENSIONS: usize = 4;
/// The share of the combinations of the other dimensions that comes with each analogy between levels.
const SHARE: f64 = 0.1;

/// How the regions of the levels lie beyond the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// Region `r` has the levels `7r, 7r + 1, …, 7r + 6`: the same distances elsewhere.
    Translation,
    /// Region `r` has the levels `0, r + 1, 2 (r + 1), …, 6 (r + 1)`: the same start, larger distances.
    Scale,
}

impl Regime {
    /// Both.
    pub const ALL: [Regime; 2] = [Regime::Translation, Regime::Scale];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Regime::Translation => "translation",
            Regime::Scale => "scale",
        }
    }

    /// The levels of a region, from 0 to 41, ascending; those of region 0 are the same in both regimes.
    ///
    /// # Errors
    /// [`Error::Range`] for a region above 5.
    pub fn levels(self, region: usize) -> Result<[usize; CANDIDATES]> {
        if region > LAST_REGION {
            let (place, what, legal) = ("visual analogies", "the region", "at most 5");
            return Err(Error::Range { place, what, value: region as f64, legal });
        }
        Ok(std::array::from_fn(|level| match self {
            Regime::Translation => CANDIDATES * region + level,
            Regime::Scale => level * (region + 1),
        }))
    }
}

/// An analogy `A : B :: C : D` along one dimension of a square, the other three being the same in all its images.
///
/// Levels are those within a region, from 0 to 6. The candidates are the squares of all seven levels of the dimension: `D` and six
/// foils, `A`, `B` and `C` among them unless they are `D`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Analogy {
    dimension: u8,
    terms: [u8; 4],
    others: [u8; 3],
}

impl Analogy {
    /// The dimension: 0 and 1 for the centre's abscissa and ordinate, 2 for the size, 3 for the brightness.
    pub fn dimension(&self) -> usize {
        self.dimension.into()
    }

    /// The levels of `A`, `B`, `C` and `D`.
    pub fn terms(&self) -> [usize; 4] {
        self.terms.map(usize::from)
    }

    /// The row of [`SquareImages`] of each candidate, by the level of the dimension.
    pub fn candidates(&self) -> [usize; CANDIDATES] {
        std::array::from_fn(|level| {
            let mut others = self.others.into_iter();
            let of = |dimension| if dimension == self.dimension() { level as u8 } else { others.next().unwrap_or(0) };
            (0..DIMENSIONS).map(of).fold(0, |row, level| row * CANDIDATES + usize::from(level))
        })
    }
}

/// The 140 analogies between levels, `[A, B, C, D]`: two different ordered pairs of unequal levels with the same difference
/// `B - A = D - C`.
fn between_levels() -> Vec<[u8; 4]> {
    let levels = 0..CANDIDATES as u8;
    let pairs: Vec<(u8, u8)> =
        levels.clone().flat_map(|a| levels.clone().map(move |b| (a, b))).filter(|(a, b)| a != b).collect();
    let all = pairs.iter().flat_map(|&first| pairs.iter().map(move |&second| (first, second)));
    let same =
        all.filter(|&((a, b), (c, d))| (a, b) != (c, d) && i16::from(b) - i16::from(a) == i16::from(d) - i16::from(c));
    same.map(|((a, b), (c, d))| [a, b, c, d]).collect()
}

/// The 19,040 analogies of a region: for each of the 4 dimensions and 140 analogies between levels, a random tenth (34) of the 343
/// combinations of the other dimensions. They are in the order of dimensions, levels and draws.
pub fn analogies(seed: Seed) -> Vec<Analogy> {
    let others = CANDIDATES.pow(3);
    let drawn = (others as f64 * SHARE) as usize;
    let keys = (0..DIMENSIONS).flat_map(|dimension| between_levels().into_iter().map(move |terms| (dimension, terms)));
    let all = keys.enumerate().flat_map(|(stream, (dimension, terms))| {
        seed.permutation(stream as u64, others).into_iter().take(drawn).map(move |other| {
            let others = [other / 49, other / 7 % 7, other % 7].map(|level| level as u8);
            Analogy { dimension: dimension as u8, terms, others }
        })
    });
    all.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn regions_are_those_of_the_protocol() {
        let levels = |regime: Regime, region| regime.levels(region).expect("a region");
        assert_eq!(levels(Regime::Translation, 0), levels(Regime::Scale, 0));
        assert_eq!(levels(Regime::Translation, 5), [35, 36, 37, 38, 39, 40, 41]);
        assert_eq!(levels(Regime::Scale, 5), [0, 6, 12, 18, 24, 30, 36]);
        let all: Vec<usize> = (0..=LAST_REGION).flat_map(|region| levels(Regime::Translation, region)).collect();
        assert_eq!(all, (0..LEVELS).collect::<Vec<_>>());
        assert!(matches!(Regime::Scale.levels(6), Err(Error::Range { value: 6.0, .. })));
    }

    #[test]
    fn there_are_40_pairs_and_140_analogies_between_levels() {
        let all = between_levels();
        let pairs: HashSet<(u8, u8)> = all.iter().map(|&[a, b, _, _]| (a, b)).collect();
        assert_eq!((pairs.len(), all.len()), (40, 140));
        let of_distance =
            |distance: i16| all.iter().filter(|&&[a, b, _, _]| (i16::from(b) - i16::from(a)).abs() == distance).count();
        assert_eq!([1, 2, 3, 4, 5, 6].map(of_distance), [60, 40, 24, 12, 4, 0]);
        assert_eq!(all.iter().filter(|[_, b, c, _]| b == c).count(), 18);
        assert_eq!(all.iter().filter(|[a, _, _, d]| a == d).count(), 18);
        assert!(all.iter().all(|&[a, b, c, d]| i16::from(b) - i16::from(a) == i16::from(d) - i16::from(c)));
    }

    #[test]
    fn a_region_has_19040_different_analogies_of_which_each_has_seven_candidates() {
        let all = analogies(Seed(3));
        assert_eq!(all.len(), 19_040);
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
        assert_eq!(all, analogies(Seed(3)));
        assert_ne!(all, analogies(Seed(4)));
        for analogy in &all {
            let stride = 7usize.pow(3 - analogy.dimension() as u32);
            let rows = analogy.candidates();
            // They differ in the dimension alone, so that no foil is D.
            assert!(rows.windows(2).all(|pair| pair[1] - pair[0] == stride) && (rows[0] / stride).is_multiple_of(7));
            assert!(rows[6] < 7usize.pow(4) && analogy.terms().iter().all(|&level| level < 7));
        }
        // Every dimension has as many, and every combination of the others comes.
        assert!((0..4).all(|dimension| all.iter().filter(|a| a.dimension() == dimension).count() == 140 * 34));
        let of_the_first: HashSet<_> = all.iter().filter(|a| a.dimension() == 0).map(|a| a.others).collect();
        assert_eq!(of_the_first.len(), 343);
    }
}
