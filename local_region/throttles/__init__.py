"""Rates that AWS allows, by groups of operations."""
