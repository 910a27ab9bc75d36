"""The real `kiosk-agent`, whose event loop SIGUSR1 blocks.

`python -m tests.support.blockable run --config agent.toml`. Python runs a signal's handler in the
thread of the event loop, between two steps of its code: nothing else of the loop is run until the
handler returns, which it never does. Other threads go on, so that one of them that said `alive` in
the loop's name would be found out.
"""

import resource
import signal
import sys
import time

from kiosk_agent.cli import main


def _block(*_: object) -> None:
    sys.stderr.write('{"event": "blocked"}\n')
    sys.stderr.flush()
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    # As its unit does: nothing of it goes to the disk when it is aborted.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGUSR1, _block)
    sys.exit(main(sys.argv[1:]))
