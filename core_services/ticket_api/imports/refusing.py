"""Why an export is not imported."""


class ImportRefusedError(Exception):
    """Nothing more was settled, and there is no receipt; the message says why."""
