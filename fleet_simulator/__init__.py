"""Many kiosks in one process, on the real protocol: a tool for trying out and measuring fleets."""
