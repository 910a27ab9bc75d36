"""What the agent is configured with."""

from pathlib import Path

import pytest

from local_region.ecs_agent.domain.pace import Pace
from local_region.ecs_agent.settings import SettingsError, configured, settings_of

LEAST = {"ECS_BACKEND_HOST": "ecs.example.com", "AWS_DEFAULT_REGION": "eu-central-1"}


def test_both_files_are_read_and_the_environment_goes_over_them(tmp_path: Path) -> None:
    for name, text in (
        ("etc/ecs", '# the venue\nECS_CLUSTER=kiosks\nECS_INSTANCE_ATTRIBUTES={"venue": "a=b"}\n'),
        ("var/lib/ecs", "AWS_DEFAULT_REGION=eu-central-1\nECS_BACKEND_HOST=http://x:1/\n"),
    ):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "ecs.config").write_text(text)

    variables = configured(tmp_path, {"ECS_CLUSTER": "others", "ECS_BACKEND_HOST": ""})
    settings = settings_of(tmp_path, variables, Pace())

    assert (settings.cluster, settings.endpoint) == ("others", "http://x:1")
    assert settings.attributes == {"venue": "a=b"}
    assert settings.credentials == tmp_path / "root/.aws/credentials"
    assert settings.state == tmp_path / "var/lib/ecs/data"
    assert (settings.pulls, settings.stop_timeout_s) == ("default", 30)
    assert settings.introspection_port == 51678


def test_a_host_without_a_scheme_is_spoken_to_by_tls() -> None:
    assert settings_of(Path("/"), LEAST, Pace()).endpoint == "https://ecs.example.com"


@pytest.mark.parametrize(("text", "seconds"), [("2m", 120), ("45s", 45), ("1s", 1)])
def test_a_stop_timeout_is_in_seconds_or_minutes(text: str, seconds: int) -> None:
    variables = {**LEAST, "ECS_CONTAINER_STOP_TIMEOUT": text}
    assert settings_of(Path("/"), variables, Pace()).stop_timeout_s == seconds


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ECS_BACKEND_HOST": ""}, "ECS_BACKEND_HOST is missing"),
        ({"AWS_DEFAULT_REGION": ""}, "AWS_DEFAULT_REGION is missing"),
        ({"ECS_IMAGE_PULL_BEHAVIOR": "never"}, "one of default, always, once, prefer-cached"),
        ({"ECS_CONTAINER_STOP_TIMEOUT": "0s"}, "ECS_CONTAINER_STOP_TIMEOUT is 0s"),
        ({"ECS_CONTAINER_STOP_TIMEOUT": "30"}, "ECS_CONTAINER_STOP_TIMEOUT is 30"),
        ({"ECS_INSTANCE_ATTRIBUTES": "venue=x"}, "ECS_INSTANCE_ATTRIBUTES is no JSON"),
        ({"ECS_INSTANCE_ATTRIBUTES": "[1]"}, "ECS_INSTANCE_ATTRIBUTES must be like"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(changes: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        settings_of(Path("/"), {**LEAST, **changes}, Pace())
