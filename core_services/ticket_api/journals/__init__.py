"""Journals: whose they are, and how far they have come."""
