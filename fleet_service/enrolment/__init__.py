"""Enrolment: which host becomes which kiosk. Each name is granted once."""
