//! What all folders of resumable work have in common: a lock, a file that stops the run, no halves of files.

use crate::error::{Error, Result};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub(super) fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
    |source| Error::File { path: path.into(), source }
}

/// Holds the lock of a folder until it is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough: a process that is being started by another thread has the file open too until it runs. If this fails,
        // closing is what is left.
        let _ = self.0.unlock();
    }
}

/// Locks a folder.
///
/// # Errors
/// [`Error::Store`] if another run holds the lock.
pub(super) fn lock(folder: &Path) -> Result<Lock> {
    let path = folder.join("lock");
    let file = File::options().create(true).append(true).open(&path).map_err(file_error(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(fs::TryLockError::WouldBlock) => {
            let reason = "another process is writing to it";
            Err(Error::Store { path: folder.into(), reason: reason.into() })
        }
        Err(fs::TryLockError::Error(source)) => Err(Error::File { path, source }),
    }
}

/// Removes what a killed run was writing, by the names that [`write_whole`](crate::atomic_file::write_whole) gives; nothing else.
pub(super) fn remove_partial(folder: &Path) -> Result<()> {
    let number = |part: Option<&str>| part.is_some_and(|part| part.parse::<u64>().is_ok());
    for entry in fs::read_dir(folder).map_err(file_error(folder))? {
        let entry = entry.map_err(file_error(folder))?;
        let name = entry.file_name();
        // A name that is no text is none of ours.
        let Some(name) = name.to_str() else { continue };
        let mut parts = name.rsplit('.');
        let ours = parts.next() == Some("partial") && number(parts.next()) && number(parts.next());
        if ours && matches!(parts.next(), Some("npz" | "npy" | "json")) {
            fs::remove_file(entry.path()).map_err(file_error(&entry.path()))?;
        }
    }
    Ok(())
}

/// The file that stops a run.
pub(crate) fn stop_file(folder: &Path) -> PathBuf {
    folder.join("stop")
}

/// Removes the file that stops a run; true if there was one.
pub(crate) fn take_stop(folder: &Path) -> Result<bool> {
    let path = stop_file(folder);
    match fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(source) => Err(Error::File { path, source }),
    }
}
