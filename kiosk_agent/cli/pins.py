"""`kiosk-agent hash-pin`: what the roster file has in place of a PIN."""

import argparse
import getpass
import sys

from kiosk_agent import exit_codes
from kiosk_agent.adapters.pin_hashes import ArgonPinHashes
from kiosk_agent.cli.showing import say

_SHORTEST, _LONGEST = 4, 12


def hash_pin(_options: argparse.Namespace) -> int:
    """Read a PIN, from the terminal twice or from a pipe once, and print its hash."""
    if sys.stdin.isatty():
        pin = getpass.getpass("PIN: ")
        if getpass.getpass("Once more: ") != pin:
            return _refuse("the two PINs differ")
    else:
        pin = sys.stdin.readline().rstrip("\r\n")
    if not (pin.isascii() and pin.isdigit() and _SHORTEST <= len(pin) <= _LONGEST):
        return _refuse(f"a PIN has {_SHORTEST} to {_LONGEST} digits")
    say(ArgonPinHashes().hash(pin))
    return exit_codes.OK


def _refuse(why: str) -> int:
    sys.stderr.write(f"kiosk-agent: {why}; nothing was made\n")
    return exit_codes.USAGE
