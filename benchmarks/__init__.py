"""Speed, each figure against a baseline measured in turn in the same run: `make bench`."""
