"""Transactions found for operators, by asking the ticket API."""
