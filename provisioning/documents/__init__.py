"""Our document of Systems Manager, and who may have it run."""
