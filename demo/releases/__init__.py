"""Releases shown on real hosts: a move through an outage, and a bad release that is taken back."""
