"""How a host that is a kiosk stands, each check in a file of its own, each with what to do."""
