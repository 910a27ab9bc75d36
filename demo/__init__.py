"""The demo: the whole main job on real processes, and the line that it cuts."""
