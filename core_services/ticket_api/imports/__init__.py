"""Imports: what kiosks moved out on a stick, settled like an upload and answered by a receipt."""
