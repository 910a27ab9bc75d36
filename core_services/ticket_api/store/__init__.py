"""Where the ticket API keeps everything: a port of conditional writes, and its adapters."""
