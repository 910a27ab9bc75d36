"""Kiosk requests go on to the ticket API, and its answers back; nothing is answered for it."""
