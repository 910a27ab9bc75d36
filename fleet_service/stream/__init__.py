"""Changes as they come, told to whoever looks on: server-sent events that can be resumed."""
