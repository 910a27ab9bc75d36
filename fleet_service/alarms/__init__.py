"""What people are called for: one cause makes one alarm."""
