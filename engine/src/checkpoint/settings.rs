//! Everything that a result depends on, by name.

use super::identity::{Identity, bytes, digest};
use crate::data::{Amplitude, GegenbauerIndex};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// How a digest begins; nobody wants to read one in an error.
const DIGEST: &str = "SHA-256 ";

/// Settings by name; names of digests are plurals.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings(BTreeMap<String, String>);

/// A short setting, which is kept as a text that people read and that tells any two values apart.
pub trait Setting {
    /// The text.
    fn text(&self) -> String;
}

macro_rules! whole {
    ($($number:ty),*) => {$(
        impl Setting for $number {
            fn text(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

whole!(bool, u64, usize, str);

impl Setting for f64 {
    /// The fewest digits that give the same bits when they are read.
    fn text(&self) -> String {
        match self.abs() {
            0.0 | 1e-4..1e16 => self.to_string(),
            _ => format!("{self:e}"),
        }
    }
}

impl<T: Setting> Setting for Option<T> {
    fn text(&self) -> String {
        self.as_ref().map_or(UNSET.into(), Setting::text)
    }
}

impl<T: Setting> Setting for Vec<T> {
    fn text(&self) -> String {
        format!("[{}]", self.iter().map(Setting::text).collect::<Vec<_>>().join(", "))
    }
}

impl<T: Setting> Setting for RangeInclusive<T> {
    fn text(&self) -> String {
        format!("{} to {}", self.start().text(), self.end().text())
    }
}

impl Setting for GegenbauerIndex {
    fn text(&self) -> String {
        match self {
            GegenbauerIndex::Harmonic => "harmonic".into(),
            GegenbauerIndex::AsPublished => "as published".into(),
        }
    }
}

impl Setting for Amplitude {
    fn text(&self) -> String {
        match self {
            Amplitude::Unit => "unit".into(),
            Amplitude::AsPublished => "as published".into(),
        }
    }
}

impl<T: Setting + ?Sized> Setting for &T {
    fn text(&self) -> String {
        (**self).text()
    }
}

/// What is shown of a setting that is not there.
const UNSET: &str = "not set";

impl From<&BTreeMap<String, String>> for Settings {
    /// Those of a manifest.
    fn from(there: &BTreeMap<String, String>) -> Self {
        Self(there.clone())
    }
}

impl Settings {
    /// With the version of the crate, because another one may round otherwise.
    pub fn new() -> Self {
        Self::default().with("version of hadamard", env!("CARGO_PKG_VERSION"))
    }

    /// Adds a short value.
    pub fn with(mut self, name: &str, value: impl Setting) -> Self {
        self.0.insert(name.into(), value.text());
        self
    }

    /// Adds a long value by its digest.
    pub fn digest(mut self, names: &str, value: &(impl Identity + ?Sized)) -> Self {
        self.0.insert(names.into(), format!("{DIGEST}{}", digest(value)));
        self
    }

    pub(crate) fn map(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// What differs, in words: `there` are the settings found.
    pub fn differences(&self, there: &BTreeMap<String, String>) -> Vec<String> {
        let names: std::collections::BTreeSet<_> = self.0.keys().chain(there.keys()).collect();
        names
            .into_iter()
            .filter(|name| self.0.get(*name) != there.get(*name))
            .map(|name| match (there.get(name), self.0.get(name)) {
                (Some(a), Some(b)) if a.starts_with(DIGEST) || b.starts_with(DIGEST) => {
                    format!("the {} differ", name.escape_debug())
                }
                (a, b) => {
                    let [a, b] = [a, b].map(|v| v.map_or_else(|| UNSET.into(), |v| v.escape_debug().to_string()));
                    format!("the {} is {a} there and {b} here", name.escape_debug())
                }
            })
            .collect()
    }

    /// A name for a folder of these settings: 16 hexadecimal digits.
    pub fn short_name(&self, of: &str) -> String {
        self.words(of)[..2].iter().map(|word| format!("{word:08x}")).collect()
    }

    /// Eight numbers that stand for the settings.
    pub fn fingerprint(&self, of: &str) -> [f64; 8] {
        self.words(of).map(f64::from)
    }

    fn words(&self, of: &str) -> [u32; 8] {
        let pairs: Vec<(&String, &String)> = self.0.iter().collect();
        let mut words = [0; 8];
        for (word, bytes) in words.iter_mut().zip(bytes(&(of, pairs)).as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr1;

    #[test]
    fn differences_are_named_with_both_values() {
        let of = |rate: f64, x: [f64; 2]| Settings::new().with("learning rate", rate).digest("points", &arr1(&x));
        let (one, other) = (of(0.1, [1.0, 2.0]), of(0.25, [1.0, -2.0]));
        let words = ["the learning rate is 0.1 there and 0.25 here", "the points differ"];
        assert_eq!(other.differences(one.map()), words);
        assert!(one.differences(of(0.1, [1.0, 2.0]).map()).is_empty());
        assert_eq!(
            one.with("steps", 3_usize).differences(of(0.1, [1.0, 2.0]).map()),
            ["the steps is not set there and 3 here"]
        );
        assert_ne!(of(0.1, [0.0, 2.0]), of(0.1, [-0.0, 2.0]));
        assert_ne!(of(0.1, [0.0, 2.0]).fingerprint("a"), of(0.1, [0.0, 2.0]).fingerprint("b"));
        assert_ne!(of(0.1, [0.0, 2.0]).short_name("a"), of(0.2, [0.0, 2.0]).short_name("a"));
    }

    #[test]
    fn numbers_are_read_back_from_their_texts_bit_by_bit() {
        let tiny = f64::from_bits(1);
        for value in [0.0, -0.0, 0.1, 1.0 / 3.0, 1e-5, -2.5e-300, tiny, 1e15, 1e16, 1.7e308, f64::INFINITY] {
            let text = value.text();
            assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(value.to_bits()), "{text}");
            assert!(text.len() <= 25, "{text}");
        }
        assert_eq!((0.02.text(), 1e-5.text(), f64::NAN.text()), ("0.02".into(), "1e-5".into(), "NaN".into()));
        assert_eq!((vec![1_usize, 20].text(), None::<usize>.text()), ("[1, 20]".into(), "not set".into()));
    }
}
