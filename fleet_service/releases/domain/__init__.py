"""The rules of a move: what is seen, what is planned, what becomes of it. Pure."""
