//! The stop button of a notebook: long work ends at its next unit of progress.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Milliseconds between two looks at the file.
const BETWEEN: u64 = 50;

/// Ends the computation if the kernel of a notebook asks for it, by a file whose name it gives in the environment. The way out is a
/// panic without the message of one: the kernel catches it where it catches those of a cell, and the variables of earlier cells are kept.
pub(crate) fn if_asked() {
    static FILE: OnceLock<Option<(PathBuf, Instant)>> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let file = FILE.get_or_init(|| Some((PathBuf::from(std::env::var_os("EVCXR_STOP_FILE")?), Instant::now())));
    let Some((file, start)) = file else { return };
    let now = start.elapsed().as_millis() as u64;
    if now < NEXT.load(Ordering::Relaxed) {
        return;
    }
    NEXT.store(now + BETWEEN, Ordering::Relaxed);
    // A thread that is unwinding already is on its way out.
    if file.exists() && !std::thread::panicking() {
        std::panic::resume_unwind(Box::new("stopped by the stop button"));
    }
}
