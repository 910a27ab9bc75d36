"""The stand-in installer: run for real, as a shell script, into a folder that is a host."""

import json
import os
import shutil
import signal
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_region.installer.routes import NAME
from local_region.settings import RegionSettings
from tests.support.http import ask
from tests.support.region import RunningRegion, running_region
from tests.support.venue_host import VenueHost

VAULT = "var/lib/amazon/ssm/Vault/Store/RegistrationKey"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[VenueHost]:
    with VenueHost(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def region() -> Iterator[RunningRegion]:
    with running_region() as running:
        running.client("ecs").create_cluster(clusterName="kiosks")
        running.client("ecs").create_cluster(clusterName="others")
        yield running


def activation(region: RunningRegion, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = region.client("ssm").create_activation(IamRole="KioskRole", **more)
    return made


def installed(
    region: RunningRegion, host: VenueHost, made: dict[str, Any], *flags: str
) -> tuple[int, str]:
    """Fetch the installer, check its signature as a careful host does, and run it."""
    about = json.loads(ask(f"{region.url}/_region/installer").body)
    for name, url in (("script", "script"), ("script.asc", "signature"), ("key", "key")):
        (host.root / name).write_bytes(ask(about[url]).body)
    assert host.run("gpg", "--batch", "--import", "key").returncode == 0
    checked = host.run("gpg", "--batch", "--status-fd", "1", "--verify", "script.asc", "script")
    assert f"VALIDSIG {about['fingerprint']}" in checked.stdout, checked.stderr
    done = host.run(
        *("bash", "script", "--region", "eu-central-1", "--docker-install-source", "none"),
        *("--activation-id", made["ActivationId"], "--activation-code", made["ActivationCode"]),
        *flags,
    )
    return done.returncode, done.stdout + done.stderr


def until(ask_: Callable[[], Any], wanted: Any, log: Callable[[], str] = str) -> None:
    end = time.monotonic() + 15
    while (last := ask_()) != wanted:
        assert time.monotonic() < end, (last, log())
        time.sleep(0.1)


def instance(region: RunningRegion, arn: str) -> dict[str, Any]:
    told = region.client("ecs").describe_container_instances(
        cluster="kiosks", containerInstances=[arn]
    )
    found: dict[str, Any] = told["containerInstances"][0]
    return found


def registrations(region: RunningRegion, made: dict[str, Any]) -> int:
    asked = [{"FilterKey": "ActivationIds", "FilterValues": [made["ActivationId"]]}]
    [told] = region.client("ssm").describe_activations(Filters=asked)["ActivationList"]
    return int(told["RegistrationsCount"])


def test_a_bare_host_becomes_a_connected_external_instance(
    region: RunningRegion, host: VenueHost
) -> None:
    made = activation(region, RegistrationLimit=2)
    host.write("etc/ecs/ecs.config", 'ECS_INSTANCE_ATTRIBUTES={"kiosk.name": "till-1"}\n')

    code, said = installed(region, host, made, "--cluster", "kiosks")

    assert code == 0, said + host.text("run/ecs.log")
    assert "Ping ECS Agent registered successfully!" in said
    managed = host.json(VAULT)["instanceID"]
    asked = [{"Key": "InstanceIds", "Values": [managed]}]
    online = region.client("ssm").describe_instance_information(Filters=asked)
    assert online["InstanceInformationList"][0]["PingStatus"] == "Online"
    metadata = json.loads(ask(f"http://127.0.0.1:{host.port}/v1/metadata").body)
    assert metadata["Cluster"] == "kiosks"
    arn = metadata["ContainerInstanceArn"]
    until(
        lambda: str(instance(region, arn)["agentConnected"]),
        "True",
        lambda: host.text("run/ecs.log"),
    )
    told = instance(region, arn)
    assert told["ec2InstanceId"] == managed
    assert {"name": "kiosk.name", "value": "till-1"} in told["attributes"]
    assert host.text("etc/ecs/ecs.config").endswith("\nECS_CLUSTER=kiosks\n")
    configured = host.text("var/lib/ecs/ecs.config").splitlines()
    assert configured == [
        "AWS_DEFAULT_REGION=eu-central-1",
        "ECS_EXTERNAL=true",
        f"ECS_BACKEND_HOST={region.url}",
    ]
    for name in (VAULT, "root/.aws/credentials"):
        assert stat.S_IMODE((host.root / name).stat().st_mode) == 0o600
    assert {"enable amazon-ssm-agent", "enable ecs", "start ecs"} <= set(host.calls())
    check_exec(host)
    check_second_run(region, host, made)
    check_tasks(region, host, arn)


def check_exec(host: VenueHost) -> None:
    """Check that what execute-command needs is laid where the ECS agent looks for it."""
    place = host.root / "var/lib/ecs/deps/execute-command"
    certificates = place / "certs/tls-ca-bundle.pem"
    assert stat.S_IMODE(certificates.stat().st_mode) == 0o400
    assert "BEGIN CERTIFICATE" in certificates.read_text()
    [version] = (place / "bin").iterdir()
    assert sorted(one.name for one in version.iterdir()) == [
        *("amazon-ssm-agent", "ssm-agent-worker", "ssm-session-worker"),
    ]
    assert not (host.root / "ssm-binaries").exists()


def check_second_run(region: RunningRegion, host: VenueHost, made: dict[str, Any]) -> None:
    """Check that a second run registers nothing and passes over another cluster, as AWS's does."""
    before = host.json(VAULT)
    code, said = installed(region, host, made, "--cluster", "others")
    assert code == 0
    assert "SSM agent is already registered" in said
    assert "ecs agent is already installed" in said
    assert host.json(VAULT) == before
    assert "others" not in host.text("etc/ecs/ecs.config")
    assert registrations(region, made) == 1


def check_tasks(region: RunningRegion, host: VenueHost, arn: str) -> None:
    """Check that the stand-in agent takes tasks and stops them."""
    ecs = region.client("ecs")
    ecs.register_task_definition(
        family="ui", containerDefinitions=[{"name": "ui", "image": "x", "memory": 64}]
    )
    [task] = ecs.start_task(cluster="kiosks", taskDefinition="ui", containerInstances=[arn])[
        "tasks"
    ]

    def status() -> str:
        [told] = ecs.describe_tasks(cluster="kiosks", tasks=[task["taskArn"]])["tasks"]
        return str(told["lastStatus"])

    until(status, "RUNNING")
    shown = json.loads(ask(f"http://127.0.0.1:{host.port}/v1/tasks").body)["Tasks"]
    assert [(one["Arn"], one["KnownStatus"]) for one in shown] == [(task["taskArn"], "RUNNING")]
    ecs.stop_task(cluster="kiosks", task=task["taskArn"])
    until(status, "STOPPED")
    assert ask(f"http://127.0.0.1:{host.port}/v1/none").status == 404


def test_an_ssm_agent_that_hibernates_is_cured_by_a_restart(
    region: RunningRegion, host: VenueHost
) -> None:
    code, said = installed(region, host, activation(region), "--cluster", "kiosks")
    assert code == 0, said
    credentials = host.root / "root/.aws/credentials"
    os.kill(int(host.text("run/amazon-ssm-agent.pid")), signal.SIGUSR1)
    until(lambda: "hibernate mode" in host.text("run/amazon-ssm-agent.log"), wanted=True)
    own_log = "var/log/amazon/ssm/amazon-ssm-agent.log"
    assert "Entering SSM Agent hibernate" in host.text(own_log).splitlines()[-1]
    credentials.unlink()
    assert host.run("systemctl", "is-active", "amazon-ssm-agent").returncode == 0

    host.run("systemctl", "restart", "amazon-ssm-agent")

    until(credentials.exists, wanted=True)
    until(lambda: "Credentials ready" in host.text(own_log).splitlines()[-1], wanted=True)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ActivationCode": "A" * 20}, "InvalidActivation"),
        ({"ActivationId": "00000000-0000-4000-8000-000000000000"}, "InvalidActivation"),
    ],
)
def test_a_wrong_activation_ends_it_and_registers_nothing(
    region: RunningRegion, host: VenueHost, change: dict[str, str], why: str
) -> None:
    made = activation(region)

    code, said = installed(region, host, {**made, **change}, "--cluster", "kiosks")

    assert code != 0
    assert f"error registering the instance with AWS SSM. {why}" in said
    assert not (host.root / VAULT).exists()
    assert registrations(region, made) == 0


