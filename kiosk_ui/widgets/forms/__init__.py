"""What people type into."""
