"""What bootstrap writes for the ECS agent and Docker, and what of others' it keeps."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.bootstrap.domain.settings_files import (
    SettingsFileError,
    limits_logs,
    read_ecs_config,
    write_docker_config,
    write_ecs_config,
    write_proxy_drop_in,
)

ATTRIBUTES = {"kiosk.venue": "harbour-hall", "kiosk.name": "harbour-till-1"}
WRITTEN = """\
ECS_CLUSTER=kiosks
ECS_INSTANCE_ATTRIBUTES={"kiosk.name":"harbour-till-1","kiosk.venue":"harbour-hall"}
ECS_IMAGE_PULL_BEHAVIOR=prefer-cached
"""


def test_the_ecs_agent_s_settings_are_written_and_read() -> None:
    assert write_ecs_config("", "kiosks", ATTRIBUTES) == WRITTEN
    assert read_ecs_config(WRITTEN) == {"cluster": "kiosks", **ATTRIBUTES}


def test_others_lines_stay_and_ours_are_written_once() -> None:
    before = "# by hand\nECS_CLUSTER=default\nECS_LOGLEVEL=debug\nECS_CLUSTER=other\n"
    assert write_ecs_config(before, "kiosks", ATTRIBUTES) == (
        "# by hand\nECS_LOGLEVEL=debug\n" + WRITTEN
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ECS_CLUSTER=kiosks\n",
        "ECS_CLUSTER=kiosks\nECS_IMAGE_PULL_BEHAVIOR=always\n",
        "ECS_IMAGE_PULL_BEHAVIOR=prefer-cached\n",
        "ECS_CLUSTER=k\nECS_IMAGE_PULL_BEHAVIOR=prefer-cached\nECS_INSTANCE_ATTRIBUTES={\n",
        "ECS_CLUSTER=k\nECS_IMAGE_PULL_BEHAVIOR=prefer-cached\nECS_INSTANCE_ATTRIBUTES=[]\n",
    ],
)
def test_what_is_not_ours_is_not_configured(text: str) -> None:
    assert read_ecs_config(text) is None


_LINE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30)


@given(st.lists(_LINE, max_size=6), st.dictionaries(st.sampled_from(["a", "b"]), _LINE))
def test_written_twice_is_written_once(lines: list[str], attributes: dict[str, str]) -> None:
    once = write_ecs_config("\n".join(lines), "kiosks", attributes)
    assert write_ecs_config(once, "kiosks", attributes) == once
    assert read_ecs_config(once) == {**attributes, "cluster": "kiosks"}


def test_docker_s_logs_get_a_limit_and_the_rest_stays() -> None:
    written = json.loads(write_docker_config('{"data-root": "/srv"}'))
    assert written == {
        "data-root": "/srv",
        "log-driver": "json-file",
        "log-opts": {"max-size": "10m", "max-file": "3"},
    }
    assert not limits_logs("")
    assert limits_logs(write_docker_config(""))


def test_a_limit_of_somebody_else_s_stays() -> None:
    before = '{"log-driver": "local", "log-opts": {"max-size": "50m"}}'
    assert json.loads(write_docker_config(before)) == json.loads(before)


@pytest.mark.parametrize("driver", [{}, {"log-driver": "json-file"}, {"log-driver": "local"}])
def test_what_else_a_site_said_of_its_logs_stays(driver: dict[str, str]) -> None:
    before = {**driver, "log-opts": {"tag": "{{.Name}}", "max-file": "9"}}
    written = write_docker_config(json.dumps(before))
    assert json.loads(written) == {
        "log-driver": driver.get("log-driver", "json-file"),
        "log-opts": {"tag": "{{.Name}}", "max-file": "9", "max-size": "10m"},
    }
    assert limits_logs(written)


@pytest.mark.parametrize("driver", ["journald", "syslog"])
def test_logs_that_go_elsewhere_go_there_still(driver: str) -> None:
    before = json.dumps({"log-driver": driver, "log-opts": {"tag": "kiosk"}})
    assert limits_logs(before)
    assert json.loads(write_docker_config(before)) == json.loads(before)


@pytest.mark.parametrize(
    ("text", "why"),
    [('{"log-opts": "max-size=9m"}', "log-opts of"), ('{"data-root": "/\ufffd"}', "is no UTF-8")],
)
def test_settings_that_would_be_lost_are_not_written_over(text: str, why: str) -> None:
    with pytest.raises(SettingsFileError, match=why):
        write_docker_config(text)


@pytest.mark.parametrize("text", ["{", "[]", "null", '"x"'])
def test_what_can_not_be_read_is_not_written_over(text: str) -> None:
    with pytest.raises(SettingsFileError, match=r"daemon\.json is no JSON"):
        write_docker_config(text)


def test_a_proxy_is_written_for_systemd_and_this_host_is_never_by_it() -> None:
    text = write_proxy_drop_in("http://olga:p%40ss@proxy:3128", ".venue.example,10.0.0.1")
    lines = text.splitlines()
    assert lines[1] == "[Service]"
    assert 'Environment="https_proxy=http://olga:p%%40ss@proxy:3128"' in lines
    assert 'Environment="HTTP_PROXY=http://olga:p%%40ss@proxy:3128"' in lines
    [skipped] = [line for line in lines if line.startswith('Environment="NO_PROXY')]
    for name in (".venue.example", "10.0.0.1", "169.254.170.2", "127.0.0.1", "docker.sock"):
        assert name in skipped
    for wrong in ('http://p"', "http://p\n[Service]\nExecStart=/bin/sh"):
        with pytest.raises(SettingsFileError, match="a character that no proxy has"):
            write_proxy_drop_in(wrong, "")
