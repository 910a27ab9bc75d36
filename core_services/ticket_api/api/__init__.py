"""What all routes share: problem bodies, protocol version, who is asking."""
