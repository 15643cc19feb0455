//! What a first pass over a file sees, from which its names and the kinds of its columns follow.

use super::numbers::{Cell, Convention, has_decimal_comma};
use super::rows::{Row, Rows, Separator};
use super::{Comments, Csv};
use crate::error::Fault;

/// A file with its first row apart, which may hold names.
pub(super) struct Seen {
    /// The line of the first row.
    pub line: usize,
    /// Its cells.
    pub first: Vec<String>,
    /// The cells of the comment before it, if they are as many.
    pub comment: Option<Vec<String>>,
    /// Number of columns.
    pub width: usize,
    /// Number of rows after the first.
    pub rows: usize,
    /// What the rows after the first hold.
    pub columns: Vec<Marks>,
}

/// What a column holds besides its first cell.
#[derive(Default)]
pub(super) struct Marks {
    /// With decimals after a point and after a comma.
    kinds: [Kind; 2],
    /// Line and text of the first number with a decimal point.
    pub point: Option<(usize, String)>,
    /// Of the first that can only have a decimal comma.
    pub comma: Option<(usize, String)>,
}

/// Numbers of cells by what they hold; those that hold nothing count for none.
#[derive(Clone, Default)]
pub(super) struct Kind {
    pub numbers: usize,
    pub otherwise: usize,
    pub texts: usize,
    /// The first cell that is no number.
    pub odd: Option<(usize, String, Cell)>,
}

impl Kind {
    fn see(&mut self, line: usize, text: &str, cell: Cell) {
        match cell {
            Cell::Number(_) | Cell::Infinite | Cell::Long => self.numbers += 1,
            Cell::Missing => return,
            Cell::Otherwise => self.otherwise += 1,
            Cell::Text => self.texts += 1,
        }
        if matches!(cell, Cell::Otherwise | Cell::Text | Cell::Long)
            && self.odd.as_ref().is_none_or(|&(first, ..)| line < first)
        {
            self.odd = Some((line, text.into(), cell));
        }
    }

    /// True of words without a number between them.
    pub fn is_text(&self) -> bool {
        self.numbers == 0 && self.texts > 0
    }

    /// True if most cells are numbers or look like some.
    pub fn is_numeric(&self) -> bool {
        self.numbers + self.otherwise > self.texts
    }
}

impl Marks {
    fn see(&mut self, line: usize, text: &str, conventions: &[Convention; 2]) {
        for (kind, convention) in self.kinds.iter_mut().zip(conventions) {
            kind.see(line, text, convention.cell(text));
        }
        if self.comma.is_none() && has_decimal_comma(text) {
            self.comma = Some((line, text.into()));
        }
        if self.point.is_none() && text.contains('.') && matches!(conventions[0].cell(text), Cell::Number(_)) {
            self.point = Some((line, text.into()));
        }
    }
}

