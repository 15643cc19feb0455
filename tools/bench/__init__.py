"""Times kernels of this crate against those of neural-tangents."""
