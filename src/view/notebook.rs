//! The display protocol of the evcxr kernel: a cell's last value is shown by its method `evcxr_display`.

use super::html_table;
use crate::kernel::{Kernel, Kernels};
use crate::net::Net;
use polars::prelude::DataFrame;
use std::io::Write;

/// Shows a value in a notebook cell. In scope through the prelude, so that it also works for types of other crates.
pub trait NotebookDisplay {
    /// Writes the value's bundle to standard output.
    fn evcxr_display(&self);
}

/// One block per MIME type, in a single write: a partial line would stall the kernel.
fn show(blocks: &[(&str, String)]) {
    let text: String =
        blocks.iter().map(|(mime, body)| format!("EVCXR_BEGIN_CONTENT {mime}\n{body}\nEVCXR_END_CONTENT\n")).collect();
    let mut out = std::io::stdout().lock();
    // A closed pipe means that the notebook is gone; there is no one left to tell.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

impl NotebookDisplay for DataFrame {
    fn evcxr_display(&self) {
        show(&[("text/html", html_table(self)), ("text/plain", self.to_string())]);
    }
}

impl NotebookDisplay for Net {
    fn evcxr_display(&self) {
        show(&[("text/plain", self.to_string())]);
    }
}

impl NotebookDisplay for Kernel {
    fn evcxr_display(&self) {
        show(&[("text/plain", self.to_string())]);
    }
}

impl NotebookDisplay for Kernels {
    fn evcxr_display(&self) {
        show(&[("text/plain", format!("NNGP: {}\nNTK:  {}", self.nngp(), self.ntk()))]);
    }
}
