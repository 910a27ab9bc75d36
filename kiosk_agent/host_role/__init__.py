"""The managed-instance role of this host: its credentials, and what they sign. For root alone."""
