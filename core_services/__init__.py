"""EventPro core services; so far the ticket API."""
