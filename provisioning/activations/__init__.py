"""SSM activations, and the bundles around them."""
