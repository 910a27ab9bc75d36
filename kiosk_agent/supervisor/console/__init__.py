"""Puts the kiosk UI that has the screen on a terminal of the venue host."""
