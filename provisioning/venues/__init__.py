"""Venues, as operators write them down."""
