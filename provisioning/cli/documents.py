"""`kiosk-provision host-document …`."""

import argparse
from typing import Any, Final

from kiosk_contracts.host_document import HOST_DOCUMENT, host_document
from operator_cli.showing import say, say_json, say_plan
from provisioning.aws import client
from provisioning.documents.ssm import Documents

_WORDS: Final = {
    "made": "is made",
    "changed": "is brought to this version, which is its default now",
    "there": "is there already, as it must be",
}


def show(options: argparse.Namespace) -> None:
    """Print the document; ask nobody."""
    del options
    say_json(host_document())


def put(options: argparse.Namespace) -> None:
    """Have the document in Systems Manager as it must be."""
    if options.dry_run:
        plan = f"would have {HOST_DOCUMENT} as it must be"
        say_plan(plan, {"document": host_document()}, as_json=options.json)
        return
    outcome = Documents(client("ssm", options.region, options.profile)).put()
    if options.json:
        told: dict[str, Any] = {"document": HOST_DOCUMENT, "outcome": outcome}
        say_json(told)
    else:
        say(f"{HOST_DOCUMENT} {_WORDS[outcome]}")
