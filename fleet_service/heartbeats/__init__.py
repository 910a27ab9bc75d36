"""Kiosks report their state; who was seen when, and how much waits there."""
