//! What studies ask of their settings.

use crate::error::{Error, Result};

/// Checks in a chain, each refused with an error that says where: `Self::requires().some(&self.networks)?.at_least(…)?`.
#[derive(Clone, Copy, Debug)]
pub struct Requires {
    place: &'static str,
}

impl Requires {
    /// Checks in a place that errors name.
    pub fn of(place: &'static str) -> Self {
        Self { place }
    }

    /// That a condition holds; else the value, and what is legal.
    ///
    /// # Errors
    /// [`Error::Range`].
    pub fn that(self, holds: bool, what: &'static str, value: f64, legal: &'static str) -> Result<Self> {
        if holds { Ok(self) } else { Err(Error::Range { place: self.place, what, value, legal }) }
    }

    /// That a number is at least 1.
    ///
    /// # Errors
    /// [`Error::Range`].
    pub fn at_least_one(self, what: &'static str, value: usize) -> Result<Self> {
        self.that(value >= 1, what, value as f64, "at least 1")
    }

    /// That there is something in a list.
    ///
    /// # Errors
    /// [`Error::NoRows`].
    pub fn some<T>(self, list: &[T]) -> Result<Self> {
        if list.is_empty() { Err(Error::NoRows { place: self.place }) } else { Ok(self) }
    }

    /// That no name comes twice.
    ///
    /// # Errors
    /// [`Error::SameName`].
    pub fn distinct(self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self> {
        let mut seen = std::collections::HashSet::new();
        for name in names {
            let name = name.as_ref().to_string();
            if !seen.insert(name.clone()) {
                return Err(Error::SameName { place: self.place, name });
            }
        }
        Ok(self)
    }

    /// That every number of a list is above the one before it.
    ///
    /// # Errors
    /// [`Error::Range`].
    pub fn rising<T: Copy + PartialOrd + Into<Number>>(self, what: &'static str, list: &[T]) -> Result<Self> {
        match list.windows(2).find(|pair| !(pair[0] < pair[1])) {
            Some(pair) => self.that(false, what, pair[1].into().0, "above the one before"),
            None => Ok(self),
        }
    }
}

/// A number as errors hold it.
pub struct Number(f64);

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self(value)
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Self {
        Self(value as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_is_named() {
        let of = || Requires::of("a study");
        let refused = |result: Result<Requires>| result.unwrap_err().to_string();
        assert!(refused(of().distinct(["a", "b", "a"])).contains('a'));
        assert!(refused(of().rising("a skip", &[0.0, f64::NAN])).contains("NaN"));
        assert!(refused(of().rising("a degree", &[1usize, 1])).contains("above the one before"));
        assert!(refused(of().some::<f64>(&[])).contains("a study"));
        assert!(refused(of().at_least_one("the number of steps", 0)).contains("the number of steps is 0"));
        assert!(of().rising("x", &[1.0, 2.0]).and_then(|r| r.distinct(["a", "b"])).is_ok());
    }
}
