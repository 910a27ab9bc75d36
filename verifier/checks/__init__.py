"""What must hold, one rule or family of rules a file: each check gives findings."""
