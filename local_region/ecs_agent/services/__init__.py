"""What an agent does: run tasks, report them, obey ACS."""
