//! What data say of themselves in a line.

use super::{Columns, Digits, GreyImage};
use std::fmt;

/// Names that a line has.
const SHOWN: usize = 8;
/// Characters of a name.
const CHARACTERS: usize = 24;

impl fmt::Debug for Columns {
    /// Rows, columns, and the first names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, columns) = self.values().dim();
        let short = |name: &String| match name.char_indices().nth(CHARACTERS) {
            None => name.clone(),
            Some((end, _)) => format!("{}…", &name[..end]),
        };
        let names: Vec<String> = self.names().iter().take(SHOWN).map(short).collect();
        let more = if columns > SHOWN { format!(" and {} more", columns - SHOWN) } else { String::new() };
        write!(f, "table of {rows} rows × {columns} columns: {}{more}", names.join(", "))
    }
}

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