impl Seen {
    pub fn new(settings: &Csv, text: &str, separator: Separator) -> Result<Self, Fault> {
        let mut rows = Rows::new(text, separator, settings.comment_mark());
        let mut comments = Vec::new();
        let (line, mut first) = loop {
            match rows.next()? {
                None => return Err(Fault::Empty),
                Some(row) if settings.may_be_comment(&row) => comments.push((row.line, row.raw.to_string())),
                Some(row) => break (row.line, row.cells().map(String::from).collect::<Vec<_>>()),
            }
        };
        let conventions = [false, true].map(|comma| Convention { comma, thousands: settings.thousands });
        let mut columns: Vec<Marks> = first.iter().map(|_| Marks::default()).collect();
        let (mut count, mut ragged) = (0, None);
        // Of rows with as many cells as the first, and of the first with one more at its end, in which nothing is.
        let (mut alike, mut longer) = (0, None);
        let mut ends_empty = first.last().is_some_and(String::is_empty);
        while let Some(row) = rows.next()? {
            if settings.is_comment(&row, first.len())? {
                continue;
            }
            let empty = row.cells().last() == Some("");
            ends_empty = ends_empty && empty;
            if row.len() == first.len() {
                alike += 1;
            } else if row.len() == first.len() + 1 && empty {
                longer = longer.or(Some((row.line, row.len())));
            } else if ragged.is_none() {
                ragged = Some((row.line, row.len()));
            }
            for (marks, cell) in columns.iter_mut().zip(row.cells()) {
                marks.see(row.line, cell, &conventions);
            }
            count += 1;
        }
        let ragged = if alike > 0 { ragged.or(longer) } else { ragged };
        // A separator at the end of every row ends it, with a name above it or not.
        if ends_empty && first.len() > 1 && count > 0 && ragged.is_none() {
            first.pop();
            columns.pop();
        }
        if let Some((line, got)) = ragged {
            return Err(Fault::Ragged { line, expected: first.len(), got, hint: hint(separator, first.len(), got) });
        }
        let width = first.len();
        let comment =
            settings.names_in_comment(&comments, separator, width, conventions[usize::from(settings.decimal_comma)])?;
        Ok(Self { line, first, comment, width, rows: count, columns })
    }

    /// What a column holds, with its first cell or without.
    pub fn kind(&self, column: usize, convention: Convention, with_first: bool) -> Kind {
        let mut kind = self.columns[column].kinds[usize::from(convention.comma)].clone();
        if with_first {
            let text = &self.first[column];
            kind.see(self.line, text, convention.cell(text));
        }
        kind
    }
}

impl Csv {
    /// What a line begins with that may be a comment.
    pub(super) fn comment_mark(&self) -> Option<char> {
        match self.comments {
            Comments::BeforeRows => Some('#'),
            Comments::With(character) => Some(character),
            Comments::None => None,
        }
    }

    pub(super) fn may_be_comment(&self, row: &Row<'_>) -> bool {
        self.comment_mark().is_some_and(|mark| row.begins_with(mark))
    }

    /// True of a comment after the first row.
    pub(super) fn is_comment(&self, row: &Row<'_>, width: usize) -> Result<bool, Fault> {
        let marked = self.may_be_comment(row);
        let cells = row.len() - usize::from(row.len() > width && row.cells().last() == Some(""));
        match self.comments {
            Comments::BeforeRows if marked && cells == width => Err(Fault::Comment { line: row.line }),
            _ => Ok(marked),
        }
    }

    /// The cells of the last of the comments before the first row, if they may be names.
    fn names_in_comment(
        &self,
        comments: &[(usize, String)],
        separator: Separator,
        width: usize,
        convention: Convention,
    ) -> Result<Option<Vec<String>>, Fault> {
        let mut names = None;
        for (line, raw) in comments {
            let marked = raw.trim();
            let text = &marked[marked.chars().next().map_or(0, char::len_utf8)..];
            let mut rows = Rows::new(text, separator, None);
            let cells: Vec<String> =
                rows.next().ok().flatten().map_or_else(Vec::new, |row| row.cells().map(String::from).collect());
            let is_number = |cell: &String| matches!(convention.cell(cell), Cell::Number(_));
            names = (cells.len() == width).then_some(cells);
            if matches!(self.comments, Comments::BeforeRows)
                && width > 1
                && names.as_ref().is_some_and(|cells| cells.iter().any(is_number))
            {
                return Err(Fault::Comment { line: *line });
            }
        }
        Ok(names)
    }
}

fn hint(separator: Separator, expected: usize, got: usize) -> &'static str {
    match separator {
        Separator::Character(b',') if expected == 1 => {
            "; if the comma stands before decimals say Csv::new().decimal_comma()"
        }
        Separator::Character(b',') if got == 2 * expected => {
            "; if commas stand before decimals, the cells need another separator, or quotes"
        }
        Separator::Blanks => "; say .separator(…) if other marks than blanks separate the cells",
        Separator::Character(_) => "",
    }
}
