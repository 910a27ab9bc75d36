"""Docker's containers of the kiosk UI, by aiodocker."""

import asyncio
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import aiodocker
import aiohttp
import structlog

from kiosk_agent.supervisor.adapters.docker_answers import (
    ASK_S,
    CONFLICT,
    NOT_FOUND,
    SO_ANYWAY,
    answers,
)
from kiosk_agent.supervisor.adapters.standby import (
    STANDBY_LABEL,
    refused_why,
    standby_config,
    task_of,
)
from kiosk_agent.supervisor.domain.host import Health, Source, UiContainer, UiTask
from kiosk_agent.supervisor.domain.last_words import SaidOnTerminal, plain
from kiosk_agent.supervisor.ports import DockerAwayError, StartRefusedError

log = structlog.get_logger(__name__)

STANDBY_NAME: Final = "eventpro-kiosk-standby"
ECS_CONTAINER_LABEL: Final = "com.amazonaws.ecs.container-name"
ECS_UI: Final = "ui"
"""The container's name in the kiosk UI's task definition (`kiosk-provision task-definition`)."""
_RUNS: Final = frozenset({"running", "paused"})
_EXITED: Final = re.compile(r"Exited \((\d+)\)")
_ITS_FAULT: Final = range(500, 600)
"""Docker answers, and can't say what a container is, as where its disk was full meanwhile."""
_WORDS_S: Final = 1.0
_PIECE: Final = 65_536
_STOP_OVER_S: Final = 30.0
START_S: Final = 60.0
"""Making and starting one may take each so long, on a slow disk that all else begins from, too."""
_HANGS_S: Final = 1
_EVENTS: Final = {"type": ["container"], "event": ["start", "die", "health_status", "destroy"]}


