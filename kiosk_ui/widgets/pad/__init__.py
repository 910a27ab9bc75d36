"""What people without a keyboard type on."""
