//! Loops in the processor's widest registers.

/// A function that is compiled twice, for any processor and with registers of 32 bytes: what it calls must be inlined and without
/// branches, so that its loop is one of vectors. The bits are the same.
macro_rules! wide {
    (
        $(#[$doc:meta])*
        $visibility:vis fn $name:ident[$($generic:ident $(: $bound:path)?),*]($($argument:ident: $type:ty),* $(,)?) $body:block
    ) => {
        $(#[$doc])*
        $visibility fn $name<$($generic $(: $bound)?),*>($($argument: $type),*) {
            #[inline(always)]
            fn inlined<$($generic $(: $bound)?),*>($($argument: $type),*) $body
            #[cfg(target_arch = "x86_64")]
            {
                /// # Safety
                /// The processor has these instructions.
                #[target_feature(enable = "avx2,fma")]
                unsafe fn wide<$($generic $(: $bound)?),*>($($argument: $type),*) {
                    inlined($($argument),*);
                }
                if $crate::linalg::has_fused() {
                    // SAFETY: it has.
                    return unsafe { wide($($argument),*) };
                }
            }
            inlined($($argument),*);
        }
    };
}

pub(crate) use wide;
