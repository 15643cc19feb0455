//! The printed form of a network.

use super::Net;
use crate::op::{Layer, Op, Shape, Site};
use std::fmt;

impl fmt::Display for Net {
    /// The tree, one op a line, with the number of parameters where the sizes are known. Runs of equal branches are
    /// printed once.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = |value: Option<usize>| value.map_or("?".to_string(), |v| v.to_string());
        let input = self.input.map_or("?".to_string(), |shape| match shape.positions() {
            1 => shape.channels.to_string(),
            _ => format!("{} × {} × {}", shape.height, shape.width, shape.channels),
        });
        write!(f, "{} (input {input}, width {}", self.name, size(self.width))?;
        match self.parameters() {
            Ok(count) => writeln!(f, ", {count} parameters)")?,
            Err(_) => writeln!(f, ")")?,
        }
        let site = self.site(self.origin_of(1));
        node(f, &self.layer, 1, (&site, self.input), 1).map(|_| ())
    }
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
    use crate::net::{ccp, cnn, mlp};

    /// The lines of a tree, single-spaced.
    fn lines(text: &str) -> Vec<String> {
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
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
