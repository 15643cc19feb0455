//! How a result is laid out in a checkpoint's arrays.

use crate::checkpoint::Arrays;
use crate::error::Result;
use ndarray::{Array1, Array2, Ix1, Ix2};

/// What [`Run::part`](super::Run::part) can save: numbers, arrays, lists, pairs, what may be missing, and structs of such by
/// [`saved_fields!`](crate::saved_fields).
pub trait Saved: Sized {
    /// Adds it under a name.
    fn save(self, name: &str, arrays: Arrays) -> Arrays;

    /// Takes what [`Saved::save`] added.
    ///
    /// # Errors
    /// [`Error::Store`](crate::Error::Store) for arrays of other names or another number of axes.
    fn load(name: &str, arrays: &mut Arrays) -> Result<Self>;

    /// Adds a list: its length and its items, unless there is a shorter way.
    fn save_list(list: Vec<Self>, name: &str, arrays: Arrays) -> Arrays {
        let arrays = arrays.number(&within(name, "count"), list.len() as f64);
        let mut items = list.into_iter().enumerate();
        items.by_ref().fold(arrays, |arrays, (index, item)| item.save(&within(name, &index.to_string()), arrays))
    }

    /// Takes what [`Saved::save_list`] added.
    ///
    /// # Errors
    /// As for [`Saved::load`].
    fn load_list(name: &str, arrays: &mut Arrays) -> Result<Vec<Self>> {
        let count = arrays.take_count(&within(name, "count"), 1 << 32)?;
        (0..count).map(|index| Self::load(&within(name, &index.to_string()), arrays)).collect()
    }
}

/// The name of a part of what is called `name`; of what has no name, the part's own.
pub fn within(name: &str, part: &str) -> String {
    if name.is_empty() { part.into() } else { format!("{name}.{part}") }
}

/// The name of a whole, which a file calls something.
fn called(name: &str) -> &str {
    if name.is_empty() { "value" } else { name }
}

impl Saved for f64 {
    fn save(self, name: &str, arrays: Arrays) -> Arrays {
        arrays.number(called(name), self)
    }

    fn load(name: &str, arrays: &mut Arrays) -> Result<Self> {
        arrays.take_number(called(name))
    }

    fn save_list(list: Vec<Self>, name: &str, arrays: Arrays) -> Arrays {
        Array1::from(list).save(name, arrays)
    }

    fn load_list(name: &str, arrays: &mut Arrays) -> Result<Vec<Self>> {
        Ok(Array1::load(name, arrays)?.to_vec())
    }
}

/// Whole numbers, which `f64` holds up to 2^53.
macro_rules! whole {
    ($($number:ty),*) => {$(
        impl Saved for $number {
            fn save(self, name: &str, arrays: Arrays) -> Arrays {
                arrays.number(called(name), self as f64)
            }

            fn load(name: &str, arrays: &mut Arrays) -> Result<Self> {
                let value = arrays.take_count(called(name), 1 << 53)?;
                Ok(Self::try_from(value).expect("a number of this type was saved"))
            }
        }
    )*};
}

whole!(usize, u64);

impl Saved for bool {
    fn save(self, name: &str, arrays: Arrays) -> Arrays {
        usize::from(self).save(name, arrays)
    }

    fn load(name: &str, arrays: &mut Arrays) -> Result<Self> {
        Ok(arrays.take_count(called(name), 1)? == 1)
    }
}

impl Saved for String {
    /// As the numbers of its characters.
    fn save(self, name: &str, arrays: Arrays) -> Arrays {
        self.chars().map(|c| f64::from(u32::from(c))).collect::<Array1<f64>>().save(name, arrays)
    }

    fn load(name: &str, arrays: &mut Arrays) -> Result<Self> {
        // Of no character there is a replacement, which is seen.
        let character = |code: &f64| char::from_u32(*code as u32).unwrap_or(char::REPLACEMENT_CHARACTER);
        Ok(Array1::load(name, arrays)?.iter().map(character).collect())
    }
}

impl Saved for Array1<f64> {
    fn save(self, name: &str, arrays: Arrays) -> Arrays {
        arrays.with(called(name), self)
    }

    fn load(name: &str, arrays: &mut Arrays) -> Result<Self> {
        let length = arrays.shape(called(name)).and_then(|shape| shape.first().copied()).unwrap_or(0);
        arrays.take::<Ix1>(called(name), length)
    }
}

