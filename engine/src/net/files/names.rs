//! Which tensor is whose.

use crate::error::{Error, Result};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// The index of each of the `wanted` tensors among those `present`.
///
/// # Errors
/// [`Error::RepeatedTensor`] and [`Error::Tensors`] unless both are the same names, each once.
pub(super) fn all(path: &Path, wanted: &[String], present: &[&str]) -> Result<Vec<usize>> {
    let twice = |tensor: &str| Error::RepeatedTensor { path: path.to_path_buf(), tensor: tensor.to_string() };
    let mut places = HashMap::with_capacity(present.len());
    for (index, name) in present.iter().enumerate() {
        if places.insert(*name, index).is_some() {
            return Err(twice(name));
        }
    }
    let mut asked_for = HashSet::with_capacity(wanted.len());
    if let Some(name) = wanted.iter().find(|name| !asked_for.insert(name.as_str())) {
        return Err(twice(name));
    }
    let missing: Vec<_> = wanted.iter().filter(|name| !places.contains_key(name.as_str())).cloned().collect();
    let surplus: Vec<_> =
        present.iter().filter(|name| !asked_for.contains(*name)).map(|name| name.to_string()).collect();
    if !(missing.is_empty() && surplus.is_empty()) {
        return Err(Error::Tensors { path: path.to_path_buf(), missing, surplus });
    }
    Ok(wanted.iter().map(|name| places[name.as_str()]).collect())
}

/// The tensors by the parameters' own names, otherwise by their numbers.
///
/// # Errors
/// As for [`all`].
pub(super) fn own_or_numbered(path: &Path, own: &[String], present: &[&str]) -> Result<Vec<usize>> {
    match numbered(present) {
        Some(places) if places.len() == own.len() => Ok(places),
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
