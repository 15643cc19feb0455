//! Grey pictures.

use super::text::escape;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ndarray::Array2;

/// Pixels along a picture's side, at least, to which its own are repeated.
const SIDE: usize = 128;

/// A grey picture with a line below it; values are shown from 0 (black) to 1 (white), those beyond as the nearer of them.
pub(super) fn picture_html(name: &str, values: &Array2<f64>) -> String {
    let (height, width) = values.dim();
    let alternative = format!("{name}: a picture of {height} × {width} pixels");
    format!(
        "<figure style=\"display:inline-block;margin:4px;text-align:center\">{}<figcaption><small>{}</small></figcaption></figure>",
        image("png", &grey(values), &alternative),
        escape(name)
    )
}

/// An image that carries its data, so that its markup stays apart from the page's.
pub(super) fn image(kind: &str, bytes: &[u8], alternative: &str) -> String {
    let (data, alternative) = (STANDARD.encode(bytes), escape(alternative));
    format!("<img src=\"data:image/{kind};base64,{data}\" alt=\"{alternative}\" style=\"max-width:100%\">")
}

/// A PNG image in which each value is a square.
fn grey(values: &Array2<f64>) -> Vec<u8> {
    let (height, width) = values.dim();
    let cell = SIDE.div_ceil(height.max(width).max(1));
    let mut pixels = Vec::with_capacity(height * width * cell * cell);
    for row in values.rows() {
        // A value that is not a number is black.
        let line: Vec<u8> = row.iter().flat_map(|v| [(255.0 * v).round() as u8].repeat(cell)).collect();
        pixels.extend(line.repeat(cell));
    }
    encoded(&pixels, (width * cell, height * cell), png::ColorType::Grayscale)
}

/// A PNG image of 8 bits a value; nothing for one without pixels.
pub(super) fn encoded(pixels: &[u8], (width, height): (usize, usize), colour: png::ColorType) -> Vec<u8> {
    let mut image = Vec::new();
    let mut encoder = png::Encoder::new(&mut image, width as u32, height as u32);
    encoder.set_color(colour);
    // Writing to memory cannot fail, but without pixels there is no image.
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(pixels));
    written.map_or_else(|_| Vec::new(), |()| image)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_picture_has_the_grey_values_and_nothing_hostile() {
        let bytes = grey(&array![[0.0, 0.5], [1.5, -1.0]]);
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let side = 128;
        assert_eq!(pixels.len(), side * side);
        let at = |i: usize, j: usize| pixels[i * side + j];
        assert_eq!([at(0, 63), at(63, 64), at(64, 0), at(127, 127)], [0, 128, 255, 0]);
        let html = picture_html("<b>", &array![[0.0]]);
        assert!(html.contains("&lt;b&gt;") && !html.contains("<b>"), "{html}");
        assert!(grey(&Array2::zeros((0, 0))).is_empty());
    }
}
