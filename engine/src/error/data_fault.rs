//! What can be wrong with a data file.

/// What is wrong with a file of data; [`Error::Data`](super::Error::Data) says which file.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// There is no such file.
    #[error("there is no such file; {remedy}")]
    Missing {
        /// What to do.
        remedy: &'static str,
    },
    /// Nothing is in it.
    #[error("the file is empty")]
    Empty,
    /// A folder where a file is read.
    #[error("it is a folder; give the path of a file in it")]
    Folder,
    /// No array of numbers in NumPy's format, or not the one asked for.
    #[error("{reason}")]
    Array {
        /// What is wrong with it.
        reason: String,
    },
    /// A NaN or an infinity in an array.
    #[error("the value at {place:?} is {value}; every value must be finite")]
    NotFinite {
        /// The index along every axis.
        place: Vec<usize>,
        /// The value itself.
        value: f64,
    },
    /// Another file than the one that results were computed with.
    #[error("the sha256 is {got}, expected {expected}; take the file from the repository again")]
    Checksum {
        /// The sum that would be right, in hexadecimal.
        expected: String,
        /// The sum found.
        got: String,
    },
    /// A file that is no table in CSV or Parquet.
    #[error("no table can be read from it: {reason}")]
    Table {
        /// What the reader said.
        reason: String,
    },
    /// A gzip stream that ends too early.
    #[error("the gzip stream is cut off: the file ends at byte {offset}, before the stream does")]
    CutOff {
        /// Bytes in the file.
        offset: u64,
    },
    /// A gzip stream that cannot be read, or whose checksum is not that of its contents.
    #[error("the gzip stream is damaged before byte {offset}: {reason}")]
    Damaged {
        /// Bytes of the file read by then.
        offset: u64,
        /// What the decoder said.
        reason: String,
    },
    /// Compressed contents of more bytes than are read.
    #[error("more than {limit} bytes when decompressed; the reader takes no more")]
    TooLarge {
        /// The most that are read.
        limit: u64,
    },
    /// A file that does not begin as an IDX file does.
    #[error(
        "begins with the bytes {got:02x?}; an IDX file begins with 00 00, the type of its values and the number of its sizes"
    )]
    Magic {
        /// At most the first four bytes, decompressed.
        got: Vec<u8>,
    },
    /// An IDX file of numbers other than unsigned bytes.
    #[error("holds values of the IDX type 0x{code:02x}; only 0x08, unsigned bytes, is read")]
    ValueType {
        /// The third byte of the file.
        code: u8,
    },
    /// An IDX file that is shorter than its header says.
    #[error("{what} take {expected} bytes by the header, got {got}")]
    Short {
        /// The sizes or the values.
        what: &'static str,
        /// Bytes that the header says; more than fit in a number count as the largest number.
        expected: u64,
        /// Bytes found.
        got: u64,
    },
    /// A file that does not begin as a PNG file does.
    #[error("begins with the bytes {got:02x?}; a PNG file begins with 89 50 4e 47 0d 0a 1a 0a")]
    NotPng {
        /// At most the first eight bytes.
        got: Vec<u8>,
    },
    /// A PNG image whose pixels are not of one byte.
    #[error("a PNG image of the type {colour} with {bits} bits a value; only grey images of 8 bits are read")]
    Colour {
        /// The type by its name in the format.
        colour: String,
        /// Bits of a value.
        bits: u8,
    },
    /// A PNG image that ends too early.
    #[error("the PNG image is cut off: the file ends at byte {offset}, before the image does")]
    CutOffImage {
        /// Bytes in the file.
        offset: u64,
    },
    /// A PNG image that cannot be read, or a checksum in it that is wrong.
    #[error("the PNG image is damaged: {reason}")]
    DamagedImage {
        /// What the decoder said.
        reason: String,
    },
    /// More after the end.
    #[error("bytes after the end of the {what}, from byte {offset} of {of} on")]
    Trailing {
        /// What has ended.
        what: &'static str,
        /// Where it ended.
        offset: u64,
        /// What the offset counts in: the file or its decompressed contents.
        of: &'static str,
    },
    /// Characters that cannot be read.
    #[error("line {line}: {reason}")]
    Encoding {
        /// The line of the file, counted from 1.
        line: usize,
        /// What is wrong, and the remedy.
        reason: String,
    },
    /// Cells that can be cut at several characters.
    #[error("{reason}; say which separates cells, as in Csv::new().separator(',').read(…)")]
    Separator {
        /// The characters.
        reason: String,
    },
    /// Quotes that do not close, or stand where none may.
    #[error("line {line}: {reason}")]
    Quote {
        /// The line of the file, counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A line that may be a comment or a row.
    #[error(
        "line {line} begins with # and has as many cells as a row; say Csv::new().comment('#') if it is a comment, .no_comments() if it is a row"
    )]
    Comment {
        /// The line of the file, counted from 1.
        line: usize,
    },
    /// A first line that may hold names or values.
    #[error("line {line}: {reason}")]
    Header {
        /// The line of the file, counted from 1.
        line: usize,
        /// What cannot be told, and the remedy.
        reason: String,
    },
    /// Decimals after commas and after points.
    #[error("line {line}: {reason}")]
    DecimalMark {
        /// The line of the file, counted from 1.
        line: usize,
        /// The two numbers, and the remedy.
        reason: String,
    },
    /// A column without a name, or with one that came before.
    #[error("line {line}, column {column}: {reason}")]
    ColumnName {
        /// The line of the file, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// What is wrong with its name.
        reason: String,
    },
    /// A row of too few or too many cells.
    #[error("line {line}: expected {expected} cells as in the first line, got {got}{hint}")]
    Ragged {
        /// The line of the file, counted from 1.
        line: usize,
        /// Cells of the first line.
        expected: usize,
        /// Cells of the row.
        got: usize,
        /// A likely reason, where there is one.
        hint: &'static str,
    },
    /// A cell that is not a number, or one that is not finite.
    #[error("line {line}, column {column}: \"{text}\" is not {wanted}")]
    Cell {
        /// The line of the file, counted from 1.
        line: usize,
        /// The name of the column.
        column: String,
        /// The text of the cell, shortened.
        text: String,
        /// What it had to be, and the remedy.
        wanted: String,
    },
    /// A missing value.
    #[error(
        "line {line}, column {column}: the value is missing (\"{text}\"); fill it in, or leave such rows out with Csv::new().skip_incomplete_rows()"
    )]
    Absent {
        /// The line of the file, counted from 1.
        line: usize,
        /// The name of the column.
        column: String,
        /// The text of the cell.
        text: String,
    },
    /// Two files that belong together do not fit.
    #[error("expected {expected} {what}, got {got}")]
    Count {
        /// What is counted.
        what: &'static str,
        /// The count that would be right.
        expected: u64,
        /// The count found.
        got: u64,
    },
}
