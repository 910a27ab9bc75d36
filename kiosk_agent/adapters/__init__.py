"""The ports on real parts: SQLite, HTTP, clocks."""
