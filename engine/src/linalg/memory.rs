//! Large arrays without a page fault for every 4 KiB of them, which otherwise takes up to half of the time of a kernel.

use ndarray::Array2;
use std::mem::MaybeUninit;

/// Bytes from which an array asks for huge pages; NumPy's bound.
#[cfg(target_os = "linux")]
const HUGE: usize = 4 << 20;

/// Has the allocator of this process keep what is freed, up to 256 MiB per thread: kernels and training steps free and allocate arrays
/// of the same sizes over and over, and glibc gives each back to the system at once.
///
/// Notebooks call it when they load the library. A program that computes many kernels or steps calls it first, if the memory is its own
/// to keep; nothing else here calls it. Nothing happens where the user has set the allocator's limits (`MALLOC_TRIM_THRESHOLD_`,
/// `MALLOC_MMAP_THRESHOLD_`, `GLIBC_TUNABLES`), or it is not glibc's.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            let theirs = ["MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"];
            if theirs.iter().all(|name| std::env::var_os(name).is_none()) {
                // SAFETY: sets two numbers, under the allocator's own lock. Neither is more than it allows.
                unsafe {
                    libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
                    libc::mallopt(libc::M_TRIM_THRESHOLD, 256 << 20);
                }
            }
        });
    }
}

/// A matrix that holds nothing yet.
pub(crate) fn unwritten<F>(dim: (usize, usize)) -> Array2<MaybeUninit<F>> {
    let mut array = Array2::uninit(dim);
    #[cfg(target_os = "linux")]
    if let Some(values) = array.as_slice_mut()
        && size_of_val(values) >= HUGE
    {
        let page = 4096;
        let (start, end) = (values.as_ptr().addr().next_multiple_of(page), values.as_ptr_range().end.addr());
        let first = values.as_mut_ptr().with_addr(start).cast();
        // SAFETY: whole pages inside the array. The advice changes no value; where it is refused, pages stay small.
        unsafe { libc::madvise(first, (end - start) / page * page, libc::MADV_HUGEPAGE) };
    }
    array
}
