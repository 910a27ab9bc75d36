"""What the help shows."""
