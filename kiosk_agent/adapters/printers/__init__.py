"""Printers behind the port `kiosk_agent.ports.printer`."""
