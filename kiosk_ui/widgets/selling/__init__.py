"""The cart, as it is sold."""
