"""`python -m kiosk_agent` is `kiosk-agent`."""

import sys

from kiosk_agent.cli import main

if __name__ == "__main__":
    sys.exit(main())
