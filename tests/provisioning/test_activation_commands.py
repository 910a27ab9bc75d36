"""`kiosk-provision activation …` before a real fleet service and the region."""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from kiosk_agent.bootstrap.adapters.unsealing import unseal
from kiosk_contracts.enrolment import NewActivation, read_bundle
from operator_cli.refusing import RefusedError
from provisioning.activations import clusters
from provisioning.bundles.keys import load_verifying_keys, verify_ed25519
from provisioning.bundles.sealing import seal
from provisioning.cli import activations, main
from provisioning.cli.activations import ECS_KEY
from tests.support.bundles import bundle_key
from tests.support.ecs_agent import EcsAgent
from tests.support.http import ask
from tests.support.operators import OPS_TOKEN, OpsOffice, ops_office, venue
from tests.support.region import RunningRegion, running_region
from tests.support.ssm_agent import SsmAgent

ROLE = "EventProKioskHost"


@dataclass
class Desk:
    """An operator's desk: a region, a fleet service, a key, and what was said."""

    region: RunningRegion
    office: OpsOffice
    folder: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def bundle(self) -> Path:
        return self.folder / "hall.eventpro"

    async def types(self, *words: str, status: int = 0) -> tuple[str, str]:
        token = self.folder / "token"
        where = ("--fleet-url", self.office.fleet.url, "--token-file", str(token))
        self.capsys.readouterr()
        ended = await asyncio.to_thread(
            main, ["activation", *words, *where, "--region", self.region.settings.region]
        )
        said = self.capsys.readouterr()
        assert ended == status, said
        return said.out, said.err

    @property
    def installer_key(self) -> Path:
        return self.folder / "installer-key.asc"

    async def creates(self, *words: str, status: int = 0, with_key: bool = True) -> tuple[str, str]:
        about = json.loads(ask(f"{self.region.url}/_region/installer").body)
        self.installer_key.write_bytes(ask(about["key"]).body)
        given = (
            *("--venue", "harbour-hall", "--role", ROLE, "--cluster", "kiosks"),
            *("--key", str(self.folder / "bundle-key.pem"), "--output", str(self.bundle)),
            *(("--installer-key", str(self.installer_key)) if with_key else ()),
            *("--fingerprint", about["fingerprint"]),
        )
        return await self.types("create", *given, *words, status=status)

    def activations(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.region.client("ssm").describe_activations()[
            "ActivationList"
        ]
        return found

    async def told(self) -> list[dict[str, Any]]:
        _, page = await self.office.ask("GET", "activations")
        found: list[dict[str, Any]] = page["activations"]
        return found

    async def nothing_was_made(self) -> None:
        assert self.activations() == []
        assert not self.bundle.exists()
        assert await self.told() == []


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep the region's log, which is in this process, off what the command prints."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
async def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    token = tmp_path / "token"
    token.write_text(OPS_TOKEN)
    token.chmod(0o600)
    bundle_key(tmp_path)
    with running_region() as region:
        monkeypatch.setenv("AWS_ENDPOINT_URL", region.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", region.operator.access_key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", region.operator.secret_key)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        async with ops_office(tmp_path) as office:
            await office.open(venue("harbour-hall", "HB1", "HB2", "HB3"))
            yield Desk(region, office, tmp_path, capsys)


async def test_a_bundle_is_made_that_hosts_can_use(desk: Desk) -> None:
    out, _ = await desk.creates("--kiosks", "2", "--set", "locale=de_DE", "--json")
    told = json.loads(out)
    assert told["kiosks"] == ["till-hb1", "till-hb2"]
    keys = load_verifying_keys([desk.folder / "bundle-key.pub.pem"])
    found = read_bundle(desk.bundle.read_bytes(), keys, verify_ed25519)
    assert (found.body.account, found.body.cluster) == (desk.region.settings.account, "kiosks")
    assert found.body.identity_audience == "127.0.0.1"
    assert found.body.agent_settings == {"locale": "de_DE"}
    assert desk.bundle.stat().st_mode & 0o777 == 0o600
    kdf = found.body.sealed.kdf
    assert (kdf.memory_kib, kdf.passes, kdf.lanes) == (64 * 1024, 3, 4), "what a guess costs"
    contents = unseal(found, told["passphrase"])
    [made] = desk.activations()
    assert made["ActivationId"] == found.body.activation_id == told["activation_id"]
    assert (made["RegistrationLimit"], made["IamRole"]) == (2, ROLE)
    assert {"Key": "kiosk.venue", "Value": "harbour-hall"} in made["Tags"]
    week = datetime.now(UTC) + timedelta(days=7)
    assert abs(made["ExpirationDate"] - week) < timedelta(minutes=5)
    token = contents.enrolment_token.get_secret_value()
    status, offer = await desk.office.host(token, "GET")
    assert (status, [one["kiosk_id"] for one in offer["kiosks"]]) == (200, told["kiosks"])


async def test_people_are_told_what_to_do_with_it(desk: Desk) -> None:
    out, _ = await desk.creates("--kiosk", "till-hb3", "--expires", "12h")
    assert "enrols 1 kiosks of Harbour Hall" in out
    assert "by telephone, not with the stick" in out
    out, _ = await desk.types("list")
    assert "1 of 1" in out
    assert "0 of 1" in out


async def test_a_dry_run_says_what_would_be_made_and_makes_nothing(desk: Desk) -> None:
    out, _ = await desk.creates("--dry-run")
    assert "an activation of 3 for till-hb1, till-hb2, till-hb3" in out
    out, _ = await desk.creates("--dry-run", "--json")
    assert json.loads(out)["role"] == ROLE
    await desk.nothing_was_made()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--kiosks", "4"), "harbour-hall expects 3 kiosks, not 4"),
        (("--kiosks", "0"), "expects 3 kiosks, not 0"),
        (("--kiosk", "till-om1"), "harbour-hall has no kiosk till-om1"),
        (("--expires", "31d"), "'31d' is no life of an activation"),
        (("--expires", "soon"), "'soon' is no length of time"),
        (("--expires", "0h"), "'0h' is no length of time"),
        (("--cluster", "my cluster"), "cluster"),
        (("--fingerprint", "F34C"), "installer.fingerprints"),
        (("--installer-key", "nowhere"), "nowhere"),
        (("--set", "locale"), "'locale' sets nothing"),
        (("--endpoint", "ssm=here"), "endpoints"),
        (("--venue", "nowhere"), "There is no such venue"),
        (("--role", "R" * 65), "AWS"),
        (("--host-fleet-url", "http://fleet.example.com"), "the hosts' enrolment token can be"),
        (("--host-fleet-url", "fleet.example.com"), "is no address"),
        (("--host-fleet-url", "https://[fleet"), "is no address"),
        (("--installer-url", "http://mirror.example/i.sh"), "the installer can be replaced"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_made(
    desk: Desk, words: tuple[str, ...], why: str
) -> None:
    _, err = await desk.creates(*words, status=1)
    assert why in err
    await desk.nothing_was_made()


async def test_a_bundle_that_hosts_would_refuse_is_not_made(desk: Desk) -> None:
    await desk.creates("--dry-run")
    large = desk.folder / "large.asc"
    first, _, rest = desk.installer_key.read_text().partition("\n")
    large.write_text("\n".join([first, *["Comment: " + "x" * 60] * 5000, rest]))
    _, err = await desk.creates("--installer-key", str(large), status=1)
    assert "hosts would refuse this bundle: the file is larger than any bundle" in err
    await desk.nothing_was_made()


async def test_hosts_get_the_key_that_they_verify_the_installer_with(desk: Desk) -> None:
    _, err = await desk.creates(status=1, with_key=False)
    assert "--installer-key is missing" in err
    assert "gpg --armor --export" in err
    stray = desk.folder / "stray.asc"
    stray.write_text("no key")
    _, err = await desk.creates("--installer-key", str(stray), status=1, with_key=False)
    assert "is no armoured OpenPGP key" in err
    stray.write_text("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n")
    _, err = await desk.creates("--installer-key", str(stray), status=1, with_key=False)
    assert "is no OpenPGP key that gpg can read" in err
    await desk.nothing_was_made()
    await desk.creates()
    keys = load_verifying_keys([desk.folder / "bundle-key.pub.pem"])
    found = read_bundle(desk.bundle.read_bytes(), keys, verify_ed25519)
    assert found.body.installer.keys == (desk.installer_key.read_text(),)


async def test_a_key_that_is_not_pinned_is_named(desk: Desk) -> None:
    await desk.creates("--dry-run")
    given = ("--venue", "harbour-hall", "--role", ROLE, "--cluster", "kiosks")
    key = ("--key", str(desk.folder / "bundle-key.pem"))
    installer = ("--installer-key", str(desk.installer_key))
    _, err = await desk.types("create", *given, *key, *installer, status=1)
    assert "none of the keys is a pinned one" in err
    assert ECS_KEY in err
    await desk.nothing_was_made()


async def test_what_fails_later_takes_back_what_was_made(desk: Desk) -> None:
    desk.folder.joinpath("token").write_text("guess")
    _, err = await desk.creates(status=1)
    assert "token is not valid" in err
    desk.folder.joinpath("token").write_text(OPS_TOKEN)
    await desk.nothing_was_made()
    desk.bundle.write_text("another")
    _, err = await desk.creates(status=1)
    assert "is there already" in err
    assert desk.bundle.read_text() == "another"
    assert desk.activations() == []


async def test_a_fleet_service_that_goes_away_in_the_middle_leaves_no_activation(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def goes_away(*_: object, **__: object) -> None:
        desk.office.fleet.process.kill()

    monkeypatch.setattr("provisioning.activations.making.seal", _then(goes_away))
    _, err = await desk.creates(status=1)
    assert "does not answer" in err
    assert desk.activations() == []
    assert not desk.bundle.exists()


def _then(first: Any) -> Any:
    def both(*given: Any) -> Any:
        first()
        return seal(*given)

    return both


async def test_a_revoked_one_enrols_nobody_at_either_place(desk: Desk) -> None:
    out, _ = await desk.creates("--json")
    activation_id = json.loads(out)["activation_id"]
    _, err = await desk.types("revoke", activation_id, status=1)
    assert "--yes" in err
    out, _ = await desk.types("revoke", activation_id, "--dry-run")
    assert "would revoke" in out
    told = json.loads((await desk.types("revoke", activation_id, "--dry-run", "--json"))[0])
    assert told == {"activation_id": activation_id, "waiting": [], "plan": out.strip()}
    assert len(desk.activations()) == 1
    out, err = await desk.types("revoke", activation_id, "--yes")
    assert "warning" not in err
    assert "hosts that were granted a name stay: none" in out
    assert desk.activations() == []
    _, err = await desk.types("revoke", activation_id, "--yes")
    assert "warning: SSM in" in err
    out, _ = await desk.types("list")
    assert "revoked" in out
    assert "gone" in out
    out, _ = await desk.types("list", "--json")
    assert json.loads(out)[0]["left"] == 0
    _, err = await desk.types("revoke", "4b673112-90ad-4add-b9c2-1c2d3e4f5a6b", "--yes", status=1)
    assert "There is no such activation" in err


async def test_an_activation_that_is_no_kiosks_is_not_deleted(desk: Desk) -> None:
    other = desk.region.client("ssm").create_activation(IamRole=ROLE, RegistrationLimit=5)
    _, err = await desk.types("revoke", other["ActivationId"], "--yes", status=1)
    assert "There is no such activation" in err
    assert [one["ActivationId"] for one in desk.activations()] == [other["ActivationId"]]


async def test_a_revocation_that_aws_refuses_goes_on_when_it_is_repeated(desk: Desk) -> None:
    out, _ = await desk.creates("--json")
    activation_id = json.loads(out)["activation_id"]
    desk.region.fault(service="ssm", operation="DeleteActivation", kind="throttle", times=1)
    await desk.types("revoke", activation_id, "--yes", status=1)
    assert [one["revoked"] for one in await desk.told()] == [True]
    await desk.types("revoke", activation_id, "--yes")
    assert desk.activations() == []


@pytest.mark.parametrize(
    ("most", "says"),
    [
        (3, "1 container instances in the cluster kiosks and 3 more are above the 3 that ECS"),
        (4, "1 of the 4 container instances of the cluster kiosks are in use"),
        (40, None),
    ],
)
async def test_a_cluster_that_is_nearly_full_is_said_before(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, most: int, says: str | None
) -> None:
    monkeypatch.setattr(clusters, "MOST_INSTANCES", most)
    ssm, ecs = desk.region.client("ssm"), desk.region.client("ecs")
    ecs.create_cluster(clusterName="kiosks")
    agent = SsmAgent(desk.region.url, desk.region.settings.region)
    agent.register(ssm.create_activation(IamRole=ROLE, RegistrationLimit=1))
    EcsAgent(desk.region, agent).register("kiosks", custom={})
    _, err = await desk.creates("--kiosks", "3")
    warnings = [one for one in err.splitlines() if "cluster kiosks" in one]
    assert [one.partition(says or "")[1] for one in warnings] == ([] if says is None else [says])


async def test_a_cluster_that_is_not_there_or_can_not_be_seen_is_said(desk: Desk) -> None:
    _, err = await desk.creates("--kiosks", "1", "--dry-run")
    assert "warning: ECS has no cluster kiosks" in err
    desk.region.fault(service="ecs", operation="DescribeClusters", kind="throttle", times=1)
    _, err = await desk.creates("--kiosks", "1")
    assert "warning: how full the cluster kiosks is can't be seen: AWS refused" in err
    assert desk.bundle.exists()


async def test_a_throttled_or_broken_region_is_said(desk: Desk) -> None:
    desk.region.fault(service="ssm", operation="CreateActivation", kind="throttle", times=1)
    _, err = await desk.creates(status=1)
    assert "ThrottlingException" in err
    assert "Wait a minute" in err
    await desk.nothing_was_made()


async def test_a_venue_that_is_closed_says_which_activations_still_register_at_aws(
    desk: Desk,
) -> None:
    out, _ = await desk.creates("--kiosks", "2", "--json")
    made = json.loads(out)["activation_id"]
    where = ("--fleet-url", desk.office.fleet.url, "--token-file", str(desk.folder / "token"))
    words = ["venue", "remove", "harbour-hall", "--yes", "--json", *where]
    desk.capsys.readouterr()
    assert await asyncio.to_thread(main, words) == 0
    said = desk.capsys.readouterr()
    assert json.loads(said.out)["revoked_activations"] == [made]
    assert f"kiosk-provision activation revoke {made}" in said.err
    assert [one["revoked"] for one in await desk.told()] == [True]
    await desk.types("revoke", made, "--yes")
    assert desk.activations() == []


async def test_one_that_the_fleet_service_took_without_an_answer_enrols_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = activations._tell

    async def lost(options: argparse.Namespace, told: NewActivation) -> None:
        await truth(options, told)
        raise RefusedError("the line went")

    monkeypatch.setattr(activations, "_tell", lost)
    _, err = await desk.creates(status=1)
    assert "the line went" in err
    assert [one["revoked"] for one in await desk.told()] == [True]
    assert desk.activations() == []
    assert not desk.bundle.exists()


async def test_one_that_was_half_made_is_seen_and_can_be_removed(desk: Desk) -> None:
    await desk.creates()
    ssm = desk.region.client("ssm")
    tags = {"Tags": [{"Key": "kiosk.venue", "Value": "harbour-hall"}]}
    half = ssm.create_activation(IamRole=ROLE, **tags)["ActivationId"]
    other = ssm.create_activation(IamRole=ROLE)["ActivationId"]
    _, err = await desk.types("list")
    assert f"has the activation {half} for harbour-hall" in err
    assert err.count("warning") == 1
    _, err = await desk.types("revoke", other, "--yes", status=1)
    assert "no such activation" in err
    out, _ = await desk.types("revoke", half, "--yes")
    assert "never heard of it" in out
    left = {one["ActivationId"] for one in desk.activations()}
    assert half not in left
    assert other in left
    assert len(left) == 2
    _, err = await desk.types("list")
    assert "warning" not in err
