"""The ticket API: catalogue, allotments, transactions, admissions."""
