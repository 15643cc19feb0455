//! What all manifests have in common: a format with a version, read before the rest.

use super::Settings;
use super::folder::{Lock, file_error, lock, remove_partial};
use crate::atomic_file::write_whole;
use crate::error::{Error, Result};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The way out of a folder that cannot be used.
pub(crate) const MEND: &str = "choose another folder or delete this one";
const NAME: &str = "manifest.json";

/// What a folder of resumable work says of itself.
pub(crate) trait Manifest: Serialize + DeserializeOwned {
    const FORMAT: &'static str;
    const VERSION: u32;

    /// Everything that what is in the folder depends on.
    fn settings(&self) -> &BTreeMap<String, String>;

    /// What the folder is of, if that is not what a run is of.
    fn other(&self, _found: &Self) -> Option<String> {
        None
    }
}

/// Makes a folder, or opens one of the same settings, for the one run that may write to it; its files are in `files`, which is the
/// folder or one in it.
///
/// # Errors
/// [`Error::Store`] for a folder of other settings, which are named after `what`, or one that another run writes to; [`Error::File`].
pub(crate) fn open<M: Manifest>(folder: &Path, files: &Path, (what, manifest): (&str, &M)) -> Result<Lock> {
    fs::create_dir_all(files).map_err(file_error(files))?;
    let lock = lock(folder)?;
    let refused = |what: String| Error::Store { path: folder.into(), reason: format!("it holds {what}; {MEND}") };
    match read_manifest::<M>(folder)? {
        None => write_manifest(folder, manifest)?,
        Some(found) => {
            if let Some(other) = manifest.other(&found) {
                return Err(refused(other));
            }
            let differences = Settings::from(manifest.settings()).differences(found.settings());
            if !differences.is_empty() {
                return Err(refused(format!("{what}: {}", differences.join("; "))));
            }
        }
    }
    remove_partial(files)?;
    Ok(lock)
}

/// The manifest of a folder, if there is one.
///
/// # Errors
/// [`Error::Store`] for one of another format or version, or one that is none; [`Error::File`].
pub(crate) fn read_manifest<M: Manifest>(folder: &Path) -> Result<Option<M>> {
    let (format, version) = (M::FORMAT, M::VERSION);
    let path = folder.join(NAME);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::File { path, source }),
    };
    let broken = |reason: String| Error::Store { path: path.clone(), reason: format!("{reason}; {MEND}") };
    let none = |e: serde_json::Error| broken(format!("not a manifest: {e}"));
    let value: serde_json::Value = serde_json::from_str(&text).map_err(none)?;
    // The format first: what has another one may lack the rest.
    let found = (value["format"].as_str().unwrap_or("none"), value["version"].as_u64().unwrap_or(0));
    if found.0 != format {
        return Err(broken(format!("expected the format {format}, got {}", found.0.escape_debug())));
    }
    if found.1 != u64::from(version) {
        let writer = if found.1 < u64::from(version) { "an older" } else { "a newer" };
        return Err(broken(format!(
            "{writer} version of hadamard wrote it (format {format} {}, here {version})",
            found.1
        )));
    }
    serde_json::from_value(value).map(Some).map_err(none)
}

/// Writes the manifest of a folder, whole or not at all.
///
/// # Errors
/// [`Error::File`].
fn write_manifest(folder: &Path, manifest: &impl Serialize) -> Result<()> {
    let path = folder.join(NAME);
    write_whole(&path, |file| serde_json::to_writer_pretty(file, manifest).map_err(Into::into))
        .map_err(file_error(&path))
}
