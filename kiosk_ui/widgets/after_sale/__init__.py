"""Parts of the screens for what comes after a sale."""
