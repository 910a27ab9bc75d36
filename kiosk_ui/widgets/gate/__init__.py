"""Verdicts of the gate."""
