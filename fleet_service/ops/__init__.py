"""Who operates the fleet."""
