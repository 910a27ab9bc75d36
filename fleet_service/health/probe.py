"""`python3 -m fleet_service.health.probe`: the health check of the fleet service's container.

It asks `/healthz` of this container alone: a ticket API that is away makes no process worth a
restart, and `/readyz` tells a load balancer of it.
"""

import http.client
import json
import os
import sys
from typing import Final

PATIENCE_S: Final = 3.0
_HEALTHY: Final = frozenset({"ok", "draining"})


def main() -> int:
    """Print what is found, in a line; return the exit status."""
    port = os.environ.get("FLEET_SERVICE_PORT", "8400")
    try:
        status = _ask(int(port))
    except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
        print(f"the fleet service does not answer at port {port}: {error!r}")  # noqa: T201
        return 1
    print(status)  # noqa: T201  Docker keeps it with the verdict
    return 0 if status in _HEALTHY else 1


def _ask(port: int) -> str:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        line.request("GET", "/healthz")
        return str(json.loads(line.getresponse().read())["status"])
    finally:
        line.close()


if __name__ == "__main__":
    sys.exit(main())
