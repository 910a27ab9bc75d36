"""What gates sync: revocations and admissions."""
