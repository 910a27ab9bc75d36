"""The managed-instance role: what it must be, and what is wider or missing."""
