"""What needs more than any machine has: skipped where that is missing, unless it is required."""

import os
import shutil
from collections.abc import Callable, Sequence

import pytest


def require(
    what: str, target: str, variable: str, tools: Sequence[str], missing: Callable[[], str]
) -> None:
    """Skip unless root has the tools and nothing is `missing`; fail where `variable` is set.

    `what` is done by root; `target` of make gets the rest.
    """
    why = _without(what, tools) or missing()
    if not why:
        return
    if os.environ.get(variable):
        pytest.fail(f"{why}; {variable} forbids to skip", pytrace=False)
    pytest.skip(f"{why}: run `make {target}` as root")


def _without(what: str, tools: Sequence[str]) -> str:
    if os.geteuid() != 0:
        return f"{what} by root"
    lacking = [tool for tool in tools if shutil.which(tool) is None]
    return f"{lacking[0]} is missing" if lacking else ""
