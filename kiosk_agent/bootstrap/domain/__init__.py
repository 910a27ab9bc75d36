"""What bootstrap decides. No I/O."""
