//! Arrays element by element.

/// Below this many elements the threads take longer to start than to count.
pub(crate) const FEW: usize = 1 << 15;

/// Runs a function over the elements of a `Zip`, on all threads where that pays; the bits are the same.
macro_rules! each {
    ($zip:expr, $function:expr) => {{
        let zip = $zip;
        if zip.size() < $crate::linalg::FEW { zip.for_each($function) } else { zip.par_for_each($function) }
    }};
}

pub(crate) use each;
