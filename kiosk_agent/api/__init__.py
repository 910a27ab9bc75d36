"""The two unix sockets: one for the UI, one for root."""
