"""Kiosks that go: their hosts are deregistered."""
