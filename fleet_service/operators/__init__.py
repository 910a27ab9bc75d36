"""Who operates the fleet: tokens, roles, the dashboard's session, limits, and the gate."""
