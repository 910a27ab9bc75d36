"""Judges a finished run from what was shown, journaled and settled; shares no code with it."""
