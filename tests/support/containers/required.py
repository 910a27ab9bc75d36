"""Where containers can be run, and where it is forbidden to do without."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.required import require

ROOT = Path(__file__).resolve().parents[3]
TOOLS = ("docker", "docker-registry", "faketime", "ip", "mmdebstrap")

runs_all = pytest.mark.skipif(
    not os.environ.get("CONTAINERS_ALL"),
    reason="it takes long, and another test has its like: `make test-containers ALL=1` runs it",
)


def require_containers() -> None:
    """Skip unless containers can be run here; with CONTAINERS_REQUIRED=1, fail."""
    require("containers are run", "test-containers", "CONTAINERS_REQUIRED", TOOLS, _missing)


def _missing() -> str:
    asked = subprocess.run(["docker", "info"], capture_output=True, check=False)
    return "Docker does not answer" if asked.returncode != 0 else ""
