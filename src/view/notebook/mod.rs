//! The display protocol of the evcxr kernel: a cell's last value is shown by its method `evcxr_display`.

mod arrays;
#[cfg(feature = "frames")]
mod frames;
mod results;

use super::Figure;
use super::picture::image;
use super::text::{escape, shortened_to, thousands};
use crate::error::Error;
use std::io::Write;

/// Shows a value in a notebook cell. In scope through the prelude, so that it also works for types of other crates; a type of one's own
/// shows itself by a [`Bundle`].
///
/// ```
/// use hadamard::prelude::*;
/// struct Measured(f64, f64);
/// impl NotebookDisplay for Measured {
///     fn bundle(&self) -> Bundle {
///         Bundle::text(format!("{} ± {}", self.0, self.1))
///     }
/// }
/// Measured(1.5, 0.1).evcxr_display();
/// ```
pub trait NotebookDisplay {
    /// What is shown.
    fn bundle(&self) -> Bundle;

    /// Writes the bundle to standard output.
    fn evcxr_display(&self) {
        self.bundle().show();
    }
}

/// A value as a notebook shows it: text, and HTML or a chart beside it.
#[derive(Clone)]
pub struct Bundle {
    text: String,
    rich: Option<Rich>,
}

#[derive(Clone)]
enum Rich {
    Html(String),
    Figure(Figure),
}

impl std::fmt::Debug for Bundle {
    /// The start of its text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&shortened_to(&self.text, 1000))
    }
}

/// Characters of a bundle's text.
const TEXT: usize = 20_000;
/// Items of a list that are shown in full, and as text in a row.
const ITEMS: usize = 20;
const NUMBERS: usize = 100;

impl Bundle {
    /// Text alone; of a long one the start.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: shortened_to(&text.into(), TEXT), rich: None }
    }

    /// HTML, which must be safe, and text for where there is none.
    pub fn html(html: impl Into<String>, text: impl Into<String>) -> Self {
        Self { rich: Some(Rich::Html(html.into())), ..Self::text(text) }
    }

    /// A chart: interactive, as an image, and as a line of text.
    pub fn figure(figure: &Figure) -> Self {
        Self { rich: Some(Rich::Figure(figure.clone())), ..Self::text(figure.to_string()) }
    }

    /// The bundle inside a page: a chart as its image.
    fn to_html(&self) -> String {
        match &self.rich {
            Some(Rich::Html(html)) => html.clone(),
            Some(Rich::Figure(figure)) => image("svg+xml", figure.to_svg().as_bytes(), &self.text),
            None => format!("<pre>{}</pre>", escape(&self.text)),
        }
    }

    /// Writes it to standard output: one block per MIME type, in a single write, as a partial line would stall the kernel.
    fn show(&self) {
        let text = ("text/plain", self.text.clone());
        let blocks = match &self.rich {
            None => vec![text],
            Some(Rich::Html(html)) => vec![("text/html", html.clone()), text],
            Some(Rich::Figure(figure)) => {
                let json = figure.json().to_string();
                vec![("application/vnd.plotly.v1+json", json), ("image/svg+xml", figure.to_svg()), text]
            }
        };
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

    /// An error, in a colour.
    fn error(error: &dyn std::fmt::Display) -> Self {
        let text = shortened_to(&format!("error: {error}"), TEXT);
        Self::html(format!("<span style=\"color:#D55E00\">{}</span>", escape(&text)), text)
    }

    /// Several, one below the other; those of text alone in a row.
    fn list(items: Vec<Bundle>, count: usize) -> Self {
        let more = count - items.len();
        let plain = items.iter().all(|item| item.rich.is_none() && !item.text.contains('\n'));
        let left_out = if more == 0 { None } else { Some(format!("… {} more", thousands(more))) };
        let texts = items.iter().map(|item| item.text.clone()).chain(left_out.clone());
        if plain {
            return Self::text(format!("[{}]", texts.collect::<Vec<_>>().join(", ")));
        }
        let html: String = items.iter().map(|item| format!("<div>{}</div>", item.to_html())).collect();
        let left_out = left_out.map(|text| format!("<div>{text}</div>")).unwrap_or_default();
        Self::html(html + &left_out, texts.collect::<Vec<_>>().join("\n"))
    }
}

impl NotebookDisplay for Bundle {
    fn bundle(&self) -> Bundle {
        self.clone()
    }
}

impl NotebookDisplay for Figure {
    fn bundle(&self) -> Bundle {
        Bundle::figure(self)
    }
}

impl NotebookDisplay for Error {
    fn bundle(&self) -> Bundle {
        Bundle::error(self)
    }
}

impl<T: NotebookDisplay, E: NotebookDisplay> NotebookDisplay for Result<T, E> {
    fn bundle(&self) -> Bundle {
        match self {
            Ok(value) => value.bundle(),
            Err(error) => error.bundle(),
        }
    }
}

impl<T: NotebookDisplay> NotebookDisplay for Option<T> {
    fn bundle(&self) -> Bundle {
        match self {
            Some(value) => value.bundle(),
            None => Bundle::text("None: there is no such value"),
        }
    }
}

/// The items one below the other, numbers in a row; of a long list the start.
fn listed<T: NotebookDisplay>(items: &[T]) -> Bundle {
    let first: Vec<Bundle> = items.iter().take(ITEMS).map(NotebookDisplay::bundle).collect();
    let plain = first.iter().all(|item| item.rich.is_none());
    let shown = if plain { items.iter().take(NUMBERS).map(NotebookDisplay::bundle).collect() } else { first };
    Bundle::list(shown, items.len())
}

impl<T: NotebookDisplay> NotebookDisplay for Vec<T> {
    fn bundle(&self) -> Bundle {
        listed(self)
    }
}

impl<T: NotebookDisplay, const N: usize> NotebookDisplay for [T; N] {
    fn bundle(&self) -> Bundle {
        listed(self)
    }
}

/// Numbers and texts show as they are.
macro_rules! plain {
    ($($type:ty),*) => {$(
        impl NotebookDisplay for $type {
            fn bundle(&self) -> Bundle {
                Bundle::text(self.to_string())
            }
        }
    )*};
}

plain!(f64, f32, usize, u64, u32, u16, u8, isize, i64, i32, i16, i8, bool, char);

impl NotebookDisplay for String {
    fn bundle(&self) -> Bundle {
        self.as_str().bundle()
    }
}

impl NotebookDisplay for &str {
    fn bundle(&self) -> Bundle {
        // Of nothing there would be nothing to see.
        Bundle::text(if self.is_empty() { "\"\"" } else { *self })
    }
}

#[cfg(test)]
mod tests;
