"""How bootstrap reaches what is around it."""
