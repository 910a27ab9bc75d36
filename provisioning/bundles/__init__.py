"""Enrolment bundles: made, sealed, signed, verified."""
