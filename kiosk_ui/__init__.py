"""The kiosk UI for venue staff; knows only the UI socket."""
