"""What `make package` refuses, and what it takes from where."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from kiosk_agent import AGENT_VERSION
from provisioning.bundles.keys import make_bundle_key

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ("preinst", "postinst", "prerm", "postrm")


def test_a_private_key_gets_into_no_package(tmp_path: Path) -> None:
    private, public = tmp_path / "key.pem", tmp_path / "key.pub.pem"
    make_bundle_key(private, public)

    done = subprocess.run(
        [
            *(sys.executable, ROOT / "tools/deb.py", "--output", tmp_path / "out"),
            *("--bundle-key", private),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "is no key that verifies bundles. Name the public file of keygen." in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_package_bears_the_version_that_the_agent_tells() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == AGENT_VERSION


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_maintainer_script_is_plain_shell(script: str) -> None:
    path = ROOT / "debian" / script
    assert path.read_text().startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", str(path)], check=True)