impl Saved for Array2<f64> {
    fn save(self, name: &str, arrays: Arrays) -> Arrays {
        arrays.with(called(name), self)
    }

    fn load(name: &str, arrays: &mut Arrays) -> Result<Self> {
        let shape = match arrays.shape(called(name)) {
            Some([rows, columns]) => (*rows, *columns),
            _ => (0, 0),
        };
        arrays.take::<Ix2>(called(name), shape)
    }
}

impl<T: Saved> Saved for Vec<T> {
    fn save(self, name: &str, arrays: Arrays) -> Arrays {
        T::save_list(self, name, arrays)
    }

    fn load(name: &str, arrays: &mut Arrays) -> Result<Self> {
        T::load_list(name, arrays)
    }
}

impl<T: Saved> Saved for Option<T> {
    fn save(self, name: &str, arrays: Arrays) -> Arrays {
        let arrays = self.is_some().save(&within(name, "some"), arrays);
        match self {
            Some(value) => value.save(name, arrays),
            None => arrays,
        }
    }

    fn load(name: &str, arrays: &mut Arrays) -> Result<Self> {
        bool::load(&within(name, "some"), arrays)?.then(|| T::load(name, arrays)).transpose()
    }
}

/// Tuples, and lists of them column by column.
macro_rules! tuples {
    ($(($($type:ident $index:tt),*)),*) => {$(
        impl<$($type: Saved),*> Saved for ($($type,)*) {
            fn save(self, name: &str, arrays: Arrays) -> Arrays {
                $(let arrays = self.$index.save(&within(name, stringify!($index)), arrays);)*
                arrays
            }

            fn load(name: &str, arrays: &mut Arrays) -> Result<Self> {
                Ok(($($type::load(&within(name, stringify!($index)), arrays)?,)*))
            }
        }
    )*};
}

tuples!((A 0, B 1), (A 0, B 1, C 2));

/// Makes a struct [`Saved`](crate::study::Saved) field by field: `saved_fields!(Found { gap, drift });`. One that is not named does not compile.
#[macro_export]
macro_rules! saved_fields {
    ($type:ident { $($field:ident),* $(,)? }) => {
        impl $crate::study::Saved for $type {
            fn save(self, name: &str, arrays: $crate::checkpoint::Arrays) -> $crate::checkpoint::Arrays {
                let Self { $($field),* } = self;
                $(let arrays = $crate::study::Saved::save($field, &$crate::study::within(name, stringify!($field)), arrays);)*
                arrays
            }

            fn load(name: &str, arrays: &mut $crate::checkpoint::Arrays) -> $crate::Result<Self> {
                Ok(Self {
                    $($field: $crate::study::Saved::load(&$crate::study::within(name, stringify!($field)), arrays)?),*
                })
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[derive(Clone, Debug, PartialEq)]
    struct Found {
        curve: Vec<(f64, f64)>,
        steps: Vec<Option<f64>>,
        values: Array2<f64>,
        count: usize,
        nested: Vec<Vec<f64>>,
    }
    saved_fields!(Found { curve, steps, values, count, nested });

    fn back<T: Saved>(value: T) -> Result<T> {
        T::load("", &mut value.save("", Arrays::new()))
    }

    #[test]
    fn what_is_saved_comes_back() -> Result<()> {
        let found = Found {
            curve: vec![(0.0, 1.0), (2.0, -0.5)],
            steps: vec![Some(3.0), None],
            values: array![[1.0, 2.0, 3.0]],
            count: 7,
            nested: vec![vec![], vec![0.25]],
        };
        assert_eq!(back(Some(vec![found.clone(), found.clone()]))?, Some(vec![found.clone(), found.clone()]));
        assert_eq!(back(String::from("W_1 μ"))?, "W_1 μ");
        assert_eq!((back(0.5)?, back(Vec::<f64>::new())?, back((true, 3u64))?), (0.5, vec![], (true, 3)));
        assert!(back(None::<Found>)?.is_none());
        Ok(())
    }

    #[test]
    fn what_is_not_there_is_refused_by_its_name() {
        let message = |result: Result<Found>| result.unwrap_err().to_string();
        assert!(message(Found::load("", &mut Arrays::new().number("curve.count", 0.0))).contains("steps.count"));
        let wrong = Arrays::new().with("value", array![[1.0]]);
        assert!(Array1::load("", &mut { wrong }).is_err());
    }
}
