"""Transactions of journals: judged, recorded, kept for ever."""
