"""`python -m kiosk_ui`: the kiosk's screen in this terminal."""

import os
import sys

from kiosk_ui.app import KioskApp
from kiosk_ui.settings import SettingError, parse


def main() -> int:
    """Run the UI until it is told to stop; 78 (EX_CONFIG) for a setting that is wrong.

    Training is the same app at another socket: it begins anew, with nothing of the one before.
    """
    try:
        settings = parse("kiosk-ui")
    except SettingError as error:
        sys.stderr.write(f"kiosk-ui: a setting is missing or wrong\n{error}\n")
        return os.EX_CONFIG
    here = settings
    while True:
        app = KioskApp(here)
        elsewhere = app.run()
        if elsewhere is None:
            return app.return_code or 0
        here = settings.at_socket(elsewhere) if elsewhere else settings


if __name__ == "__main__":
    sys.exit(main())
