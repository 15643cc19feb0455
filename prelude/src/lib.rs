pub use hadamard::*;
