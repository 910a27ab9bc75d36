"""What every route shares: request ids, problem bodies, the protocol's version, reading bodies."""
