"""What one task of several does alone: who does it, and how a former one is kept out."""
