//! What data say of themselves in a line.

use super::{Classes, Digits, GreyImage, Split, Standardiser};
use std::fmt;

impl fmt::Debug for Digits {
    /// How many images, and of which digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<String> = (0..10)
            .map(|digit| (digit, self.labels.iter().filter(|&&label| label == digit).count()))
            .filter(|(_, count)| *count > 0)
            .map(|(digit, count)| format!("{count} of {digit}"))
            .collect();
        write!(f, "{} digits of {} pixels: {}", self.images.nrows(), self.images.ncols(), counts.join(", "))
    }
}

impl fmt::Debug for Split {
    /// Numbers of rows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows to train on, {} kept back", self.train.len(), self.test.len())
    }
}

impl fmt::Debug for Standardiser {
    /// Number of columns.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "standardiser of {} columns", self.mean().len())
    }
}

impl fmt::Debug for Classes {
    /// How many, of how many rows, and the first names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        let names = self.names();
        let shown: Vec<String> = names.iter().take(SHOWN).map(|name| name.chars().take(24).collect()).collect();
        let more = if names.len() > SHOWN { ", …" } else { "" };
        write!(f, "{} classes of {} rows: {}{more}", names.len(), self.indices().len(), shown.join(", "))
    }
}

impl fmt::Debug for GreyImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (height, width) = self.pixels.dim();
        write!(f, "grey image of {height} × {width} pixels")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Amplitude, GegenbauerIndex, HarmonicTarget, Seed};
    use super::*;
    use ndarray::Array2;

    #[test]
    fn data_say_in_a_line_what_they_are() {
        let digits = Digits { images: Array2::zeros((500, 784)), labels: (0..500).map(|i| (i % 3) as u8).collect() };
        assert_eq!(format!("{digits:?}"), "500 digits of 784 pixels: 167 of 0, 167 of 1, 166 of 2");
        let image = GreyImage { pixels: Array2::zeros((512, 400)) };
        assert_eq!(format!("{image:?}"), "grey image of 512 × 400 pixels");
        let target = HarmonicTarget::new(&[1, 3], 10, GegenbauerIndex::Harmonic, Amplitude::Unit, Seed(0)).unwrap();
        assert_eq!(format!("{target:?}"), "target of the frequencies 1, 3 on the sphere of R^10");
    }
}
