"""Blocks of signed serials, leased to journals."""
