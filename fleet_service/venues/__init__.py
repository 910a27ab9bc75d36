"""Venues and the kiosks that they have: opened, shown and closed by operators."""
