//! Which tensor is whose.

use crate::error::{Error, Result, TensorFault};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// The index of each of the `wanted` tensors among those `present`, which may be more.
///
/// # Errors
/// [`Error::RepeatedTensor`] where one is present or wanted twice; [`Error::Tensors`] where one is missing.
pub(super) fn named(path: &Path, wanted: &[String], present: &[&str]) -> Result<Vec<usize>> {
    let choice = Choice::new(path, wanted, present)?;
    if choice.missing.is_empty() { Ok(choice.places) } else { Err(choice.refused(path)) }
}

/// As [`named`], where no other may be present.
fn all(path: &Path, wanted: &[String], present: &[&str]) -> Result<Vec<usize>> {
    let choice = Choice::new(path, wanted, present)?;
    if choice.missing.is_empty() && choice.surplus.is_empty() { Ok(choice.places) } else { Err(choice.refused(path)) }
}

/// Which of the tensors present are wanted.
struct Choice {
    /// Of those wanted and present.
    places: Vec<usize>,
    missing: Vec<String>,
    surplus: Vec<String>,
}

impl Choice {
    fn new(path: &Path, wanted: &[String], present: &[&str]) -> Result<Self> {
        let twice = |tensor: &str, why| Error::Tensor {
            path: path.to_path_buf(),
            fault: TensorFault::Repeated { tensor: tensor.into(), why },
        };
        let mut places = HashMap::with_capacity(present.len());
        for (index, name) in present.iter().enumerate() {
            if places.insert(*name, index).is_some() {
                return Err(twice(name, "in the file; every parameter has one of its own"));
            }
        }
        let mut asked_for = HashSet::with_capacity(wanted.len());
        if let Some(name) = wanted.iter().find(|name| !asked_for.insert(name.as_str())) {
            return Err(twice(
                name,
                "among the names; a layer that is used twice (tied) has another tangent kernel than two layers, up to twice theirs, so it is not read as two: see the page of Net::read_named for what can be done",
            ));
        }
        let missing = wanted.iter().filter(|name| !places.contains_key(name.as_str())).cloned().collect();
        let surplus = present.iter().filter(|name| !asked_for.contains(*name)).map(|name| name.to_string()).collect();
        let places = wanted.iter().filter_map(|name| places.get(name.as_str()).copied()).collect();
        Ok(Self { places, missing, surplus })
    }

    fn refused(self, path: &Path) -> Error {
        Error::Tensor {
            path: path.to_path_buf(),
            fault: TensorFault::Names { missing: self.missing, surplus: self.surplus },
        }
    }
}

/// The tensors by the parameters' own names, otherwise by their numbers: those of complex weights by names alone, for two real weights in a
/// row are no complex one.
///
/// # Errors
/// As for [`all`].
pub(super) fn own_or_numbered(path: &Path, own: &[String], present: &[&str]) -> Result<Vec<usize>> {
    let real = own.iter().all(|name| !name.ends_with(crate::op::IMAGINARY_WEIGHT));
    match numbered(present) {
        Some(places) if places.len() == own.len() && real => Ok(places),
        _ => all(path, own, present),
    }
}

/// The order of the numbers at the ends of the names, if the names differ in nothing else.
fn numbered(present: &[&str]) -> Option<Vec<usize>> {
    let split = |name: &&str| {
        let prefix = name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        Some((name[..prefix].to_string(), name[prefix..].parse::<u64>().ok()?))
    };
    let parts: Vec<_> = present.iter().map(split).collect::<Option<_>>()?;
    let distinct: HashSet<_> = parts.iter().map(|(_, number)| number).collect();
    let common = parts.iter().all(|(prefix, _)| *prefix == parts[0].0);
    let mut places: Vec<_> = (0..present.len()).collect();
    places.sort_by_key(|&place| parts[place].1);
    (common && distinct.len() == parts.len()).then_some(places)
}
