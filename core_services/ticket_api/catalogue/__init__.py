"""Events, ticket types and prices."""
