//! The printed form of a tree of ops.

use crate::op::{Layer, Op};
use std::fmt;

impl fmt::Display for Layer {
    /// The tree, one op a line; runs of equal branches once.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        node(f, self, 1, 0, &|layer, f| f.write_str(&layer.label()))
    }
}

impl fmt::Debug for Layer {
    /// As [`Display`](fmt::Display), with every digit of each op's numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        node(f, self, 1, 0, &Layer::own_debug)
    }
}

type Line = dyn Fn(&Layer, &mut fmt::Formatter<'_>) -> fmt::Result;

fn node(f: &mut fmt::Formatter<'_>, layer: &Layer, times: usize, depth: usize, line: &Line) -> fmt::Result {
    if depth > 0 {
        writeln!(f)?;
    }
    write!(f, "{:indent$}", "", indent = 2 * depth)?;
    if times > 1 {
        write!(f, "{times} × ")?;
    }
    line(layer, f)?;
    layer.children().chunk_by(|a, b| a == b).try_for_each(|run| node(f, &run[0], run.len(), depth + 1, line))
}

#[cfg(test)]
mod tests {
    use crate::op::{Dense, dense, hadamard, relu, serial};

    #[test]
    fn a_layer_prints_as_a_tree() {
        let layer = serial((hadamard((dense(2), dense(2))), Dense::new(1).bias(0.123456), relu()));
        let tree = "serial\n  Hadamard product\n    2 × dense(2; σ_w = 1.0000)\n  dense(1; σ_w = 1.0000, σ_b = 0.1235)\n  ReLU";
        assert_eq!(layer.to_string(), tree);
        assert!(format!("{layer:?}").contains("0.123456") && format!("{layer:?}").starts_with("serial\n  Hadamard"));
        assert_ne!(format!("{:?}", serial([hadamard([relu()])])), format!("{:?}", serial((serial([]), relu()))));
    }
}
