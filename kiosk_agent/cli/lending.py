"""`kiosk-agent lend-terminal`: what runs in the display's terminal, and does nothing itself."""

import argparse
import os
import signal
import socket
import sys
from contextlib import suppress

from kiosk_agent import exit_codes
from kiosk_agent.supervisor.console.display.lent import LENT, RESIZED


def lend_terminal(options: argparse.Namespace) -> int:
    """Lend this terminal to root's console until that gives it back."""
    for key in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP):
        signal.signal(key, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as lender:
        try:
            lender.connect(os.fspath(options.socket))
        except OSError as error:
            sys.stderr.write(
                f"kiosk-agent lend-terminal: no console takes a terminal at {options.socket}: "
                f"{error.strerror}. kiosk-console@tty1 starts this command\n"
            )
            return exit_codes.NOT_RUNNING

        def resized(*_: object) -> None:
            with suppress(OSError):
                lender.send(RESIZED)

        # Before it is lent: a size that changes earlier is read by whoever borrows.
        signal.signal(signal.SIGWINCH, resized)
        socket.send_fds(lender, [LENT], [sys.stdin.fileno()])
        while lender.recv(1):
            pass
    return exit_codes.OK
