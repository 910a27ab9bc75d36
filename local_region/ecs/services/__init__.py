"""DAEMON services on external instances, and the scheduler that keeps them."""
