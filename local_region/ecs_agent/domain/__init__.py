"""Rules of the agent that do no I/O."""
