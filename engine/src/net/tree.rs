//! The printed form of a network.

use super::{Net, Network};
use crate::error::Error;
use crate::linalg::Scalar;
use crate::op::{Layer, Op, Shape, Site};
use std::fmt;

impl fmt::Display for Net {
    /// The tree, one op a line, with the number of parameters where the sizes are known. Runs of equal branches are
    /// printed once.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = |value: Option<usize>| value.map_or("?".to_string(), |v| v.to_string());
        let input = self.input.map_or("?".to_string(), |shape| shape.to_string().replace(['[', ']'], ""));
        write!(f, "{} (input {input}, width {}", self.name, size(self.width))?;
        match self.parameter_count() {
            Ok(count) => writeln!(f, ", {count} parameters)")?,
            Err(_) => writeln!(f, ")")?,
        }
        let site = self.site(self.origin_of(1));
        node(f, &self.layer, 1, (&site, self.input), 1).map(|_| ())
    }
}

impl fmt::Debug for Net {
    /// As [`Display`](fmt::Display): what a notebook shows of a value that it cannot show otherwise. `{:#?}` has every digit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return fmt::Display::fmt(self, f);
        }
        let Self { name, layer, input, width, parametrisation, scaling } = self;
        let mut all = f.debug_struct("Net");
        all.field("name", name).field("layer", layer).field("input", input).field("width", width);
        all.field("parametrisation", parametrisation).field("scaling", scaling).finish()
    }
}

impl<F: Scalar> fmt::Display for Network<F> {
    /// The tree of the architecture, and the precision of the parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}with parameters, in f{}", self.net(), 8 * size_of::<F>())
    }
}

impl<F: Scalar> fmt::Debug for Network<F> {
    /// As [`Display`](fmt::Display).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a layer refuses the shape of its input, if that is its own and not that of a layer below it. A width that is open is no reason.
fn misfit(layer: &Layer, site: &Site, input: Shape) -> Option<Error> {
    let shape_of = |layer: &Layer, input| layer.shape(site, input, &mut Vec::new());
    let error = match shape_of(layer, input) {
        Ok(_) | Err(Error::Unset { .. }) => return None,
        Err(error) => error,
    };
    let mut shape = input;
    for child in layer.children() {
        let output = shape_of(child, shape).ok()?;
        if let Layer::Serial(_) = layer {
            shape = output;
        }
    }
    Some(error)
}

/// One line per op: name, and where the sizes are known the shapes that it maps and the number of its parameters. Returns the shape
/// of its output.
fn node(
    f: &mut fmt::Formatter<'_>,
    layer: &Layer,
    times: usize,
    (site, input): (&Site, Option<Shape>),
    depth: usize,
) -> Result<Option<Shape>, fmt::Error> {
    let mut slots = Vec::new();
    let output = input.and_then(|input| layer.shape(site, input, &mut slots).ok());
    let repeat = if times > 1 { format!("{times} × ") } else { String::new() };
    let mut line = format!("{:indent$}{repeat}{}", "", layer.label(), indent = 2 * depth);
    if let (Some(input), Some(output)) = (input, output) {
        let count: usize = slots.iter().map(|slot| slot.dim.0 * slot.dim.1).sum();
        line = format!("{line:46} {input} -> {output}");
        if count > 0 && layer.children().is_empty() {
            line.push_str(&format!("  {count} parameters"));
        }
    } else if let Some(error) = input.and_then(|input| misfit(layer, site, input)) {
        line = format!("{line:46} does not fit: {error}");
    }
    writeln!(f, "{}", line.trim_end())?;
    let mut shape = input;
    for run in layer.children().chunk_by(|a, b| a == b) {
        let seen = node(f, &run[0], run.len(), (site, shape), depth + 1)?;
        if let Layer::Serial(_) = layer {
            // The rest of a run maps what the first one left.
            shape = run[1..].iter().fold(seen, |shape, layer| layer.shape(site, shape?, &mut Vec::new()).ok());
        }
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use crate::net::{ccp, cnn, mlp, network};
    use crate::op::{dense, hadamard, relu, serial};
    use crate::random::Seed;

    /// The lines of a tree, single-spaced.
    fn lines(text: &str) -> Vec<String> {
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn what_does_not_fit_says_so_where_it_is() {
        let product = hadamard([serial([dense(4), dense(5)]), dense(3)]);
        let net = network("odd", serial([product, relu(), dense(1)])).input(3);
        let tree = lines(&net.to_string());
        let said: Vec<&String> = tree.iter().filter(|line| line.contains("does not fit")).collect();
        let line = "Hadamard product does not fit: Hadamard product: expected 5 units in every branch, got 3";
        assert_eq!(said, [line], "{tree:?}");
        assert!(tree.iter().any(|line| line.ends_with("[4] -> [5] 20 parameters")), "{tree:?}");
        assert_eq!(format!("{net:?}"), net.to_string());
        // An open width is no misfit.
        assert!(!mlp(2).input(3).to_string().contains("does not fit"));
        let network = mlp(1).input(3).width(4).init(Seed(0)).unwrap().cast::<f32>();
        assert!(format!("{network:?}").ends_with("with parameters, in f32"), "{network:?}");
    }

    #[test]
    fn lines_have_shapes_and_parameters_where_sizes_are_known() {
        let tree = lines(&ccp(3).input(10).width(4).to_string());
        assert_eq!(tree[0], "CCP, N = 3 (input 10, width 4, 124 parameters)");
        assert!(
            tree.iter().any(|line| line.starts_with("dense") && line.ends_with("[10] -> [4] 40 parameters")),
            "{tree:?}"
        );
        assert!(tree.iter().any(|line| line == "Hadamard product with skips [10] -> [4]"), "{tree:?}");
        let open = lines(&mlp(2).to_string());
        assert!(open.iter().all(|line| !line.contains("->")), "{open:?}");
        let image = cnn(2).image(8, 8, 3).width(5).to_string();
        assert!(image.contains("[8 × 8 × 3] -> [8 × 8 × 5]") && image.contains("[5] -> [1]"), "{image}");
    }
}
