//! Everything that a result depends on, by name.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Debug;

/// How a digest begins; nobody wants to read one in an error.
const DIGEST: &str = "SHA-256 ";

/// Settings by name; names of digests are plurals.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// With the version of the crate, because another one may round otherwise.
    pub fn new() -> Self {
        Self::default().with("version of hadamard", env!("CARGO_PKG_VERSION"))
    }

    /// Adds a value by its text, which must tell different values apart.
    pub fn with(mut self, name: &str, value: impl Debug) -> Self {
        self.0.insert(name.into(), format!("{value:?}"));
        self
    }

    /// Adds a long value by its digest.
    pub fn digest(mut self, names: &str, sha: Sha256) -> Self {
        let hex: String = sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        self.0.insert(names.into(), format!("{DIGEST}{hex}"));
        self
    }

    /// Adds numbers by their bits.
    pub fn numbers<'a>(self, names: &str, shape: &[usize], values: impl IntoIterator<Item = &'a f64>) -> Self {
        self.digest(names, digest(shape, values.into_iter().copied()))
    }

    /// Adds a text by its digest. In its long form, in which a network says all its numbers.
    pub fn text(self, names: &str, text: impl Debug) -> Self {
        self.digest(names, Sha256::new_with_prefix(format!("{text:#?}")))
    }

    pub(super) fn map(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// What differs, in words: `there` are the settings found.
    pub fn differences(&self, there: &BTreeMap<String, String>) -> Vec<String> {
        let names: std::collections::BTreeSet<_> = self.0.keys().chain(there.keys()).collect();
        let absent = || "not set".to_string();
        names
            .into_iter()
            .filter(|name| self.0.get(*name) != there.get(*name))
            .map(|name| match (there.get(name), self.0.get(name)) {
                (Some(a), Some(b)) if a.starts_with(DIGEST) || b.starts_with(DIGEST) => {
                    format!("the {} differ", name.escape_debug())
                }
                (a, b) => {
                    let [a, b] = [a, b].map(|value| value.map_or_else(absent, |v| v.escape_debug().to_string()));
                    format!("the {} is {a} there and {b} here", name.escape_debug())
                }
            })
            .collect()
    }

    /// A name for a folder of these settings: 16 hexadecimal digits.
    pub fn short_name(&self, of: &str) -> String {
        self.fingerprint(of)[..2].iter().map(|&word| format!("{:08x}", word as u32)).collect()
    }

    /// Eight numbers that stand for the settings.
    pub fn fingerprint(&self, of: &str) -> [f64; 8] {
        let bytes = Sha256::new_with_prefix(format!("{of} {:?}", self.0)).finalize();
        let mut words = [0.0; 8];
        for (word, bytes) in words.iter_mut().zip(bytes.as_slice().as_chunks::<4>().0) {
            *word = f64::from(u32::from_le_bytes(*bytes));
        }
        words
    }
}

/// The digest of an array.
pub(crate) fn digest(shape: &[usize], values: impl IntoIterator<Item = f64>) -> Sha256 {
    let mut sha = Sha256::new_with_prefix(format!("{shape:?}"));
    values.into_iter().for_each(|value| sha.update(value.to_bits().to_le_bytes()));
    sha
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_named_with_both_values() {
        let of = |rate: f64, x: [f64; 2]| Settings::new().with("learning rate", rate).numbers("points", &[2], &x);
        let (one, other) = (of(0.1, [1.0, 2.0]), of(0.25, [1.0, -2.0]));
        let words = ["the learning rate is 0.1 there and 0.25 here", "the points differ"];
        assert_eq!(other.differences(one.map()), words);
        assert!(one.differences(of(0.1, [1.0, 2.0]).map()).is_empty());
        assert_eq!(
            one.with("steps", 3).differences(of(0.1, [1.0, 2.0]).map()),
            ["the steps is not set there and 3 here"]
        );
        assert_ne!(of(0.1, [0.0, 2.0]), of(0.1, [-0.0, 2.0]));
        assert_ne!(of(0.1, [0.0, 2.0]).fingerprint("a"), of(0.1, [0.0, 2.0]).fingerprint("b"));
    }
}
