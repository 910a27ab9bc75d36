"""How the supervisor reaches what is around it."""
