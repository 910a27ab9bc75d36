"""Files that are served to venue hosts and run there by themselves."""
