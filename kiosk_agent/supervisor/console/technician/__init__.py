"""The technician's screen on the console: a PIN, then how the host is."""
