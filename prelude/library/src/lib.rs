//! What `hadamard-prelude` re-exports, as one dynamic library: built once, loaded by every cell.

pub use hadamard;
pub use hadamard::prelude::*;
pub use hadamard::{
    atomic_file, checkpoint, curvature, data, error, harmonic, kernel, linalg, net, number, op, progress, random,
    regression, spectrum, study, sweep, train, view,
};
pub use ndarray_linalg;
pub use rayon;

/// The process is a notebook's: what it frees it will need again.
#[ctor::ctor(unsafe)]
fn keep_freed_memory() {
    hadamard::linalg::keep_freed_memory();
}

/// A panic in a cell is one line: what happened, and where if it was in the cell. The kernel asks for backtraces, which show its own
/// insides.
#[ctor::ctor(unsafe)]
fn one_line_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload_as_str().unwrap_or("panic");
        let place = panic.location().filter(|at| at.file() == "src/lib.rs");
        let place = place.map_or(String::new(), |at| format!(" (line {} of the compiled cell)", at.line()));
        eprintln!("panic: {text}{place}; variables of earlier cells are kept, except those that this cell moved");
    }));
}
