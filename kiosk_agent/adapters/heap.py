"""The C library's heap: it keeps what Python has freed, in case it is asked for again."""

import ctypes


def trim_heap() -> None:
    """Give the pages back to the host that hold nothing, a millisecond of work or two.

    glibc has this call (malloc_trim(3)); other C libraries don't, and there nothing happens.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
