//! Text from elsewhere on its way into markup and out of it.

/// Characters of a text that are shown.
const SHOWN: usize = 200;

/// Text that is safe inside HTML elements and attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(c),
            // Control characters, among them those that turn the direction of reading.
            c if c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c) => {
                safe.push('\u{fffd}');
            }
            _ => safe.push(c),
        }
    }
    safe
}

/// The start of a long text, with the number of characters left out.
pub(crate) fn shortened(text: &str) -> String {
    shortened_to(text, SHOWN)
}

/// The first characters of a text, with the number of those left out.
pub(crate) fn shortened_to(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_string(),
        Some((end, _)) => format!("{}… ({} more characters)", &text[..end], thousands(text[end..].chars().count())),
    }
}

/// A count with commas between thousands.
pub(crate) fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).expect("digits are ASCII")).collect();
    groups.join(",")
}

/// Four significant digits; plain where that is readable, else scientific.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        value.to_string()
    } else if value == value.trunc() && size < 1e7 {
        format!("{value}")
    } else if (1e-3..1e5).contains(&size) {
        let decimals = (3 - size.log10().floor() as i32).max(0) as usize;
        format!("{value:.decimals$}")
    } else {
        format!("{value:.3e}")
    }
}

/// The words of plotly's pseudo-HTML: tags dropped, entities resolved.
pub(super) fn plain(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        words.push_str(&rest[..start]);
        let tag = &rest[start..];
        // Plotly knows lower-case tags only; anything else is a "less than".
        match tag.find('>').filter(|_| tag[1..].starts_with(|c: char| c == '/' || c.is_ascii_lowercase())) {
            Some(end) => {
                if tag.starts_with("<br") {
                    words.push(' ');
                }
                rest = &tag[end + 1..];
            }
            None => {
                words.push('<');
                rest = &tag[1..];
            }
        }
    }
    words.push_str(rest);
    for (entity, c) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")]
    {
        words = words.replace(entity, c);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text_and_long_text_is_cut() {
        assert_eq!(escape("two\nlines\t"), "two\nlines\t");
        assert_eq!(escape("<b a='1'>&\"\u{202e}\u{7}"), "&lt;b a=&#39;1&#39;&gt;&amp;&quot;\u{fffd}\u{fffd}");
        assert_eq!(plain("<b>a</b> &lt;x&gt; 1 < 2<br>c"), "a <x> 1 < 2 c");
        let long = "ä".repeat(1000);
        assert_eq!(shortened(&long), format!("{}… (800 more characters)", "ä".repeat(200)));
        assert_eq!(shortened("short"), "short");
    }

    #[test]
    fn numbers_keep_four_digits() {
        for (value, text) in [
            (0.0, "0"),
            (3.0, "3"),
            (1.23456, "1.235"),
            (123.456, "123.5"),
            (0.00123456, "0.001235"),
            (1.5e-9, "1.500e-9"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn counts_have_commas() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
