//! The innermost loops of products that BLAS has no good routine for, in the processor's registers of 32 bytes. Compilers find
//! these vectors in some loops over arrays and not in others.

/// Rows of a tile of [`Scalar::tiles`](super::Scalar::tiles).
pub(super) const TILE_ROWS: usize = 4;
/// Bytes of its rows: two registers, so that its sums fill eight.
pub(super) const TILE_BYTES: usize = 64;
/// Bytes of the lines of [`Scalar::sum_lines`](super::Scalar::sum_lines): eight registers.
pub(super) const LINE_BYTES: usize = 256;

/// Values that start where a line of the cache does, so that no register is loaded from two.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Aligned<F, const N: usize>(pub [F; N]);

/// True if the processor has registers of 32 bytes and fused products: the instructions of [`Scalar::tiles`](super::Scalar::tiles),
/// [`Scalar::sum_lines`](super::Scalar::sum_lines) and the vectors of limit kernels.
pub(crate) fn has_fused() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

macro_rules! registers {
    ($name:ident, $float:ty, $zero:ident, $load:ident, $spread:ident, $fused:ident, $add:ident, $store:ident) => {
        #[cfg(target_arch = "x86_64")]
        pub(super) mod $name {
            use super::*;
            use std::arch::x86_64::*;

            const LANES: usize = 32 / size_of::<$float>();

            /// # Safety
            /// See [`Scalar::tiles`](super::Scalar::tiles).
            #[target_feature(enable = "avx2,fma")]
            pub unsafe fn tiles(k: usize, panels: &[$float], group: &[$float], target: *mut $float, stride: usize) {
                for (index, panel) in panels.chunks_exact(2 * LANES * k).enumerate() {
                    let mut sums = [[$zero(); 2]; TILE_ROWS];
                    for (line, values) in panel.chunks_exact(2 * LANES).zip(group.chunks_exact(TILE_ROWS)) {
                        // SAFETY: a line is as long as two registers.
                        let line = unsafe { [$load(line.as_ptr()), $load(line.as_ptr().add(LANES))] };
                        for (sums, &value) in sums.iter_mut().zip(values) {
                            let value = $spread(value);
                            *sums = [$fused(value, line[0], sums[0]), $fused(value, line[1], sums[1])];
                        }
                    }
                    for (row, sums) in sums.into_iter().enumerate() {
                        // SAFETY: upheld by the caller.
                        unsafe {
                            let row = target.add(row * stride + index * 2 * LANES);
                            $store(row, sums[0]);
                            $store(row.add(LANES), sums[1]);
                        }
                    }
                }
            }

            /// # Safety
            /// See [`Scalar::sum_lines`](super::Scalar::sum_lines).
            #[target_feature(enable = "avx2,fma")]
            pub unsafe fn sum_lines(
                (columns, values): (&[u32], &[$float]),
                lines: *const $float,
                target: *mut $float,
                add: bool,
            ) {
                let mut registers = [$zero(); 8];
                for (&column, &value) in columns.iter().zip(values) {
                    let value = $spread(value);
                    // SAFETY: upheld by the caller.
                    let line = unsafe { lines.add(column as usize * 8 * LANES) };
                    for (index, sum) in registers.iter_mut().enumerate() {
                        // SAFETY: a line is as long as eight registers.
                        *sum = $fused(value, unsafe { $load(line.add(index * LANES)) }, *sum);
                    }
                }
                for (index, sum) in registers.into_iter().enumerate() {
                    // SAFETY: upheld by the caller.
                    unsafe {
                        let target = target.add(index * LANES);
                        $store(target, if add { $add(sum, $load(target)) } else { sum });
                    }
                }
            }
        }
    };
}

registers!(
    single,
    f32,
    _mm256_setzero_ps,
    _mm256_loadu_ps,
    _mm256_set1_ps,
    _mm256_fmadd_ps,
    _mm256_add_ps,
    _mm256_storeu_ps
);
registers!(
    double,
    f64,
    _mm256_setzero_pd,
    _mm256_loadu_pd,
    _mm256_set1_pd,
    _mm256_fmadd_pd,
    _mm256_add_pd,
    _mm256_storeu_pd
);
