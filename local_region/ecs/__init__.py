"""ECS: clusters and container instances."""
