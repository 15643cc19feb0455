//! What is wrong with a column that was asked for.

/// Why a column cannot be read as what was asked for.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ColumnFault {
    /// A column of text, read as numbers.
    #[error("the column \"{}\" holds text, such as \"{}\"; .classes(…) numbers its classes, .text(…) gives it as it is", name.escape_debug(), text.escape_debug())]
    Text {
        /// The name of the column.
        name: String,
        /// The first of its cells.
        text: String,
    },
    /// A column of numbers, read as text.
    #[error("the column \"{}\" holds numbers; .column(…) gives them, .classes(…) the classes that they name, and Csv::new().text(…) reads it as text", name.escape_debug())]
    Number {
        /// The name of the column.
        name: String,
    },
}
