"""The region as a process of its own: what it prints, what it keeps, how it ends."""

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local_region.ids import Ids
from local_region.settings import RegionSettings
from local_region.state.file import FILE
from tests.support.ecs_agent import EcsAgent
from tests.support.http import ask
from tests.support.region import running_region
from tests.support.ssm_agent import SsmAgent

ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def started(*words: str, ends: int = 0) -> Iterator[dict[str, Any]]:
    """Start a region, give its first line, and end it by SIGTERM."""
    command = [sys.executable, "-m", "local_region", *words]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=20)
        assert process.returncode == ends, said


def failed(*words: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "local_region", *words]
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    return ended.returncode, ended.stderr


def client_of(line: dict[str, Any], service: str) -> Any:
    return boto3.Session().client(
        service,
        endpoint_url=f"http://127.0.0.1:{line['port']}",
        region_name=line["region"],
        aws_access_key_id=line["operator"]["access_key_id"],
        aws_secret_access_key=line["operator"]["secret_access_key"],
    )


def test_the_first_line_says_where_and_who() -> None:
    with started("--account", "444455556666", "--region", "eu-west-1") as line:
        assert line["event"] == "listening"
        told = client_of(line, "sts").get_caller_identity()

    assert told["Account"] == "444455556666"


def test_the_operators_pair_can_be_given() -> None:
    with started("--operator-key", "AKIAEXAMPLEEXAMPLE00:a+b/c") as line:
        assert line["operator"]["access_key_id"] == "AKIAEXAMPLEEXAMPLE00"
        assert client_of(line, "sts").get_caller_identity()["Arn"].endswith(":user/operator")


def test_a_clients_own_settings_are_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with started("--state", str(tmp_path / "region")) as line:
        assert "operator" not in line
        secret_file = Path(line["operator_credentials_file"])
        assert stat.S_IMODE(secret_file.stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "region" / FILE).stat().st_mode) == 0o600
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{line['port']}")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(secret_file))
        monkeypatch.setenv("AWS_REGION", line["region"])
        monkeypatch.setenv("AWS_DEFAULT_REGION", line["region"])

        told = boto3.Session().client("sts").get_caller_identity()

    assert told["Arn"].endswith(":user/operator")


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    settings = RegionSettings(state=tmp_path, seed=7)
    with running_region(settings) as region:
        region.client("ecs").create_cluster(clusterName="kiosks")
        ecs_agent = EcsAgent(region)
        registered = ecs_agent.register(custom={"kiosk.name": "till-1"})
        ssm_agent = ecs_agent.ssm_agent
        issued = ssm_agent.role_token()
        ssm_agent.ping(issued)
        activation = region.client("ssm").create_activation(IamRole="KioskRole")
        operator = region.operator.access_key_id

    with running_region(settings) as region:
        assert region.operator.access_key_id == operator
        [told] = region.client("ssm").describe_instance_information()["InstanceInformationList"]
        assert (told["InstanceId"], told["PingStatus"]) == (ssm_agent.instance_id, "Online")
        assert region.client_of(issued, "sts").get_caller_identity()
        ecs_agent.connect(region)
        again = ecs_agent.register()
        assert again["containerInstanceArn"] == registered["containerInstanceArn"]
        assert {"name": "kiosk.name", "value": "till-1"} in again["attributes"]
        assert SsmAgent(region.url).register(activation) != ssm_agent.instance_id


def test_without_a_folder_nothing_does() -> None:
    with running_region() as region:
        region.client("ecs").create_cluster(clusterName="kiosks")
    with running_region() as region:
        assert region.client("ecs").list_clusters()["clusterArns"] == []


def test_a_refused_call_writes_nothing(tmp_path: Path) -> None:
    with running_region(RegionSettings(state=tmp_path)) as region:
        before = (tmp_path / FILE).stat().st_mtime_ns
        with pytest.raises(ClientError):
            region.client("ecs").put_attributes(
                cluster="gone", attributes=[{"name": "a", "targetId": "b"}]
            )
        region.client("ecs").list_clusters()
        assert (tmp_path / FILE).stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{", "can't be read"),
        ('{"account": "111122223333", "region": "eu-west-1"}', "is of account 111122223333"),
    ],
)
def test_a_state_that_is_not_its_own_is_left_alone(
    tmp_path: Path, written: str, words: str
) -> None:
    (tmp_path / FILE).write_text(written)

    code, said = failed("--state", str(tmp_path))

    assert code == os.EX_CONFIG
    assert words in said
    assert (tmp_path / FILE).read_text() == written


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--account", "12"), "12 digits"),
        (("--operator-key", "short"), "ID:SECRET"),
        (("--colour", "red"), "--colour"),
    ],
)
def test_words_that_are_none_are_refused(words: tuple[str, ...], said: str) -> None:
    code, told = failed(*words)

    assert code == 2
    assert said in told


def test_a_taken_port_is_told() -> None:
    with running_region() as region:
        code, said = failed("--port", region.url.rpartition(":")[2])

    assert code == 1
    assert "it can't serve" in said


def test_a_seed_repeats_itself_and_chance_does_not() -> None:
    assert Ids(1).secret_key() == Ids(1).secret_key() != Ids(2).secret_key()
    assert Ids().secret_key() != Ids().secret_key()


def test_the_clock_can_be_put_forward_from_outside() -> None:
    with started() as line:
        url = f"http://127.0.0.1:{line['port']}/_region"
        before = datetime.fromisoformat(json.loads(ask(f"{url}/health").body)["now"])
        moved = ask(f"{url}/clock", method="POST", body=b'{"advance_s": 86400}')
        back = ask(f"{url}/clock", method="POST", body=b'{"advance_s": -1}')

    assert datetime.fromisoformat(json.loads(moved.body)["now"]) - before >= timedelta(days=1)
    assert back.status == 400
