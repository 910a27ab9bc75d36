"""A kiosk proves who it is and gets a signed token of a few hours."""
