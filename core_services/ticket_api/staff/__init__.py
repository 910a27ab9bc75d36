"""Who may work at a venue's kiosks."""
