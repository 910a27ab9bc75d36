"""Widgets: each owns its style, its keys and its messages."""
