//! The display protocol of the evcxr kernel: a cell's last value is shown by its method `evcxr_display`.

use super::picture::picture_html;
use super::text::escape;
use super::{Figure, Report, html_table, kernel_html, matrix_html, vector_html};
use crate::data::GreyImage;
use crate::error::Error;
use crate::kernel::{Kernel, Kernels, LayerKernel};
use crate::linalg::Scalar;
use crate::net::{Net, Network};
use crate::study::{
    ComparisonReport, ImageRegressionReport, KernelLimitsReport, SpectralBiasReport, TrainedNetworkReport,
};
use ndarray::{Array1, Array2};
use polars::error::PolarsError;
use polars::prelude::DataFrame;
use std::io::Write;

/// Shows a value in a notebook cell. In scope through the prelude, so that it also works for types of other crates.
pub trait NotebookDisplay {
    /// Writes the value's bundle to standard output.
    fn evcxr_display(&self);
}

/// One block per MIME type, in a single write: a partial line would stall the kernel.
pub(crate) fn show(blocks: &[(&str, String)]) {
    // A line that ends a block must not come from a value.
    let inert = |body: &str| body.replace("EVCXR_END_CONTENT", "EVCXR\u{200b}_END_CONTENT");
    let text: String = blocks
        .iter()
        .map(|(mime, body)| format!("EVCXR_BEGIN_CONTENT {mime}\n{}\nEVCXR_END_CONTENT\n", inert(body)))
        .collect();
    let mut out = std::io::stdout().lock();
    // A closed pipe means that the notebook is gone; there is no one left to tell.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

impl NotebookDisplay for DataFrame {
    fn evcxr_display(&self) {
        show(&[("text/html", html_table(self)), ("text/plain", super::plain_table(self))]);
    }
}

impl NotebookDisplay for Figure {
    fn evcxr_display(&self) {
        show(&[
            ("application/vnd.plotly.v1+json", self.json().to_string()),
            ("image/svg+xml", self.to_svg()),
            ("text/plain", self.to_string()),
        ]);
    }
}

impl NotebookDisplay for GreyImage {
    fn evcxr_display(&self) {
        let (height, width) = self.pixels.dim();
        let text = format!("grey image of {height} × {width} pixels");
        show(&[("text/html", picture_html(&text, &self.pixels)), ("text/plain", text)]);
    }
}

impl NotebookDisplay for Net {
    fn evcxr_display(&self) {
        show(&[("text/plain", self.to_string())]);
    }
}

impl<F: Scalar> NotebookDisplay for Network<F> {
    fn evcxr_display(&self) {
        let precision = 8 * size_of::<F>();
        show(&[("text/plain", format!("{}initialised, in f{precision}", self.net()))]);
    }
}

impl NotebookDisplay for Kernel {
    fn evcxr_display(&self) {
        show(&[("text/html", kernel_html(self)), ("text/plain", self.to_string())]);
    }
}

impl NotebookDisplay for Kernels {
    fn evcxr_display(&self) {
        let html = format!("<div>NNGP {}</div><div>NTK {}</div>", kernel_html(self.nngp()), kernel_html(self.ntk()));
        let text = format!("NNGP: {}\nNTK:  {}", self.nngp(), self.ntk());
        show(&[("text/html", html), ("text/plain", text)]);
    }
}

impl NotebookDisplay for Vec<LayerKernel> {
    fn evcxr_display(&self) {
        let html = |l: &LayerKernel| format!("<div>{} {}</div>", escape(&l.name), kernel_html(&l.ntk));
        let text = |l: &LayerKernel| format!("{}: {}\n", l.name, l.ntk);
        show(&[("text/html", self.iter().map(html).collect()), ("text/plain", self.iter().map(text).collect())]);
    }
}

impl NotebookDisplay for Array2<f64> {
    fn evcxr_display(&self) {
        show(&[("text/html", matrix_html(self)), ("text/plain", self.to_string())]);
    }
}

impl NotebookDisplay for Array1<f64> {
    fn evcxr_display(&self) {
        show(&[("text/html", vector_html(self)), ("text/plain", self.to_string())]);
    }
}

impl NotebookDisplay for Report {
    fn evcxr_display(&self) {
        show(&[("text/html", self.to_html()), ("text/plain", self.to_string())]);
    }
}

/// Study reports show all that they have.
macro_rules! reports {
    ($($type:ty),*) => {$(
        impl NotebookDisplay for $type {
            fn evcxr_display(&self) {
                self.report().evcxr_display();
            }
        }
    )*};
}

reports!(ComparisonReport, ImageRegressionReport, KernelLimitsReport, SpectralBiasReport, TrainedNetworkReport);

impl NotebookDisplay for Error {
    fn evcxr_display(&self) {
        let text = format!("error: {self}");
        show(&[("text/html", format!("<span style=\"color:#D55E00\">{}</span>", escape(&text))), ("text/plain", text)]);
    }
}

impl NotebookDisplay for PolarsError {
    fn evcxr_display(&self) {
        let text = format!("error: {self}");
        show(&[("text/html", format!("<span style=\"color:#D55E00\">{}</span>", escape(&text))), ("text/plain", text)]);
    }
}

impl<T: NotebookDisplay, E: NotebookDisplay> NotebookDisplay for Result<T, E> {
    fn evcxr_display(&self) {
        match self {
            Ok(value) => value.evcxr_display(),
            Err(error) => error.evcxr_display(),
        }
    }
}

impl<T: NotebookDisplay> NotebookDisplay for Option<T> {
    fn evcxr_display(&self) {
        match self {
            Some(value) => value.evcxr_display(),
            None => show(&[("text/plain", "None: there is no such value".into())]),
        }
    }
}

/// Numbers show as they are.
macro_rules! plain {
    ($($type:ty),*) => {$(
        impl NotebookDisplay for $type {
            fn evcxr_display(&self) {
                show(&[("text/plain", self.to_string())]);
            }
        }
    )*};
}

plain!(f64, f32, usize, u64, u32, i64, i32, bool);
