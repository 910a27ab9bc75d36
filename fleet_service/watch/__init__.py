"""One task of the service watches: it judges all kiosks in rounds, and keeps what is to be kept."""
