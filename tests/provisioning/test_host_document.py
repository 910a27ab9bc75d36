"""Our document: a fixed set of kinds, values without a sign of a shell, and nobody runs another."""

import json
import re
from collections.abc import Iterator
from typing import Any

import botocore.exceptions
import pytest

from kiosk_agent.cli.parser import build_parser
from kiosk_contracts.commands import CommandToRun
from kiosk_contracts.host_document import HOST_DOCUMENT, document_parameters, host_document
from provisioning.cli import main
from provisioning.documents.ssm import Documents
from provisioning.roles.fleet_rights import FleetPlaces, fleet_policy
from tests.support.region import RunningRegion, running_region
from tests.support.ssm_agent import SsmAgent

ID = "01999999-0000-7000-8000-000000000000"
GOOD = {
    "kind": ["logs"],
    "commandId": [ID],
    "forced": ["no"],
    "source": ["agent"],
    "lines": ["200"],
}


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    with running_region() as running:
        yield running


def host_of(region: RunningRegion) -> str:
    """Register a host; return its id."""
    activation = region.client("ssm").create_activation(IamRole="KioskRole")
    agent = SsmAgent(region.url, region.settings.region)
    agent.register(activation)
    return str(agent.instance_id)


def test_it_is_made_once_and_brought_to_this_version(region: RunningRegion) -> None:
    documents, ssm = Documents(region.client("ssm")), region.client("ssm")
    assert [documents.put(), documents.put()] == ["made", "there"]
    old = json.dumps({**host_document(), "description": "of before"})
    ssm.update_document(Name=HOST_DOCUMENT, Content=old, DocumentVersion="$LATEST")
    assert documents.put() == "changed"
    assert json.loads(ssm.get_document(Name=HOST_DOCUMENT)["Content"]) == host_document()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "drain"),
        ("kind", "reboot; rm -rf /"),
        ("commandId", f"{ID}' ; id ; '"),
        ("commandId", "$(id)"),
        ("forced", "maybe"),
        ("source", "/etc/shadow"),
        ("lines", "0"),
        ("lines", "7 --folder=/tmp"),
        ("lines", "10000"),
        ("command", "id"),
    ],
)
def test_systems_manager_takes_no_value_that_it_does_not_know(
    region: RunningRegion, name: str, value: str
) -> None:
    ssm = region.client("ssm")
    Documents(ssm).put()
    instance_id = host_of(region)
    given = {"DocumentName": HOST_DOCUMENT, "InstanceIds": [instance_id]}
    ssm.send_command(**given, Parameters=GOOD)
    with pytest.raises(botocore.exceptions.ClientError, match="InvalidParameters"):
        ssm.send_command(**given, Parameters={**GOOD, name: [value]})


def test_every_value_that_it_takes_is_one_word_for_the_shell_and_known_to_the_host() -> None:
    known: dict[str, Any] = host_document()["parameters"]
    for one in known.values():
        for value in one.get("allowedValues", []):
            assert re.fullmatch(r"[a-z_]+", value)
    [step] = host_document()["mainSteps"]
    [line] = step["inputs"]["runCommand"]
    assert sorted(re.findall(r"'\{\{ (\w+) \}\}'", line)) == sorted(known)
    wanted = CommandToRun.model_validate(
        {"command_id": ID, "kind": "logs", "lines": 7, "expires_at": "2026-11-27T12:00:00Z"}
    )
    for name, (value,) in document_parameters(wanted).items():
        line = line.replace(f"'{{{{ {name} }}}}'", value)
    program, *words = line.removeprefix("exec ").split()
    assert program == "/usr/bin/kiosk-agent"
    options = build_parser().parse_args(words)
    assert (str(options.command_id), options.kind, options.lines) == (ID, "logs", 7)


def test_the_fleet_service_may_send_our_document_to_hosts_and_nothing_else() -> None:
    clusters = ["eu-central-1/kiosks", "eu-west-1/kiosks"]
    places = FleetPlaces(account="111122223333", clusters=clusters, runs_commands=True)
    statements = fleet_policy(places)["Statement"]
    [one] = [each for each in statements if "ssm:SendCommand" in each["Action"]]
    assert one["Action"] == ["ssm:SendCommand"]
    documents = [arn for arn in one["Resource"] if ":document/" in arn]
    assert documents == [
        f"arn:aws:ssm:{where}:111122223333:document/{HOST_DOCUMENT}"
        for where in ("eu-central-1", "eu-west-1")
    ]
    rest = [arn for arn in one["Resource"] if arn not in documents]
    assert rest
    assert all(arn.endswith(":111122223333:managed-instance/mi-*") for arn in rest)


def test_operators_print_and_put_it(
    region: RunningRegion, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["host-document", "show"]) == 0
    assert json.loads(capsys.readouterr().out) == host_document()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", region.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", region.operator.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", region.operator.secret_key)
    where = ["--region", region.settings.region]
    assert main(["host-document", "put", *where, "--dry-run"]) == 0
    assert "would have" in capsys.readouterr().out
    for said in ("is made", "is there already"):
        assert main(["host-document", "put", *where]) == 0
        assert said in capsys.readouterr().out
