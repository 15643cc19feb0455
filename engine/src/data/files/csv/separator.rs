//! Which character separates the cells of a file.

use super::Csv;
use super::numbers::{Cell, Convention};
use super::rows::{Rows, Separator};
use crate::error::Fault;

const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The separator that a first line `sep=;` names, which Excel writes and reads, and the text without it.
pub(super) fn named(text: &str) -> Option<(char, &str)> {
    let (line, _) = text.split_once('\n')?;
    let words = line.trim_end().trim_matches('"');
    let mut mark = words.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).and(words.get(4..))?.chars();
    let separator = mark.next().filter(|_| mark.next().is_none())?;
    // The end of the line stays, so that lines keep their numbers.
    Some((separator, &text[line.len()..]))
}

/// What a file looks like, cut by a separator.
struct Cut {
    separator: Separator,
    /// Cells of every row, if all have as many.
    cells: Option<usize>,
    /// The most cells of a row.
    most: usize,
    /// A comma is in a cell.
    commas: bool,
    /// Every cell after the first row is a number, or missing.
    numbers: bool,
}

/// The separator of a file, if one alone cuts all rows alike.
///
/// # Errors
/// [`Fault::Separator`] where two do; [`Fault::Quote`].
pub(super) fn detect(settings: &Csv, text: &str) -> Result<Separator, Fault> {
    let mut cuts = Vec::new();
    let mut broken = None;
    for byte in CANDIDATES.into_iter().filter(|&byte| text.as_bytes().contains(&byte)) {
        match cut(settings, text, Separator::Character(byte)) {
            // Where decimals follow commas, others separate cells only if those do not.
            Ok(cut) if cut.most > 1 && (byte != b',' || !settings.decimal_comma || cut.commas) => cuts.push(cut),
            Ok(_) => {}
            // Quotes beside a character that separates nothing.
            Err(fault) => broken = Some(fault),
        }
    }
    let fit: Vec<&Cut> = cuts.iter().filter(|cut| cut.cells.is_some_and(|cells| cells > 1)).collect();
    let numeric: Vec<&Cut> = fit.iter().copied().filter(|cut| cut.numbers).collect();
    match (&fit[..], &numeric[..]) {
        ([one], _) | (_, [one]) => return Ok(one.separator),
        ([first, second, ..], _) => {
            let reason = format!("{} and {} both cut all rows alike", shown(first), shown(second));
            return Err(Fault::Separator { reason });
        }
        ([], _) => {}
    }
    if let (Some(fault), true) = (broken, cuts.is_empty()) {
        return Err(fault);
    }
    let blanks = cut(settings, text, Separator::Blanks)?;
    if cuts.iter().all(|cut| !cut.numbers) && blanks.numbers && blanks.cells.is_some_and(|cells| cells > 1) {
        return Ok(Separator::Blanks);
    }
    let single = if settings.decimal_comma { b';' } else { b',' };
    // Rows of other lengths, which the reader shows by their lines.
    Ok(cuts.iter().max_by_key(|cut| cut.most).map_or(Separator::Character(single), |cut| cut.separator))
}

fn shown(cut: &Cut) -> String {
    let name = match cut.separator {
        Separator::Character(b'\t') => "a tabulator".into(),
        Separator::Character(byte) => format!("'{}'", char::from(byte)),
        Separator::Blanks => "a blank".into(),
    };
    format!("{name} ({} cells a row)", cut.most)
}

fn cut(settings: &Csv, text: &str, separator: Separator) -> Result<Cut, Fault> {
    let convention = Convention { comma: false, thousands: None };
    let is_number = |cell: &str| convention.cell(cell) != Cell::Text;
    let mut rows = Rows::new(text, separator, settings.comment_mark());
    let (mut counts, mut most, mut commas, mut numbers, mut seen) = (Vec::new(), 0, false, true, 0);
    while let Some(row) = rows.next()? {
        if settings.may_be_comment(&row) {
            continue;
        }
        // A separator at the end of a row ends it.
        let cells = row.len() - usize::from(row.len() > 1 && row.cells().last() == Some(""));
        most = most.max(cells);
        if !counts.contains(&cells) {
            counts.push(cells);
        }
        commas = commas || row.cells().any(|cell| cell.contains(','));
        numbers = numbers && (seen == 0 || row.cells().all(is_number));
        seen += 1;
    }
    let cells = if let [cells] = counts[..] { Some(cells) } else { None };
    Ok(Cut { separator, cells, most, commas, numbers: numbers && seen > 1 })
}
