"""The preflight's checks, each in a file of its own, each with what to do."""
