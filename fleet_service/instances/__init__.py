"""Every kiosk as it is known from four sides, and what may honestly be said of it."""
