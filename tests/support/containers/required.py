"""Where containers can be run, and where it is forbidden to do without."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TOOLS = ("docker", "docker-registry", "mmdebstrap")


def require_containers() -> None:
    """Skip unless containers can be run here; with CONTAINERS_REQUIRED=1, fail."""
    why = _missing()
    if not why:
        return
    if os.environ.get("CONTAINERS_REQUIRED"):
        pytest.fail(f"{why}; CONTAINERS_REQUIRED forbids to skip", pytrace=False)
    pytest.skip(f"{why}: run `make test-containers` as root")


def _missing() -> str:
    if os.geteuid() != 0:
        return "containers are run by root"
    tools = [tool for tool in TOOLS if shutil.which(tool) is None]
    if tools:
        return f"{tools[0]} is missing"
    asked = subprocess.run(["docker", "info"], capture_output=True, check=False)
    return "Docker does not answer" if asked.returncode != 0 else ""
