"""The store of the cloud's services: a port, its adapters, and records on top of it."""
