"""`python -m kiosk_ui.web`: the kiosk's screen in a browser of this machine."""

import os
import sys

from kiosk_ui.settings import SettingError, argument_parser, read_settings
from kiosk_ui.web.server import KioskServer


def main() -> int:
    """Serve until told to stop; 78 (EX_CONFIG) for a setting that is wrong or a port taken."""
    parser = argument_parser("kiosk-ui-web")
    parser.add_argument("--port", type=int, default=8300, help="port on loopback (default 8300)")
    given = parser.parse_args()
    try:
        settings = read_settings(given)
        options = ["--socket", str(settings.socket), "--gate", settings.gate]
        options += ["--theme", settings.theme, "--look", settings.look.value]
        options += ["--locale", settings.locale]
        KioskServer(options, given.port).run()
    except (SettingError, OSError) as error:
        sys.stderr.write(f"kiosk-ui-web: it cannot start\n{error}\n")
        return os.EX_CONFIG
    return 0


if __name__ == "__main__":
    sys.exit(main())
