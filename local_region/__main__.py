"""`python -m local_region`: the AWS of laptops and tests, by itself."""

import argparse
import asyncio
import os
import re
import sys
from pathlib import Path
from typing import Final

from local_region.ecs.services.moves import Order
from local_region.log import set_up_logging
from local_region.runtime import serve
from local_region.settings import OperatorKey, RegionSettings
from local_region.state.file import StateRefusedError

_DEFAULTS: Final = RegionSettings()
_ACCOUNT: Final = re.compile(r"\d{12}")
_EXAMPLES: Final = """\
examples:
  python -m local_region --port 4599 --state .region
  AWS_ENDPOINT_URL=http://127.0.0.1:4599 AWS_REGION=eu-central-1 \\
    AWS_SHARED_CREDENTIALS_FILE=.region/operator-credentials aws ssm describe-activations

The first line on standard output says the port and who the operator is. What it is not:
docs/local-region.md. Exit status: 0 stopped as asked, 78 the state can't be used, 1 anything else.
"""


def main(words: list[str] | None = None) -> int:
    """Serve until told to stop; return the exit status."""
    options = _parser().parse_args(words)
    set_up_logging(options.log_level)
    try:
        asyncio.run(serve(_settings(options)))
    except StateRefusedError as error:
        _say(str(error))
        return os.EX_CONFIG
    except OSError as error:
        _say(f"it can't serve: {error}")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local_region",
        description="The AWS of laptops and tests: external instances as SSM and ECS know them.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (it has no guard of its own)")
    add("--port", type=int, default=0, help="0: any free one")
    add("--tls-port", type=int, metavar="PORT", help="TLS under AWS's names, by a CA of its own")
    add("--account", type=_account, default=_DEFAULTS.account, metavar="ID")
    add("--region", default=_DEFAULTS.region, metavar="NAME")
    add("--state", type=Path, metavar="DIR", help="survive restarts in this folder")
    add("--seed", type=int, help="make the same ids and keys at every run")
    add(
        "--no-moto",
        action="store_true",
        help="no IAM, ECR, Secrets Manager and S3: any role exists",
    )
    add(
        "--moves",
        type=Order,
        choices=list(Order),
        metavar="ORDER",
        help="start-first, stop-first, late or at-once; each move draws one otherwise",
    )
    add("--no-throttles", action="store_true", help="answer calls at any rate")
    add(
        "--sts-per-second",
        type=_rate,
        default=_DEFAULTS.sts_per_second,
        metavar="N",
        help="proofs of identity that STS answers (default: %(default)g)",
    )
    add(
        "--operator-key",
        type=_operator,
        metavar="ID:SECRET",
        help="the operator's pair; made at the first start otherwise",
    )
    add("--log-level", default="info", choices=("debug", "info", "warning", "error"))
    return parser


def _settings(options: argparse.Namespace) -> RegionSettings:
    return RegionSettings(
        host=options.host,
        port=options.port,
        tls_port=options.tls_port,
        account=options.account,
        region=options.region,
        state=options.state,
        seed=options.seed,
        throttles=not options.no_throttles,
        sts_per_second=options.sts_per_second,
        moto=not options.no_moto,
        moves=options.moves,
        operator=options.operator_key,
    )


def _account(text: str) -> str:
    if not _ACCOUNT.fullmatch(text):
        raise argparse.ArgumentTypeError("an account has 12 digits")
    return text


def _rate(text: str) -> float:
    if (rate := float(text)) < 1:
        raise argparse.ArgumentTypeError("give a rate of at least 1 a second")
    return rate


def _operator(text: str) -> OperatorKey:
    key, _, secret = text.partition(":")
    if not re.fullmatch(r"[A-Z0-9]{16,128}", key) or not secret:
        raise argparse.ArgumentTypeError(
            "give ID:SECRET, the id in 16 or more capitals and digits, e.g. AKIAEXAMPLEEXAMPLE00:…"
        )
    return OperatorKey(key, secret)


def _say(line: str) -> None:
    print(f"local_region: {line}", file=sys.stderr)  # noqa: T201  for the person who ran it


if __name__ == "__main__":
    sys.exit(main())
