"""The steps, each in a file of its own. Each may be done again."""
