//! The printed form of a network.

use super::Net;
use crate::op::{Layer, Op};
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
        node(f, &self.layer, 1, 1)
    }
}

fn node(f: &mut fmt::Formatter<'_>, layer: &Layer, times: usize, depth: usize) -> fmt::Result {
    let repeat = if times > 1 { format!("{times} × ") } else { String::new() };
    writeln!(f, "{:indent$}{repeat}{}", "", layer.label(), indent = 2 * depth)?;
    for run in layer.children().chunk_by(|a, b| a == b) {
        node(f, &run[0], run.len(), depth + 1)?;
    }
    Ok(())
}
