"""`python -m kiosk_ui`: the kiosk's screen in this terminal."""

import os
import sys

from kiosk_ui.app import KioskApp
from kiosk_ui.settings import SettingError, parse


def main() -> int:
    """Run the UI until it is told to stop; 78 (EX_CONFIG) for a setting that is wrong."""
    try:
        settings = parse("kiosk-ui")
    except SettingError as error:
        sys.stderr.write(f"kiosk-ui: a setting is missing or wrong\n{error}\n")
        return os.EX_CONFIG
    app = KioskApp(settings)
    app.run()
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
