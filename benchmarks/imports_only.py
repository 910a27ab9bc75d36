"""A process that imports what the agent imports, and does nothing: what an agent can't go below.

It says that it is ready and waits to be ended.
"""

import asyncio
import json
import sys
from importlib import import_module


def libraries_of(module: str) -> list[str]:
    """Import a module of ours; return the names of all others' modules that came with it."""
    import_module(module)
    return sorted(
        name
        for name, loaded in sys.modules.items()
        if getattr(loaded, "__spec__", None) and not name.startswith(("kiosk_", "benchmarks"))
    )


if __name__ == "__main__":
    for library in sys.argv[1:]:
        import_module(library)
    print(json.dumps({"event": "listening"}), flush=True)
    asyncio.run(asyncio.Event().wait())
