//! The number of BLAS threads while rayon owns the cores.

use std::sync::Mutex;

unsafe extern "C" {
    fn openblas_set_num_threads(threads: std::ffi::c_int);
    fn openblas_get_num_threads() -> std::ffi::c_int;
}

/// Number of guards alive, and the thread count to restore.
static GUARDS: Mutex<(usize, i32)> = Mutex::new((0, 1));

/// While it lives, BLAS calls run on the calling thread only.
pub struct SingleThreadedBlas(());

/// Sets BLAS to one thread until the last guard is dropped.
pub fn single_threaded_blas() -> SingleThreadedBlas {
    let mut guards = GUARDS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if guards.0 == 0 {
        // SAFETY: OpenBLAS's own setter and getter, called under a lock.
        unsafe {
            guards.1 = openblas_get_num_threads();
            openblas_set_num_threads(1);
        }
    }
    guards.0 += 1;
    SingleThreadedBlas(())
}

impl Drop for SingleThreadedBlas {
    fn drop(&mut self) {
        let mut guards = GUARDS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        guards.0 -= 1;
        if guards.0 == 0 {
            // SAFETY: as above.
            unsafe { openblas_set_num_threads(guards.1) };
        }
    }
}
