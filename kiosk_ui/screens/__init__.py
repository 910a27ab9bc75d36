"""The screens: one file each. They lay out widgets and ask the flows."""
