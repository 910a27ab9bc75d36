"""A stand-in for the ECS Anywhere installer: its name, its flags, and a signature of our own."""
