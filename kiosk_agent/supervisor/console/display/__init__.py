"""The full-screen terminal where the host has a display: Debian's cage and foot."""
