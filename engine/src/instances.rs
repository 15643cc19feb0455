//! Functions compiled once per number type.
//!
//! Generic code is compiled where it is used, which for a network in a notebook is the cell: 4 s for each that asks for a kernel, and
//! without optimisation. What public methods call goes through a trait whose functions are compiled here.

/// A trait of functions, each compiled for `f32` and for `f64` from the path after `=`.
macro_rules! instances {
    (
        $(#[$about:meta])*
        $visible:vis trait $name:ident: $above:path {
            $($(#[$doc:meta])* fn $function:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? = $path:path;)*
        }
    ) => {
        $(#[$about])*
        $visible trait $name: $above {
            $($(#[$doc])* fn $function($($argument: $type),*) $(-> $result)?;)*
        }
        impl $name for f32 {
            $(fn $function($($argument: $type),*) $(-> $result)? { $path($($argument),*) })*
        }
        impl $name for f64 {
            $(fn $function($($argument: $type),*) $(-> $result)? { $path($($argument),*) })*
        }
    };
}

pub(crate) use instances;
