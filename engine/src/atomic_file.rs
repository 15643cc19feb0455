//! Files that appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes to a file beside `path` that then takes its place; on failure nothing is left behind and `path` stays as it was.
///
/// A process that is killed may leave the file beside behind, whose name ends in `.partial`.
pub fn write_whole(path: &Path, contents: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    // The numbers of the process and of the call keep writers apart.
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let nameless = || io::Error::new(io::ErrorKind::InvalidInput, "the path has no file name");
    let mut name = path.file_name().ok_or_else(nameless)?.to_owned();
    name.push(format!(".{}.{}.partial", std::process::id(), CALLS.fetch_add(1, Ordering::Relaxed)));
    let partial = path.with_file_name(name);
    let file = File::create_new(&partial)?;
    let written = (|| {
        let mut writer = BufWriter::new(file);
        contents(&mut writer)?;
        writer.flush()?;
        writer.get_ref().sync_all()?;
        drop(writer);
        fs::rename(&partial, path)
    })();
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&partial);
    }
    written
}
