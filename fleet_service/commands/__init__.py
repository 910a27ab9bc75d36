"""Commands: what one kiosk is to do once, until a time, and what came of it."""
