"""What the region knows, and the file that it survives a restart in."""
