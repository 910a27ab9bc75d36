"""Ticket scanners that the agent owns."""
