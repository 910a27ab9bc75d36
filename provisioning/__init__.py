"""What operators run to open venues and enrol their kiosks: `kiosk-provision`."""
