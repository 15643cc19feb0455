//! The characters in a file of text.

use super::super::gzip::Contents;
use crate::error::Fault;

/// The most text that is read from a compressed file.
const LIMIT: u64 = 1 << 30;

/// The characters 0x80 to 0x9f of Windows-1252, where Latin-1 has control characters; five are not in use and stand for themselves
/// (WHATWG Encoding Standard, `windows-1252`).
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a file, gzipped or not, every end of a line a `\n`: of UTF-8, of UTF-16 with its mark, or of Windows-1252 if it is
/// said to be.
pub(super) fn decode(bytes: &[u8], windows: bool) -> Result<String, Fault> {
    let mut contents = Contents::of(bytes);
    let text = match contents {
        Contents::Plain { .. } => characters(bytes, windows)?,
        Contents::Gzip { .. } => {
            let bytes = contents.take(LIMIT)?;
            if bytes.len() as u64 == LIMIT {
                return Err(Fault::TooLarge { limit: LIMIT });
            }
            contents.end("text")?;
            characters(&bytes, windows)?
        }
    };
    if let Some(place) = text.find('\0') {
        let reason = "a zero byte: no text, or UTF-16 without the mark FF FE or FE FF at its start; save it as UTF-8";
        return Err(Fault::Encoding { line: lines(&text.as_bytes()[..place]), reason: reason.into() });
    }
    // Of a bare \r, too, as old programs and spreadsheets of the Mac write it.
    Ok(if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text })
}

fn characters(bytes: &[u8], windows: bool) -> Result<String, Fault> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
            let reason = "the file is in UTF-32, which is not read; save it as UTF-8";
            Err(Fault::Encoding { line: 1, reason: reason.into() })
        }
        [0xff, 0xfe, units @ ..] => utf16(units, u16::from_le_bytes),
        [0xfe, 0xff, units @ ..] => utf16(units, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        _ if windows => Ok(bytes
            .iter()
            .map(|&byte| match byte {
                0x80..0xa0 => WINDOWS[usize::from(byte - 0x80)],
                _ => char::from(byte),
            })
            .collect()),
        _ => utf8(bytes),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, Fault> {
    std::str::from_utf8(bytes).map(String::from).map_err(|error| {
        let place = error.valid_up_to();
        let (line, byte) = (lines(&bytes[..place]), bytes[place]);
        let reason = format!(
            "the byte {byte:02x} is not UTF-8; if the file is in Latin-1 or Windows-1252, read it with Csv::new().windows_1252().read(…)"
        );
        Fault::Encoding { line, reason }
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Fault> {
    let (units, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(units.len());
    for character in char::decode_utf16(units.iter().map(|&bytes| unit(bytes))) {
        match character {
            Ok(character) => text.push(character),
            Err(error) => {
                let reason =
                    format!("UTF-16 with half of a pair, {:04x}; save it as UTF-8", error.unpaired_surrogate());
                return Err(Fault::Encoding { line: lines(text.as_bytes()), reason });
            }
        }
    }
    match rest {
        [] => Ok(text),
        _ => Err(Fault::Encoding { line: lines(text.as_bytes()), reason: "UTF-16 that ends in half of a unit".into() }),
    }
}

/// The line on which the next byte stands, from 1.
fn lines(bytes: &[u8]) -> usize {
    let feeds = bytes.iter().filter(|&&byte| byte == b'\n').count();
    let bare = bytes.windows(2).filter(|pair| pair[0] == b'\r' && pair[1] != b'\n').count();
    1 + feeds + bare + usize::from(bytes.last() == Some(&b'\r'))
}
