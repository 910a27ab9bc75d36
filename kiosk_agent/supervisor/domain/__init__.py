"""What the supervisor decides. No I/O."""
