//! How numbers are written.

/// What separates the decimals, and groups of three digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Convention {
    /// The decimals follow a comma, otherwise a point.
    pub comma: bool,
    pub thousands: Option<char>,
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell {
    Number(f64),
    /// A number that is not finite.
    Infinite,
    /// Nothing, or a word for it.
    Missing,
    /// What is a number by another convention: with another mark of decimals, or with groups of three digits.
    Otherwise,
    /// A whole number of which a float keeps only the first digits.
    Long,
    Text,
}

/// Words for a missing value, in small letters.
const MISSING: [&str; 16] =
    ["", "na", "n/a", "#n/a", "n.a.", "<na>", "nan", "-nan", "+nan", "null", "none", "nil", "-", "--", "?", "."];
const INFINITE: [&str; 6] = ["inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"];

/// What separates groups of digits somewhere: the spaces are plain, no-break and narrow no-break.
const GROUPS: [char; 8] = [',', '.', '\'', '’', '_', ' ', '\u{a0}', '\u{202f}'];

impl Convention {
    /// What a cell without blanks around it holds.
    pub fn cell(self, text: &str) -> Cell {
        if let Some(value) = self.number(text) {
            // The largest whole number below which none is left out.
            if value.abs() >= 2f64.powi(53) && text.parse::<i128>().is_ok_and(|whole| whole != value as i128) {
                return Cell::Long;
            }
            return if value.is_finite() { Cell::Number(value) } else { Cell::Infinite };
        }
        let is = |word: &&str| text.eq_ignore_ascii_case(word);
        if MISSING.iter().any(is) {
            Cell::Missing
        } else if INFINITE.iter().any(is) {
            Cell::Infinite
        } else if GROUPS.iter().any(|&group| ungrouped(text, group).is_some()) || self.other().number(text).is_some() {
            Cell::Otherwise
        } else {
            Cell::Text
        }
    }

    /// True of a number with a mark before or behind it, as of a measurement: `<0.5`, `5%`, `$3`.
    pub fn is_marked_number(self, text: &str) -> bool {
        const MARKS: [char; 14] = ['<', '>', '≤', '≥', '=', '~', '≈', '±', '$', '€', '£', '%', '*', ' '];
        let bare = text.trim_matches(MARKS);
        bare != text && self.number(bare).is_some()
    }

    /// With the other mark of decimals.
    fn other(self) -> Self {
        Self { comma: !self.comma, thousands: None }
    }

    /// The number, infinite where it is too large.
    fn number(self, text: &str) -> Option<f64> {
        let plain = |text: &str| match text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
        {
            true => text.parse().ok(),
            false => None,
        };
        if !self.comma && self.thousands.is_none() && text.is_ascii() {
            return plain(text);
        }
        // The typographic minus sign.
        let mut text = text.replace('\u{2212}', "-");
        if let Some(group) = self.thousands.filter(|&group| text.contains(group)) {
            text = ungrouped(&text, group)?;
        }
        if self.comma {
            if text.contains('.') {
                return None;
            }
            text = text.replace(',', ".");
        }
        plain(&text)
    }
}

/// The number without the separators of its groups, if it is one: a sign, one to three digits, groups of three, and decimals after
/// another mark.
fn ungrouped(text: &str, group: char) -> Option<String> {
    let unsigned = unsigned(text);
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, decimals) = match unsigned.rfind(['.', ',']) {
        Some(mark) if !unsigned[mark..].starts_with(group) => (&unsigned[..mark], Some(&unsigned[mark + 1..])),
        _ => (unsigned, None),
    };
    let mut groups = whole.split(group);
    let first = groups.next().filter(|first| is_digits(first) && first.len() <= 3)?;
    let mut count = 0;
    for part in groups {
        if !is_digits(part) || part.len() != 3 {
            return None;
        }
        count += 1;
    }
    // Nobody writes 0,500 for five hundred.
    let written = count > 0 && !(first.starts_with('0')) && decimals.is_none_or(is_digits);
    written.then(|| text.replace(group, ""))
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-', '\u{2212}']).unwrap_or(text)
}

/// True of a number with a comma before its decimals, which cannot be one with a comma between groups of digits: `0,5`, `12,3456`.
pub(super) fn has_decimal_comma(text: &str) -> bool {
    let number = Convention { comma: true, thousands: None }.number(text);
    number.is_some() && text.contains(',') && ungrouped(text, ',').is_none()
}
