"""`python -m kiosk_ui`: the kiosk's screen in this terminal."""

import gc
import os
import signal
import sys
from functools import partial
from typing import Final

if __name__ == "__main__":
    # The first process of a container ignores a signal that it has no handler for. The app's own
    # comes with its first picture; until then nothing is lost by ending at once. Not by an
    # exception: whatever Python is doing just then may swallow that, and the signal with it.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
# Nothing made while the programs are read is garbage: looking for it then is time lost.
gc.disable()
# Textual paints a change at once, but the next one a sixtieth of a second later, or two. Its
# terminal is on this machine: a key just after a picture need not wait so long for its own.
os.environ.setdefault("TEXTUAL_FPS", "1000")

from kiosk_texts import read_language  # noqa: E402
from kiosk_ui.app import KioskApp, MakeKiosk  # noqa: E402
from kiosk_ui.settings import SettingError, UiSettings, parse  # noqa: E402

_NEW_OBJECTS: Final = 50_000
"""After so many Python looks for cycles; after 700, keys meet it while they wait to be painted."""


def main() -> int:
    """Run the UI until it is told to stop; 78 (EX_CONFIG) for a setting that is wrong.

    Training is the same app at another socket: it begins anew, with nothing of the one before
    but its look, and whether it is touched.
    """
    try:
        here = settings = parse("kiosk-ui")
    except SettingError as error:
        sys.stderr.write(f"kiosk-ui: a setting is missing or wrong\n{error}\n")
        return os.EX_CONFIG
    while True:
        app = KioskApp(here, partial(_read_programs, here))
        elsewhere = app.run()
        if elsewhere is None:
            return app.return_code or 0
        here = settings.begun_anew(
            elsewhere, app.look, touch=app.touching, console=app.host_console
        )


def _read_programs(settings: UiSettings) -> MakeKiosk:
    # Not sooner: reading what this imports takes longer than the first picture. What is forgotten
    # leaves its room to what is read next.
    from kiosk_texts.unused import forget_unused  # noqa: PLC0415

    forget_unused(read_language(settings.locale))
    from kiosk_ui.kiosk import Kiosk  # noqa: PLC0415

    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
    gc.enable()
    return lambda app: Kiosk(app, settings)


if __name__ == "__main__":
    sys.exit(main())
