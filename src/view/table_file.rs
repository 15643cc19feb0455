//! Tables as CSV or Parquet files.

use crate::error::{Error, Fault, Result};
use crate::whole::write_whole;
use polars::prelude::{
    CsvReader, CsvWriter, DataFrame, ParquetReader, ParquetWriter, QuoteStyle, SerReader, SerWriter,
};
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

/// Writes a table as Parquet if the path ends in `.parquet`, else as CSV with a line of column names, making the folder if need be; the
/// file appears whole or not at all.
///
/// # Errors
/// [`Error::Table`] for columns that CSV cannot hold, such as lists; [`Error::File`] naming the path that could not be written.
pub fn write_table(frame: &DataFrame, path: impl AsRef<Path>) -> Result<()> {
    write(frame, path.as_ref())
}

/// Compiled here, not in every cell that writes.
fn write(frame: &DataFrame, path: &Path) -> Result<()> {
    let mut bytes = Vec::new();
    if is_parquet(path) {
        ParquetWriter::new(&mut bytes).finish(&mut frame.clone())?;
    } else {
        // Quotes tell names that are numbers from a first row.
        let style = if are_numbers(frame) { QuoteStyle::NonNumeric } else { QuoteStyle::Necessary };
        CsvWriter::new(&mut bytes).with_quote_style(style).finish(&mut frame.clone())?;
    }
    let at = |path: &Path| {
        let path = path.to_path_buf();
        move |source| Error::File { path, source }
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    write_whole(path, |file| file.write_all(&bytes)).map_err(at(path))
}

/// True if all names of columns are numbers.
fn are_numbers(frame: &DataFrame) -> bool {
    frame.get_column_names().iter().all(|name| name.parse::<f64>().is_ok())
}

fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("parquet"))
}

/// Reads a table: Parquet if the path ends in `.parquet`, else CSV as [`write_table`] writes it, types inferred from all rows. Tables
/// of others in CSV are read by [`read_csv`](crate::data::read_csv), which asks where a file can be read in two ways.
///
/// # Errors
/// [`Error::Data`] for a file that is missing, is empty or is no table; [`Error::File`] for one that cannot be read.
pub fn read_table(path: impl AsRef<Path>) -> Result<DataFrame> {
    read(path.as_ref())
}

fn read(path: &Path) -> Result<DataFrame> {
    let fault = |fault| Error::Data { path: path.into(), fault };
    let bytes = fs::read(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => fault(Fault::Missing { remedy: "give the path of a table in CSV or Parquet" }),
        _ => Error::File { path: path.into(), source },
    })?;
    if bytes.is_empty() {
        return Err(fault(Fault::Empty));
    }
    let quoted = bytes.starts_with(b"\"");
    let table = |error: polars::error::PolarsError| fault(Fault::Table { reason: error.to_string() });
    if is_parquet(path) {
        return ParquetReader::new(Cursor::new(bytes)).finish().map_err(table);
    }
    let read = CsvReader::new(Cursor::new(bytes));
    let options = read.with_options(polars::prelude::CsvReadOptions::default().with_infer_schema_length(None));
    let frame = options.finish().map_err(table)?;
    // Written by somebody else, who gave no names, or another separator.
    let names = frame.get_column_names();
    let reason = if are_numbers(&frame) && !quoted {
        "all names of columns are numbers, so they may be the first row"
    } else if names.len() == 1 && names[0].contains([';', '\t', '|']) {
        "there is one column, whose name holds another separator than the comma"
    } else {
        return Ok(frame);
    };
    let reason = format!("{reason}; read_csv, or Csv::new() with its settings, reads tables of others");
    Err(fault(Fault::Header { line: 1, reason }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::df;

    #[test]
    fn a_table_comes_back_and_a_bad_file_is_named() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("hadamard-table-{}", std::process::id()));
        let path = folder.join("deep/table.csv");
        let frame = df!("name" => ["a, \"b\"", "c"], "value" => [Some(0.1 + 0.2), None], "count" => [1i64, -2])?;
        write_table(&frame, &path)?;
        assert!(read_table(&path)?.equals_missing(&frame));
        let by_width = df!("64" => [0.5, 1.5], "128" => [0.25, 0.75])?;
        write_table(&by_width, &path)?;
        assert!(read_table(&path)?.equals(&by_width));
        let parquet = path.with_extension("parquet");
        write_table(&frame, &parquet)?;
        assert_eq!(&fs::read(&parquet).unwrap()[..4], b"PAR1");
        assert!(read_table(&parquet)?.equals_missing(&frame));
        fs::write(&parquet, "PAR1 and no more").unwrap();
        assert!(read_table(&parquet).unwrap_err().to_string().contains("parquet"));
        fs::write(&path, "a,b\n1,2\n1,2,3\n").unwrap();
        let error = read_table(&path).unwrap_err();
        assert!(matches!(&error, Error::Data { fault: Fault::Table { .. }, .. }), "{error}");
        for (text, word) in [("0.5,1\n1.5,2\n", "first row"), ("a;b\n1;2\n", "separator")] {
            fs::write(&path, text).unwrap();
            let error = read_table(&path).unwrap_err().to_string();
            assert!(error.contains(word) && error.contains("Csv::new()"), "{error}");
        }
        fs::write(&path, "").unwrap();
        assert!(matches!(read_table(&path), Err(Error::Data { fault: Fault::Empty, .. })));
        assert!(matches!(read_table(folder.join("no.csv")), Err(Error::Data { fault: Fault::Missing { .. }, .. })));
        fs::remove_dir_all(folder).unwrap();
        Ok(())
    }
}
