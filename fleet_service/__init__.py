"""The fleet service: kiosk sessions, relay to the ticket API, heartbeats."""
