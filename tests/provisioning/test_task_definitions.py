"""The kiosk UI's task definition: confined, by digest, in half of a host; and ECS takes it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import structlog

from kiosk_contracts.ui_task import UI_USER, kiosk_ui_task
from kiosk_contracts.ui_task_terms import LOG_ON_DISK, UiTaskTerms
from operator_cli.refusing import RefusedError
from operator_cli.task_terms import read_terms
from provisioning.cli import main
from provisioning.task_definitions.ecs import check_shape
from tests.support.region import RunningRegion, running_region

ROOT = Path(__file__).resolve().parents[2]
IMAGE = f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/kiosk-ui@sha256:{'5' * 64}"


def task(**said: object) -> dict[str, Any]:
    return kiosk_ui_task(read_terms(image=IMAGE, **said))


def container(**said: object) -> dict[str, Any]:
    [only] = task(**said)["containerDefinitions"]
    return dict(only)


def test_it_runs_on_external_instances_without_a_network_a_role_or_a_secret() -> None:
    made = task()
    assert made["requiresCompatibilities"] == ["EXTERNAL"]
    assert made["networkMode"] == "none"
    assert not {"taskRoleArn", "executionRoleArn"} & set(made)
    assert not {"secrets", "environmentFiles", "portMappings"} & set(container())


def test_it_can_do_nothing_but_show_its_screen() -> None:
    made = container()
    assert made["user"] == UI_USER
    assert made["readonlyRootFilesystem"] is True
    assert made["privileged"] is False
    assert made["linuxParameters"] == {"capabilities": {"drop": ["ALL"]}}
    assert made["dockerSecurityOptions"] == ["no-new-privileges"]
    assert (made["pseudoTerminal"], made["interactive"]) == (True, True)


def test_it_may_finish_a_sale_and_is_started_again() -> None:
    made = container()
    assert made["stopTimeout"] == 120
    assert made["restartPolicy"]["enabled"] is True
    assert 60 <= made["restartPolicy"]["restartAttemptPeriod"] <= 1800
    assert made["essential"] is True


def test_its_user_and_its_folder_are_those_of_the_hosts_package() -> None:
    users = (ROOT / "systemd/sysusers.d/eventpro-kiosk-agent.conf").read_text()
    number = UI_USER.partition(":")[0]
    assert f"{number}:{number}" == UI_USER
    assert f"u eventpro-ui    {number} " in users
    tmpfiles = (ROOT / "systemd/tmpfiles.d/eventpro-kiosk-agent.conf").read_text()
    volumes = {one["name"]: one["host"]["sourcePath"] for one in task()["volumes"]}
    assert f"d {volumes['sockets']} " in tmpfiles
    mounts = {one["sourceVolume"]: one for one in container()["mountPoints"]}
    assert mounts.keys() == volumes.keys()
    for name, mount in mounts.items():
        assert mount["containerPath"] == volumes[name]
        assert mount["readOnly"] is True


def test_its_image_says_the_same_of_user_socket_and_health() -> None:
    dockerfile = (ROOT / "Dockerfile.kiosk").read_text()
    assert f"\nUSER {UI_USER}\n" in dockerfile
    sockets = task()["volumes"][0]["host"]["sourcePath"]
    assert f"KIOSK_UI_SOCKET={sockets}/ui.sock " in dockerfile
    check = container()["healthCheck"]
    assert check["command"][0] == "CMD"
    assert f"    CMD {json.dumps(check['command'][1:])}\n" in dockerfile
    times = (check["interval"], check["timeout"], check["startPeriod"], check["retries"])
    said = "HEALTHCHECK --interval={}s --timeout={}s --start-period={}s --retries={} ".format(
        *times
    )
    assert said in dockerfile


@pytest.mark.parametrize(
    "image",
    [
        "kiosk-ui",
        "kiosk-ui:latest",
        "r.example/kiosk-ui:1.2.3",
        f"r.example/kiosk-ui@sha256:{'5' * 63}",
        f"r.example/kiosk-ui@sha256:{'5' * 65}",
        f"r.example/kiosk-ui@sha512:{'5' * 64}",
        f"sha256:{'5' * 64}",
        "",
    ],
)
def test_an_image_by_anything_but_a_digest_is_refused(image: str) -> None:
    with pytest.raises(RefusedError, match="names no digest"):
        read_terms(image=image)


@pytest.mark.parametrize(("memory", "host", "fits"), [(384, 769, True), (384, 768, False)])
def test_two_of_it_fit_into_a_host_with_room_to_spare(memory: int, host: int, fits: bool) -> None:  # noqa: FBT001
    said = {"image": IMAGE, "memory_mib": memory, "host_memory_mib": host}
    if fits:
        assert container(memory_mib=memory, host_memory_mib=host)["memory"] == memory
    else:
        with pytest.raises(RefusedError, match="not less than half of the host's 768 MiB"):
            read_terms(**said)


@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "TOKEN", "kiosk_ui_gate", "KIOSK_UI_"])
def test_its_environment_is_the_uis_settings_alone(name: str) -> None:
    with pytest.raises(RefusedError, match="is no setting of the kiosk UI"):
        read_terms(image=IMAGE, environment={name: "x"})


@pytest.mark.parametrize("name", ["KIOSK_UI_SOCKET", "KIOSK_UI_HEALTH", "KIOSK_UI_SCREEN"])
def test_what_belongs_to_the_mounts_is_set_by_nobody(name: str) -> None:
    with pytest.raises(RefusedError, match="not by an operator"):
        read_terms(image=IMAGE, environment={name: "x"})


def test_settings_of_the_ui_come_in_one_order() -> None:
    made = container(environment={"KIOSK_UI_LOOK": "plain", "KIOSK_UI_GATE": "North"})
    assert made["environment"] == [
        {"name": "KIOSK_UI_GATE", "value": "North"},
        {"name": "KIOSK_UI_LOOK", "value": "plain"},
    ]


def test_a_log_neither_fills_a_disk_nor_keeps_a_container_from_starting() -> None:
    assert container()["logConfiguration"] == {
        "logDriver": "json-file",
        "options": dict(LOG_ON_DISK),
    }
    with pytest.raises(RefusedError, match="needs max-size and max-file"):
        read_terms(image=IMAGE, log_options={"max-size": "1m"})
    with pytest.raises(RefusedError, match="keeps a container from starting without a line"):
        read_terms(image=IMAGE, log_driver="awslogs", log_options={"awslogs-group": "kiosks"})
    options = {"awslogs-group": "kiosks", "mode": "non-blocking"}
    made = container(log_driver="awslogs", log_options=options)
    assert made["logConfiguration"] == {"logDriver": "awslogs", "options": options}
    with pytest.raises(RefusedError, match="log_driver"):
        read_terms(image=IMAGE, log_driver="splunk")


def test_a_role_to_pull_with_is_ecs_own_and_none_of_the_task() -> None:
    arn = "arn:aws:iam::111122223333:role/pull"
    made = task(execution_role=arn)
    assert made["executionRoleArn"] == arn
    assert "taskRoleArn" not in made
    with pytest.raises(RefusedError, match="execution_role"):
        read_terms(image=IMAGE, execution_role="pull")


def test_every_member_and_every_word_is_in_ecs_own_model() -> None:
    made = task(
        execution_role="arn:aws:iam::111122223333:role/pull", environment={"KIOSK_UI_LOOK": "plain"}
    )
    check_shape(made)
    model = botocore.session.get_session().get_service_model("ecs")
    shape = model.operation_model("RegisterTaskDefinition").input_shape
    assert list(_strangers(shape, made)) == []
    # The walk finds what it is to find.
    assert list(_strangers(shape, {**made, "networkMode": "nun", "color": 1})) == ["nun", "color"]


def _strangers(shape: Any, value: Any) -> Iterator[str]:
    """Yield members that a shape does not have, and words that are not among its own."""
    if isinstance(value, dict) and shape.type_name == "structure":
        for name, inner in value.items():
            if name in shape.members:
                yield from _strangers(shape.members[name], inner)
            else:
                yield name
    elif isinstance(value, list):
        for inner in value:
            yield from _strangers(shape.member, inner)
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield str(value)


@pytest.mark.parametrize("change", [{"networkMode": 1}, {"color": "red"}, {"family": None}])
def test_what_ecs_has_no_place_for_is_refused_before_it_is_asked(change: dict[str, Any]) -> None:
    with pytest.raises(RefusedError, match="ECS would not take"):
        check_shape({**task(), **change})


def test_terms_take_nothing_that_they_do_not_know() -> None:
    with pytest.raises(ValueError, match="colour"):
        UiTaskTerms.model_validate({"image": IMAGE, "colour": "red"})


@pytest.fixture
def region(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningRegion]:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with running_region() as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", running.operator.access_key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", running.operator.secret_key)
        monkeypatch.setenv("AWS_DEFAULT_REGION", running.settings.region)
        yield running


def types(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> tuple[str, str]:
    capsys.readouterr()
    assert main(["task-definition", *words]) == status
    said = capsys.readouterr()
    return said.out, said.err


def test_show_prints_what_ecs_would_be_given_and_asks_nobody(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, _ = types(capsys, "show", "--image", IMAGE, "--memory", "256", "--set", "KIOSK_UI_GATE=N")
    assert json.loads(out) == task(memory_mib=256, environment={"KIOSK_UI_GATE": "N"})


def test_register_makes_the_next_revision_of_what_show_prints(
    capsys: pytest.CaptureFixture[str], region: RunningRegion
) -> None:
    out, _ = types(capsys, "register", "--image", IMAGE, "--json")
    assert json.loads(out)["revision"] == 1
    out, _ = types(capsys, "register", "--image", IMAGE)
    first, arn = out.splitlines()
    assert first == f"kiosk-ui:2 runs {IMAGE}"
    told = region.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    asked = task()
    [kept] = told["containerDefinitions"]
    [wanted] = asked["containerDefinitions"]
    assert {name: kept[name] for name in wanted} == wanted
    assert {name: told[name] for name in asked if name != "containerDefinitions"} == {
        name: asked[name] for name in asked if name != "containerDefinitions"
    }


def test_a_dry_run_and_a_refusal_register_nothing(
    capsys: pytest.CaptureFixture[str], region: RunningRegion
) -> None:
    out, _ = types(capsys, "register", "--dry-run", "--image", IMAGE)
    assert out == f"would register the next revision of kiosk-ui with {IMAGE}\n"
    told = json.loads(types(capsys, "register", "--dry-run", "--json", "--image", IMAGE)[0])
    assert (told["task_definition"]["family"], told["plan"]) == ("kiosk-ui", out.strip())
    _, err = types(capsys, "register", "--image", "kiosk-ui:latest", status=1)
    assert "names no digest" in err
    assert "Nothing was made" in err
    _, err = types(capsys, "register", "--image", IMAGE, "--set", "KIOSK_UI_GATE", status=1)
    assert "'KIOSK_UI_GATE' sets nothing" in err
    assert region.client("ecs").list_task_definitions()["taskDefinitionArns"] == []
