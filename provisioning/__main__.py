"""`python -m provisioning`."""

import sys

from provisioning.cli import main

if __name__ == "__main__":
    sys.exit(main())
