"""`fleet-service serve | keygen | kiosks hash-secret | operators first-token | store create`."""

import argparse
import asyncio
import getpass
import os
import sys
from pathlib import Path

from cloud_store.opening import create_table
from cloud_store.places import FLEET_SERVICE, TablePlace
from cloud_store.port import StoreError
from fleet_service.log import set_up_logging
from fleet_service.operators.first_token import FirstTokenError, make_first_token
from fleet_service.relay.sigv4 import NoCredentialsError
from fleet_service.runtime import serve
from fleet_service.sessions.keys import KeyFileError, make_keys
from fleet_service.sessions.registry import RegistryError
from fleet_service.sessions.secret_hash import SecretHash
from fleet_service.settings import SettingsRefusedError, load_settings

_SERVE_EXAMPLES = """\
examples:
  fleet-service serve --config fleet.toml
  FLEET_SERVICE_PORT=0 fleet-service serve --config fleet.toml

fleet.toml has at least:
  ticket_api_url = "http://127.0.0.1:8500"
  kiosks_file = "kiosks.json"
  signing_key_file = "signing-key.json"

Every setting may also come from the environment, as FLEET_SERVICE_ and its name; that counts more
than the file. docs/configuration.md lists them all. Exit status: 0 stopped as asked, 78 a setting
or file is missing or wrong, 1 anything else (the port is taken, …).
"""
_KEYGEN_EXAMPLES = """\
example:
  fleet-service keygen --private signing-key.json --public public-keys.json

The private file is for the fleet service alone (mode 0600). The public file is what the ticket
API reads; keys already in it stay, so that tokens signed before still count. To change keys: make
a new private file with the same public file, let the ticket API read it, then point
signing_key_file at the new one and start again.
"""
_HASH_EXAMPLES = """\
examples:
  fleet-service kiosks hash-secret            (asks for the secret, twice)
  fleet-service kiosks hash-secret < secret.txt

The line printed goes into the kiosks file as "secret_hash".
"""
_OPERATORS_EXAMPLES = """\
example:
  fleet-service operators first-token --out first-token.txt

The file (mode 0600, must not exist) is for the first administrator alone; kiosk-provision reads it
as --token-file. The line printed goes into the fleet service's settings. With that token make
everybody a token of their own (POST /v1/ops/operator-tokens), then take the line out again.
docs/configuration.md says how.
"""
_CREATE_EXAMPLES = """\
example:
  fleet-service store create --config fleet.toml

Makes the table store_table in store_region: billed by request, with deletion protection and
point-in-time recovery. It may be run again: what is there stays, what is missing is done.
"""


def main(words: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    parsed = _parser().parse_args(words)
    try:
        return _run(parsed)
    except SettingsRefusedError as error:
        return _refuse(*error.lines)
    except (KeyFileError, FirstTokenError, RegistryError, StoreError) as error:
        return _refuse(str(error))
    except NoCredentialsError as error:
        return _refuse(f"sigv4_region is set, but there are no AWS credentials: {error}")


def _run(parsed: argparse.Namespace) -> int:
    match parsed.command:
        case "serve":
            return _serve(parsed.config)
        case "keygen":
            print(make_keys(parsed.private, parsed.public))  # noqa: T201  the answer
            return 0
        case "operators":
            print(make_first_token(parsed.out))  # noqa: T201  the answer
            return 0
        case "store":
            return _create_store(parsed.config)
        case _:
            return _hash_secret()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fleet-service",
        description="Kiosk sessions, the relay to the ticket API, and heartbeats.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve_words = "serve kiosks until told to stop"
    serving = _add(commands, "serve", serve_words, _SERVE_EXAMPLES)
    serving.add_argument("--config", type=Path, metavar="FILE.toml", help="settings")
    keygen = _add(commands, "keygen", "make the key that signs session tokens", _KEYGEN_EXAMPLES)
    keygen.add_argument(
        "--private", type=Path, required=True, metavar="FILE", help="must not exist"
    )
    keygen.add_argument("--public", type=Path, required=True, metavar="FILE", help="is added to")
    kiosks = _add(commands, "kiosks", "prepare the kiosks file", "")
    of_kiosks = kiosks.add_subparsers(dest="kiosks_command", required=True, metavar="COMMAND")
    _add(of_kiosks, "hash-secret", "hash an enrolment secret for the kiosks file", _HASH_EXAMPLES)
    operators = _add(commands, "operators", "let the first operator in", "")
    of_operators = operators.add_subparsers(
        dest="operators_command", required=True, metavar="COMMAND"
    )
    first_words = "make the first administrator's token"
    first = _add(of_operators, "first-token", first_words, _OPERATORS_EXAMPLES)
    first.add_argument("--out", type=Path, required=True, metavar="FILE", help="must not exist")
    store = _add(commands, "store", "prepare the DynamoDB table", "")
    of_store = store.add_subparsers(dest="store_command", required=True, metavar="COMMAND")
    making = _add(of_store, "create", "make the table that the settings name", _CREATE_EXAMPLES)
    making.add_argument("--config", type=Path, metavar="FILE.toml", help="settings")
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    words: str,
    examples: str,
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=words,
        description=words.capitalize() + ".",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _serve(config: Path | None) -> int:
    settings = load_settings(config)
    set_up_logging(settings.log_level)
    try:
        asyncio.run(serve(settings))
    except OSError as error:
        _say(f"The fleet service can't serve: {error}")
        return 1
    return 0


def _create_store(config: Path | None) -> int:
    place = load_settings(config).store_place()
    if not isinstance(place, TablePlace):
        return _refuse("there is no table to make: set store_table and store_region")
    print(asyncio.run(create_table(place, FLEET_SERVICE)))  # noqa: T201  the answer
    return 0


def _hash_secret() -> int:
    if sys.stdin.isatty():
        secret = getpass.getpass("Enrolment secret: ")
        if secret != getpass.getpass("Again: "):
            _say("The two differ; nothing was hashed.")
            return 1
    else:
        secret = sys.stdin.readline().rstrip("\r\n")
    if not secret:
        _say("There is no secret; nothing was hashed.")
        return 1
    print(SecretHash.of(secret))  # noqa: T201  the answer
    return 0


def _refuse(*lines: str) -> int:
    for line in lines:
        _say(line)
    return os.EX_CONFIG


def _say(line: str) -> None:
    print(f"fleet-service: {line}", file=sys.stderr)  # noqa: T201  for the person who ran it


if __name__ == "__main__":
    sys.exit(main())
