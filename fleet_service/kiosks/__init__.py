"""Kiosks as operators plan them: which host is which, and how it comes and goes."""
