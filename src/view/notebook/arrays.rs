//! Arrays and kernels.

use super::{Bundle, NotebookDisplay};
use crate::kernel::{Kernel, Kernels, LayerKernel, MonteCarloKernels};
use crate::view::matrix::{kernel_html, matrix_html, vector_html};
use crate::view::text::{escape, number};
use ndarray::{ArrayBase, Data, Ix1, Ix2};

/// An entry of an array.
pub trait Entry {
    /// As a cell of a table shows it.
    fn entry(&self) -> String;
}

macro_rules! entries {
    (floats $($float:ty),*; others $($other:ty),*) => {
        $(impl Entry for $float {
            fn entry(&self) -> String {
                number(f64::from(*self))
            }
        })*
        $(impl Entry for $other {
            fn entry(&self) -> String {
                self.to_string()
            }
        })*
    };
}

entries!(floats f64, f32; others usize, u64, u32, u8, i64, i32, bool);

impl<A: Entry, S: Data<Elem = A>> NotebookDisplay for ArrayBase<S, Ix2> {
    fn bundle(&self) -> Bundle {
        let cell = |i: usize, j: usize| self[[i, j]].entry();
        let (html, text) = matrix_html(self.dim(), &cell);
        Bundle::html(html, text)
    }
}

impl<A: Entry, S: Data<Elem = A>> NotebookDisplay for ArrayBase<S, Ix1> {
    fn bundle(&self) -> Bundle {
        let (html, text) = vector_html(self.len(), &|i: usize| self[i].entry());
        Bundle::html(html, text)
    }
}

impl NotebookDisplay for Kernel {
    fn bundle(&self) -> Bundle {
        Bundle::html(kernel_html(self), self.to_string())
    }
}

impl NotebookDisplay for Kernels {
    fn bundle(&self) -> Bundle {
        let html = format!("<div>NNGP {}</div><div>NTK {}</div>", kernel_html(self.nngp()), kernel_html(self.ntk()));
        Bundle::html(html, format!("NNGP: {}\nNTK:  {}", self.nngp(), self.ntk()))
    }
}

impl NotebookDisplay for MonteCarloKernels {
    fn bundle(&self) -> Bundle {
        let [mean, error] = [self.mean(), self.standard_error()].map(NotebookDisplay::bundle);
        let html = format!("<div>means</div>{}<div>standard errors</div>{}", mean.to_html(), error.to_html());
        Bundle::html(html, format!("means\n{}\nstandard errors\n{}", mean.text, error.text))
    }
}

impl NotebookDisplay for LayerKernel {
    fn bundle(&self) -> Bundle {
        let html = format!("{} {}", escape(&self.name), kernel_html(&self.ntk));
        Bundle::html(html, format!("{}: {}", self.name, self.ntk))
    }
}
