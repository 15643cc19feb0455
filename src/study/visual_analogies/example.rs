//! One analogy to look at.

use super::VisualAnalogies;
use crate::data::{Regime, SquareImages, analogies};
use crate::error::{Error, Result};
use crate::view::Report;
use ndarray::{Array3, s};

/// Side of the images shown, and the pixels between them.
const SIDE: usize = 128;
const GAP: usize = 8;

impl VisualAnalogies {
    /// Images of an analogy of a region, as the protocol draws them: `A`, `B` and `C` above, the seven candidates below.
    ///
    /// # Errors
    /// [`Error::Range`] for a region above 5, and unless `index` is below 19,040, the number of analogies.
    pub fn example(&self, regime: Regime, region: usize, index: usize) -> Result<Report> {
        let images = SquareImages::new(regime, region, SIDE, true)?;
        let Some(analogy) = analogies(self.options.seed).get(index).copied() else {
            let (what, legal) = ("the number of the analogy", "below 19,040");
            return Err(Error::Range { place: "visual analogies", what, value: index as f64, legal });
        };
        let (candidates, [a, b, c, d]) = (analogy.candidates(), analogy.terms());
        let levels = regime.levels(region)?;
        let dimension = ["abscissa", "ordinate", "size", "brightness"][analogy.dimension()];
        let [of_a, of_b, of_c, of_d] = [a, b, c, d].map(|level| levels[level]);
        let text = format!(
            "{}, region {region}: along the {dimension}, A : B = {of_a} : {of_b} and C : D = {of_c} : {of_d}. Above A, B, C; below the \
             candidates, of which D is number {} from the left.",
            regime.name(),
            d + 1
        );
        let above = strip(&images, &[a, b, c].map(|level| candidates[level]));
        Ok(Report::new().text(text).picture("A, B and C", above).picture("the candidates", strip(&images, &candidates)))
    }
}

/// Images side by side, `[height, width, 3]`.
fn strip(images: &SquareImages, rows: &[usize]) -> Array3<u8> {
    let mut pixels = Array3::from_elem((SIDE, rows.len() * (SIDE + GAP) - GAP, 3), u8::MAX);
    for (index, image) in images.rows::<f64>(rows).rows().into_iter().enumerate() {
        let left = index * (SIDE + GAP);
        let mut place = pixels.slice_mut(s![.., left..left + SIDE, ..]);
        place.iter_mut().zip(image).for_each(|(pixel, value)| *pixel = (128.0 * (1.0 + value)).round() as u8);
    }
    pixels
}
