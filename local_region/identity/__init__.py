"""Who calls, and the credentials that the region has issued."""
