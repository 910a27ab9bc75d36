"""The same UI in a browser, through textual-serve (extra `ui-web`). No kiosk needs it."""
