"""A venue whose bare host becomes a kiosk: its bundle, its technician, and the cloud around it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.bootstrap import runner
from kiosk_agent.bootstrap.domain.plan import PlannedStep
from kiosk_agent.bootstrap.domain.steps import Step
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.job import Pace
from kiosk_agent.bootstrap.preparing import Choices, prepare
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_contracts.enrolment import BundleSecrets, KioskName
from provisioning.bundles.keys import BundleKey
from provisioning.bundles.sealing import make_passphrase, seal, sign
from tests.support.bundles import CHEAP, body
from tests.support.enrolment_desk import TOKEN, EnrolmentDesk
from tests.support.http import ask
from tests.support.region import RunningRegion
from tests.support.venue_host import VenueHost

QUICK = Pace(every_s=0.05, confirm_s=20, fleet_s=10, stock_s=10, installer_s=60)


class PowerCutError(BaseException):
    """The power is gone; nothing after this line is run."""


@dataclass
class Shown:
    """What a technician would have seen, and where the power is cut."""

    cut_before: Step | None = None
    cut_after: Step | None = None
    plans: list[list[Step]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    failures: list[Step] = field(default_factory=list)

    def planned(self, steps: Sequence[PlannedStep]) -> None:
        self.plans.append([one.step for one in steps])

    def began(self, step: Step, number: int, of: int) -> None:
        assert 0 < number <= of
        if step is self.cut_before:
            raise PowerCutError
        self.steps.append(step)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def waiting(self, text: str) -> None:
        self.notes.append(text)

    def done(self, step: Step, seconds: float) -> None:
        assert seconds >= 0
        if step is self.cut_after:
            raise PowerCutError

    def failed(self, step: Step, stopped: StoppedError) -> None:
        assert stopped.what_to_do
        self.failures.append(step)

    def kiosk(self, kiosk_id: str, kiosk_code: str) -> None:
        self.names.append(f"{kiosk_id} {kiosk_code}")


@dataclass
class CutAnew(Shown):
    """Cuts the power at the first moment at which it was not cut before."""

    made: set[tuple[str, Step]] = field(default_factory=set)

    def began(self, step: Step, number: int, of: int) -> None:
        self._cut("before", step)
        super().began(step, number, of)

    def done(self, step: Step, seconds: float) -> None:
        self._cut("after", step)
        super().done(step, seconds)

    def _cut(self, moment: str, step: Step) -> None:
        if (moment, step) not in self.made:
            self.made.add((moment, step))
            raise PowerCutError


@dataclass
class Technician:
    """Answers what is asked."""

    passphrases: list[str]
    kiosks: list[str]
    asked: list[str] = field(default_factory=list)

    def passphrase(self, why: str) -> str:
        self.asked.append(f"passphrase {why}".strip())
        return self.passphrases.pop(0)

    def kiosk(self, names: Sequence[KioskName], why: str) -> str:
        free = [one.kiosk_id for one in names if one.free]
        self.asked.append(f"kiosk {' '.join(free)} {why}".strip())
        return self.kiosks.pop(0)


@dataclass
class Venue:
    """A venue with a bundle, a bare host, and the cloud around it."""

    region: RunningRegion
    desk: EnrolmentDesk
    folder: Path
    venue: VenueHost
    host: Host
    key: BundleKey
    key_file: Path
    activation: dict[str, Any]
    passphrase: str = field(default_factory=make_passphrase)
    technician: Technician = field(init=False)

    def __post_init__(self) -> None:
        self.technician = Technician([self.passphrase] * 20, ["till-1"] * 20)

    def bundle(self, **changes: Any) -> Path:
        about = json.loads(ask(f"{self.region.url}/_region/installer").body)
        services = (
            *("ssm", "ssmmessages", "ec2messages", "ecs", "ecs-a-1", "ecs-t-1", "sts", "s3"),
            *("ecr", "ecr-registry", "ecr-layers", "installer-keys"),
        )
        unsealed = body(
            **{
                "bundle_id": str(changes.pop("bundle_id", "0f5b1a52-1111-4222-8333-444455556666")),
                "made_at": datetime.now(UTC).isoformat(),
                "expires_at": (datetime.now(UTC) + timedelta(days=7)).isoformat(),
                "activation_id": self.activation["ActivationId"],
                "kiosks": [
                    {"kiosk_id": name, "kiosk_code": code}
                    for name, code in self.desk.kiosks.items()
                ],
                "fleet_url": self.desk.url,
                "installer": {
                    "url": about["script"],
                    "signature_url": about["signature"],
                    "fingerprints": [about["fingerprint"]],
                    "keys": [ask(about["key"]).body.decode()],
                },
                "endpoints": dict.fromkeys(services, self.region.url),
                "agent_settings": {"locale": "de_DE", "printer_columns": 48},
                **changes,
            }
        )
        secrets = BundleSecrets.model_validate(
            {"activation_code": self.activation["ActivationCode"], "enrolment_token": TOKEN}
        )
        sealed = seal(secrets, self.passphrase, unsealed, CHEAP)
        made = sign({**unsealed, "sealed": sealed.to_json()}, self.key)
        path = self.folder / "harbour-hall.eventpro"
        path.write_text(json.dumps(made.to_json()))
        return path

    def run(self, bundle: Path | None = None, shown: Shown | None = None, **chosen: Any) -> Shown:
        shown = shown or Shown()
        choices = Choices(bundle, [self.key_file], **chosen)
        runner.run(prepare(self.host, choices, self.technician, shown, QUICK), shown)
        return shown

    def stopped(self, bundle: Path | None = None, **chosen: Any) -> StoppedError:
        with pytest.raises(StoppedError) as stopped:
            self.run(bundle, **chosen)
        return stopped.value

    def registrations(self) -> int:
        asked = [{"FilterKey": "ActivationIds", "FilterValues": [self.activation["ActivationId"]]}]
        [told] = self.region.client("ssm").describe_activations(Filters=asked)["ActivationList"]
        return int(told["RegistrationsCount"])

    def instances(self, cluster: str = "kiosks") -> list[dict[str, Any]]:
        ecs = self.region.client("ecs")
        arns = ecs.list_container_instances(cluster=cluster)["containerInstanceArns"]
        if not arns:
            return []
        told = ecs.describe_container_instances(cluster=cluster, containerInstances=arns)
        found: list[dict[str, Any]] = told["containerInstances"]
        return found
