"""The rules for transactions, without I/O."""
