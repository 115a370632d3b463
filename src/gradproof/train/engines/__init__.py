"""What runs a training step: emitted NumPy, a compiled kernel, JAX. All of them run the same assignments."""
