"""What a standby is given, and that it is no more than a kiosk UI needs."""

from pathlib import Path
from typing import Any

from kiosk_agent.supervisor.adapters.standby import STANDBY_LABEL, standby_config, task_of
from kiosk_agent.supervisor.adapters.task_file import TaskFile
from kiosk_agent.supervisor.domain.host import UiTask
from kiosk_agent.supervisor.domain.memory import GoodTasks

FOLDER = Path("/run/eventpro")
SOCKETS, TIME = "/run/eventpro:/run/eventpro:ro", "/etc/localtime:/etc/localtime:ro"
HEALTH = {"Test": ["CMD", "python3", "-m", "kiosk_ui.health"], "Interval": 15_000_000_000}


def facts(*binds: str, **config: Any) -> dict[str, Any]:
    """Return what Docker says of a container that was given more than it should be."""
    return {
        "Image": "sha256:good",
        "Config": {
            "Image": "registry/kiosk@sha256:good",
            "Env": ["ECS_CONTAINER_METADATA_URI=http://x", "AWS_A=b", "KIOSK_UI_LOOK=large"],
            "Entrypoint": ["python3", "-m", "kiosk_ui"],
            "Cmd": ["--till"],
            "Healthcheck": HEALTH,
            "User": "10600:10600",
            "StopTimeout": 60,
            **config,
        },
        "HostConfig": {
            "Binds": list(binds),
            "Tmpfs": {"/tmp": "size=1m"},  # noqa: S108  in the container
            "Memory": 300,
            "Privileged": True,
            "CapAdd": ["ALL"],
            "NetworkMode": "host",
            "PidMode": "host",
            "Devices": [{"PathOnHost": "/dev/mem"}],
        },
    }


def test_it_is_all_of_ecs_s_that_a_kiosk_ui_needs_and_nothing_else() -> None:
    assert standby_config(task_of(facts(SOCKETS, TIME)), FOLDER) == {
        "Image": "sha256:good",
        "Env": ["KIOSK_UI_LOOK=large"],
        "Entrypoint": ["python3", "-m", "kiosk_ui"],
        "Cmd": ["--till"],
        "Healthcheck": HEALTH,
        "User": "10600:10600",
        "Labels": {STANDBY_LABEL: "registry/kiosk@sha256:good"},
        "Tty": True,
        "OpenStdin": True,
        "StopTimeout": 60,
        "NetworkDisabled": True,
        "HostConfig": {
            "Binds": [SOCKETS, TIME],
            "Tmpfs": {"/tmp": "size=1m"},  # noqa: S108  in the container
            "Memory": 300,
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "RestartPolicy": {"Name": "no"},
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "1"}},
        },
    }


def test_of_the_host_it_has_the_sockets_folder_and_the_time_to_read() -> None:
    asked = (
        "/:/host:rw",
        "/run/docker.sock:/run/docker.sock",
        "/run/eventpro/..:/run/eventpro",
        "/run/eventpro-supervisor:/run/eventpro",
        "volume:/data",
        "/run/eventpro:/run/eventpro:rw",
        "/etc/localtime:/etc/localtime",
    )
    assert standby_config(task_of(facts(*asked)), FOLDER)["HostConfig"]["Binds"] == [SOCKETS, TIME]


def test_where_its_image_has_its_own_that_is_left_to_it() -> None:
    bare = task_of(facts(Entrypoint=None, Cmd=None, Healthcheck=None))
    assert not {"Entrypoint", "Cmd", "Healthcheck"} & standby_config(bare, FOLDER).keys()


def test_all_of_it_is_kept_over_a_restart(tmp_path: Path) -> None:
    kept = TaskFile(tmp_path / "good-tasks.json")
    good = GoodTasks(task_of(facts(SOCKETS)), UiTask("sha256:old", "registry/kiosk@sha256:old"))
    kept.keep(good)
    assert kept.load() == good