def test_a_used_up_activation_ends_it(region: RunningRegion, host: VenueHost) -> None:
    made = activation(region)
    assert installed(region, host, made, "--cluster", "kiosks", "--no-start")[0] == 0
    (host.root / VAULT).unlink()

    code, said = installed(region, host, made, "--cluster", "kiosks")

    assert code != 0
    assert "RegistrationLimitExceeded" in said


def test_an_unknown_cluster_is_found_out_by_waiting(region: RunningRegion, host: VenueHost) -> None:
    made = activation(region)

    code, said = installed(region, host, made, "--cluster", "gone")

    assert code == 1
    assert "Timed out waiting for ECS Agent to start" in said
    assert "ClusterNotFoundException" in host.text("run/ecs.log")
    assert registrations(region, made) == 1, "which a failed run uses up, as with AWS"


def test_what_fails_between_the_agents_has_used_a_registration(
    region: RunningRegion, host: VenueHost
) -> None:
    """As with AWS's: it registers, then lays what execute-command needs, then the ECS agent."""
    made = activation(region)
    tool = host.root / "tools/openssl"
    real = shutil.which("openssl")
    tool.write_text(f'#!/bin/bash\n[ "$1" != verify ] || exit 127\nexec {real} "$@"\n')
    tool.chmod(0o755)

    code, said = installed(region, host, made, "--cluster", "kiosks")

    assert code == 127
    assert "Copying certs for exec feature" in said
    assert registrations(region, made) == 1
    assert not (host.root / "usr/libexec/amazon-ecs-init").exists()
    tool.unlink()
    assert installed(region, host, made, "--cluster", "kiosks")[0] == 0
    assert registrations(region, made) == 1