class DockerContainers:
    """Adapter of UiContainers; `docker_at` makes its client."""

    def __init__(self, docker: aiodocker.Docker, ui_folder: Path) -> None:
        """`ui_folder`: of the agent's UI socket, which a standby may have from this host."""
        self._docker = docker
        self._ui_folder = ui_folder
        self._tasks: dict[str, UiTask] = {}
        """By container, as of the last look."""
        self._starts = False
        """Whether a standby is being started."""
        self._words: dict[tuple[str, str], str] = {}
        """By container and its end."""

    async def seen(self) -> Sequence[UiContainer]:
        """Return all kiosk UIs, running or ended."""
        async with answers():
            listed = await self._docker._query_json(  # noqa: SLF001  its list() inspects nothing
                "containers/json", method="GET", params={"all": "1"}
            )
            ours = [one for one in listed if _source(one["Labels"] or {}) is not None]
            found = [one for each in ours if (one := await self._seen(each)) is not None]
        kept = {one.container_id for one in found}
        self._tasks = {key: task for key, task in self._tasks.items() if key in kept}
        self._words = {key: said for key, said in self._words.items() if key[0] in kept}
        return found

    def sockets(self) -> str:
        """Return which folder of sockets is there: a container keeps the one that it began with."""
        try:
            seen = self._ui_folder.stat()
        except OSError:
            return ""
        return f"{seen.st_dev}:{seen.st_ino}"

    async def _seen(self, listed: Mapping[str, Any]) -> UiContainer | None:
        """Return one of them; None where it is gone meanwhile."""
        # Also one that runs: the list does not say when it began.
        try:
            facts = (await self._docker.containers.get(listed["Id"]))._container  # noqa: SLF001
        except aiodocker.DockerError as error:
            return self._not_inspected(listed, error)
        state = facts["State"]
        if _is_made(state) and (_source(listed["Labels"]) is Source.ECS or self._starts):
            # It is about to be started: that is no end.
            return None
        self._tasks[listed["Id"]] = task = task_of(facts)
        exit_code, out_of_memory, words = None, False, ""
        if not state["Running"]:
            exit_code, out_of_memory = int(state["ExitCode"]), bool(state["OOMKilled"])
            words = await self._last_words(facts)
        return UiContainer(
            container_id=listed["Id"],
            source=_source(listed["Labels"]) or Source.ECS,
            task=task,
            running=bool(state["Running"]),
            health=_health(listed["Status"]),
            began=str(state.get("StartedAt", "")),
            exit_code=exit_code,
            out_of_memory=out_of_memory,
            last_words=words,
        )

    def _not_inspected(
        self, listed: Mapping[str, Any], error: aiodocker.DockerError
    ) -> UiContainer | None:
        """Return what the list alone says of one: what is wrong with it blinds nobody to the rest.

        Raises the error where it is about Docker.
        """
        if error.status == NOT_FOUND:
            return None
        if error.status not in _ITS_FAULT:
            raise error
        known = self._tasks.get(listed["Id"])
        exited = _EXITED.match(listed["Status"])
        log.debug("container_not_inspected", container=listed["Id"], why=error.message)
        return UiContainer(
            container_id=listed["Id"],
            source=_source(listed["Labels"]) or Source.ECS,
            task=known or UiTask(image_id=listed["ImageID"], image=listed["Image"]),
            running=listed["State"] in _RUNS,
            health=_health(listed["Status"]),
            exit_code=int(exited[1]) if exited else None,
            is_whole=known is not None,
        )

    async def _last_words(self, facts: Mapping[str, Any]) -> str:
        """Return what one that failed said, read once for each of its ends."""
        state = facts["State"]
        key = facts["Id"], state["FinishedAt"]
        if not state["ExitCode"]:
            return ""
        if key not in self._words:
            # One that never began has said nothing; Docker says why.
            said = str(state.get("Error") or "") or await self._said(facts["Id"])
            self._words[key] = plain(said)
        return self._words[key]

    async def _said(self, container_id: str) -> str:
        """Return the last line that a container wrote when it was not painting; empty if none."""
        said = SaidOnTerminal()
        try:
            async with (
                asyncio.timeout(_WORDS_S),
                self._docker._query(  # noqa: SLF001  its own log() decodes lines of any length
                    f"containers/{container_id}/logs", params={"stdout": "1", "stderr": "1"}
                ) as answer,
            ):
                async for piece in answer.content.iter_chunked(_PIECE):
                    said.heard(piece)
        except (aiodocker.DockerError, aiohttp.ClientError, OSError) as error:
            # Its log is somewhere else, or Docker is slow: how it ended is known all the same.
            log.debug("last_words_not_read", container=container_id, why=str(error))
        return said.last_line()

    async def start_standby(self, task: UiTask) -> str:
        """Run the standby from an image of ours that is on this host."""
        self._starts = True
        try:
            async with answers(starts=True):
                image = await self._docker.images.inspect(task.image_id)
                if why := refused_why(task, image["Config"].get("Labels") or {}):
                    raise StartRefusedError(why)
                made = await self._made(standby_config(task, self._ui_folder))
                try:
                    await self._ask_slowly(f"containers/{made}/start")
                except aiodocker.DockerError:
                    # Else it is seen as another one that ended, and this failure counts twice.
                    await self._remove_quietly(made)
                    raise
                return made
        finally:
            self._starts = False

    async def _ask_slowly(self, path: str, **said: Any) -> bytes:
        async with self._docker._query(  # noqa: SLF001  its own calls take no timeout
            path,
            method="POST",
            timeout=aiohttp.ClientTimeout(total=START_S),
            headers={"content-type": "application/json"},
            **said,
        ) as answer:
            return await answer.read()

    async def _remove_quietly(self, container_id: str) -> None:
        try:
            await self.remove(container_id)
        except DockerAwayError as error:
            log.debug("standby_not_removed", container=container_id, why=str(error))

    async def _made(self, config: dict[str, Any]) -> str:
        """Make it by its name; by another where somebody has that: its label is what counts."""
        try:
            return await self._make(config, STANDBY_NAME)
        except aiodocker.DockerError as error:
            if error.status != CONFLICT:
                raise
            log.info("standby_s_name_is_taken", why=error.message)
            return await self._make(config, f"{STANDBY_NAME}-{secrets.token_hex(4)}")

    async def _make(self, config: dict[str, Any], name: str) -> str:
        asked = json.dumps(config).encode()
        said = await self._ask_slowly("containers/create", data=asked, params={"name": name})
        return str(json.loads(said)["Id"])

    async def stop(self, container_id: str, *, hangs: bool) -> None:
        """End one: SIGTERM, and SIGKILL after what its task allows, or soon if it hangs."""
        task = self._tasks.get(container_id)
        allowed_s = _HANGS_S if hangs or task is None else task.stop_timeout_s
        timeout = aiohttp.ClientTimeout(total=allowed_s + _STOP_OVER_S)
        async with answers(fine=SO_ANYWAY):
            await self._docker.containers.container(container_id).stop(t=allowed_s, timeout=timeout)

    async def remove(self, container_id: str) -> None:
        """Remove one that ended, also one that Docker takes for half removed."""
        async with answers(fine={NOT_FOUND}):
            await self._docker.containers.container(container_id).delete(force=True)

    async def changed(self) -> None:
        """Wait for the next of Docker's events that is about a container's life."""
        async with (
            answers(),
            self._docker._query(  # noqa: SLF001  its own stream ends with no error
                "events",
                params={"filters": json.dumps(_EVENTS)},
                timeout=aiohttp.ClientTimeout(total=None, connect=ASK_S),
            ) as answer,
        ):
            if not await answer.content.readline():
                raise DockerAwayError("its stream of events ended")


def _source(labels: Mapping[str, str]) -> Source | None:
    if STANDBY_LABEL in labels:
        return Source.STANDBY
    return Source.ECS if labels.get(ECS_CONTAINER_LABEL) == ECS_UI else None


def _is_made(state: Mapping[str, Any]) -> bool:
    """Say whether one was made and not started; one that can't be has a status, and why."""
    return state.get("Status") == "created" and not (state["ExitCode"] or state.get("Error"))


def _health(status: str) -> Health:
    """Return what a list says, such as `Up 3 minutes (healthy)`."""
    for ending, health in (
        ("(healthy)", Health.HEALTHY),
        ("(unhealthy)", Health.UNHEALTHY),
        ("(health: starting)", Health.STARTING),
    ):
        if status.endswith(ending):
            return health
    return Health.UNKNOWN
