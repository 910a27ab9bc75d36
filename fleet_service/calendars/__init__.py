"""When a venue's events are: learnt from the catalogues that are relayed to its kiosks."""