def test_it_asks_apt_first_where_this_is_a_host(region: RunningRegion, host: VenueHost) -> None:
    for name in ("apt", "apt-get"):
        tool = host.root / "tools" / name
        tool.write_text(f'#!/bin/bash\necho "{name} $*" >>"{host.root}/asked"\nexit 100\n')
        tool.chmod(0o755)
    made = activation(region)

    code, _ = installed(region, host, made, "--cluster", "kiosks")

    assert code == 100
    assert host.text("asked") == "apt update -y\n"
    assert registrations(region, made) == 0


def test_keys_are_where_aws_s_are(region: RunningRegion) -> None:
    folder = f"{region.url}/aws/amazon-ecs-agent/master/scripts"
    for name in ("amazon-ssm-agent.gpg", "amazon-ecs-agent.gpg"):
        assert b"BEGIN PGP PUBLIC KEY" in ask(f"{folder}/{name}").body
    assert ask(f"{folder}/other.gpg").status == 400


def test_a_part_whose_signature_is_not_its_own_is_not_installed(
    region: RunningRegion, host: VenueHost
) -> None:
    made = activation(region)
    script = ask(f"{region.url}/{NAME}").body.decode()
    assert "/installer/$1.asc" in script
    host.write("script", script.replace("/installer/$1.asc", "/installer/amazon-ecs-init.asc"))

    done = host.run(
        *("bash", "script", "--region", "eu-central-1", "--activation-id", made["ActivationId"]),
        *("--activation-code", made["ActivationCode"]),
    )

    assert done.returncode != 0
    assert "amazon-ssm-agent GPG verification failed" in done.stdout
    assert not (host.root / "usr/bin/amazon-ssm-agent").exists()
    assert registrations(region, made) == 0


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "--region is required"),
        (["--region", "eu-central-1"], "Both --activation-id and --activation-code are required"),
        (["--region", "--cluster"], "invalid value"),
        (["--colour", "red"], "invalid option: [--colour]"),
        (["--ip-compatibility", "ipv5"], "Invalid value for --ip-compatibility"),
    ],
)
def test_wrong_flags_end_it_with_the_real_ones_words(
    region: RunningRegion, host: VenueHost, flags: list[str], said: str
) -> None:
    (host.root / "script").write_bytes(ask(f"{region.url}/{NAME}").body)

    done = host.run("bash", "script", *flags)

    assert done.returncode != 0
    assert said in done.stdout
    assert not (host.root / "usr").exists()


def test_it_knows_every_flag_of_the_real_one(region: RunningRegion, host: VenueHost) -> None:
    made = activation(region)

    code, said = installed(
        *(region, host, made, "--cluster", "kiosks", "--no-start", "--enable-gpu"),
        *("--ecs-version", "latest", "--deb-url", "x", "--rpm-url", "x", "--certs-file", "x"),
        *("--skip-gpg-check", "--ip-compatibility", "ipv4", "--ecs-endpoint", "http://e.example"),
    )

    assert code == 0, said
    assert "Not verifying ecs agent startup" in said
    configured = host.text("var/lib/ecs/ecs.config").splitlines()
    assert configured[2:] == ["ECS_BACKEND_HOST=http://e.example", "ECS_ENABLE_GPU_SUPPORT=true"]
    assert not any(call.startswith("start") for call in host.calls())
    assert host.run("bash", "script", "--help").returncode == 0


@pytest.mark.parametrize(
    "path", [f"/{NAME}", f"/amazon-ecs-agent/{NAME}", f"/amazon-ecs-agent-eu-central-1/{NAME}"]
)
def test_it_is_where_awss_is(region: RunningRegion, path: str) -> None:
    script = ask(region.url + path)

    assert script.body.startswith(b"#!/bin/bash\n")
    assert ask(f"{region.url}{path}.asc").body.startswith(b"-----BEGIN PGP SIGNATURE-----")
    as_bucket = ask(f"{region.url}/{NAME}", headers=[("Host", "amazon-ecs-agent.s3.amazonaws.com")])
    assert as_bucket.status == 200


def test_nothing_gets_into_the_script_by_the_host_header(region: RunningRegion) -> None:
    for host in ('x";rm -rf /;"', "a b", "$(id)"):
        answer = ask(f"{region.url}/{NAME}", headers=[("Host", host)])
        assert answer.status == 400
    assert ask(f"{region.url}/_region/installer/passwd").status == 404


def test_the_key_stays_with_the_state(tmp_path: Path) -> None:
    fingerprints = set()
    for _ in range(2):
        with running_region(RegionSettings(state=tmp_path)) as region:
            fingerprints.add(json.loads(ask(f"{region.url}/_region/installer").body)["fingerprint"])
    assert len(fingerprints) == 1
    assert stat.S_IMODE((tmp_path / "gnupg").stat().st_mode) == 0o700


def test_without_gpg_the_signature_is_not_to_be_had(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with running_region() as region:
        monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
        answer = ask(f"{region.url}/{NAME}.asc")
        assert ask(f"{region.url}/{NAME}").status == 200

    assert answer.status == 503
    assert b"install Debian's gnupg" in answer.body
