"""SSM: activations and managed instances."""
