"""Bootstrap: from bare hardware to a registered kiosk."""
