"""What the agent needs of the world, as protocols."""
