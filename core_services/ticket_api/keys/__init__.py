"""Keys that sign tickets: announced ahead, then used."""
