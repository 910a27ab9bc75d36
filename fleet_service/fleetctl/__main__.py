"""`python -m fleet_service.fleetctl`."""

import sys

from fleet_service.fleetctl import main

if __name__ == "__main__":
    sys.exit(main())
