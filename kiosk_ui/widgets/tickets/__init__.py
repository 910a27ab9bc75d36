"""A ticket, to hand over."""
