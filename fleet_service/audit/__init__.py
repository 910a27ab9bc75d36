"""Every change by an operator, written down before it is made."""
