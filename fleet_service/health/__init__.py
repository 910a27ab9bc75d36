"""Whether this process lives, whether the way to the ticket API works, and metrics."""
