"""What ECS is told to run at venues."""
