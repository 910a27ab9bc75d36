"""What bootstrap tells the installer is what the real one understands; the code comes first."""

from pathlib import Path

import pytest

from kiosk_agent.bootstrap.steps.register import flags
from kiosk_contracts.enrolment import BundleBody
from provisioning.bundles.sealing import make_passphrase
from tests.support.bundles import bundle_key, signed

# By its usage text, scripts/ecs-anywhere-install.sh of github.com/aws/amazon-ecs-agent.
WITH_A_VALUE = {
    *("--region", "--activation-id", "--activation-code", "--cluster", "--docker-install-source"),
    *("--ecs-version", "--ecs-endpoint", "--certs-file", "--ip-compatibility"),
}
DOCKER_SOURCES = {"all", "docker", "distro", "none"}


@pytest.mark.parametrize(
    "endpoints", [{}, {"ecs": "https://ecs.example.com/", "ssm": "https://ssm.example.com/"}]
)
def test_each_flag_is_one_that_it_knows_and_has_its_value(
    tmp_path: Path, endpoints: dict[str, str]
) -> None:
    key, _ = bundle_key(tmp_path)
    body = BundleBody.model_validate(signed(key, make_passphrase(), endpoints=endpoints).body)
    words = ("--activation-code", "aCt1vation/Code+20ch", *flags(body))
    names, values = words[::2], words[1::2]
    assert set(names) <= WITH_A_VALUE
    assert len(set(names)) == len(names) == len(values)
    # It takes a value that begins like a flag for a slip.
    assert not [value for value in values if value.startswith("--") or not value]
    given = dict(zip(names, values, strict=True))
    assert given["--region"] == "eu-central-1"
    assert given["--cluster"] == "kiosks"
    assert given["--activation-id"] == body.activation_id
    assert given["--activation-code"] == "aCt1vation/Code+20ch"
    assert given["--docker-install-source"] in DOCKER_SOURCES
    assert given.get("--ecs-endpoint") == ("https://ecs.example.com" if endpoints else None)
