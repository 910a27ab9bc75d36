"""What keeps a kiosk's screen alive: decided from what is seen. No I/O."""
