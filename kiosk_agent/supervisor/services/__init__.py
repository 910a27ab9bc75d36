"""What the supervisor does."""
