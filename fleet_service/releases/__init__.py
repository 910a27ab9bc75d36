"""Releases of the kiosk UI, and moving kiosks to them."""
