"""The engines that run containers, and the lines to the region."""
