"""Composes what tells changes: who marks them, who reads them, who looks on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from cloud_store.port import Store
from fleet_service.alarms.routes import ALARMS
from fleet_service.clock import Clock
from fleet_service.commands.routes import COMMANDS
from fleet_service.instances.routes import INSTANCES
from fleet_service.metrics import METRICS
from fleet_service.releases.routes import MOVES, RELEASES
from fleet_service.settings import FleetSettings
from fleet_service.stream.clients import StreamClients
from fleet_service.stream.feed import Feed
from fleet_service.stream.following import FOLLOWING, Following
from fleet_service.stream.keeping import ENTRIES, MARK_WRITER, Entries, MarkWriter
from fleet_service.stream.marking import PENDING, MarkingStore, Pending
from fleet_service.stream.routes import FEED, PACE, STREAMS, StreamPace, add_routes
from fleet_service.stream.telling import Teller


@asynccontextmanager
async def marking(app: web.Application, store: Store, clock: Clock) -> AsyncIterator[Store]:
    """Return the store that the app is to change everything through, while the block runs.

    What changes, here and elsewhere, is followed meanwhile.
    """
    pending, entries = Pending(), Entries(store)
    app[PENDING], app[ENTRIES] = pending, entries
    app[MARK_WRITER] = MarkWriter(entries, pending)
    app[FOLLOWING] = Following(entries, pending, clock)
    async with app[MARK_WRITER].working(), app[FOLLOWING].working():
        yield MarkingStore(store, pending)


class Streaming:
    """`open` has it there while an app runs; all that it tells of is open before it."""

    def __init__(self, settings: FleetSettings) -> None:
        self._settings = settings

    def add_routes(self, app: web.Application) -> None:
        """Add the stream, and let all go when the app is about to stop."""
        app[STREAMS] = StreamClients(
            per_token=self._settings.streams_per_token, most=self._settings.streams_most
        )
        app[METRICS].register(app[STREAMS])
        app[PACE] = StreamPace(self._settings.stream_comment_s)
        add_routes(app)
        app.on_shutdown.append(_end_all)

    async def open(self, app: web.Application) -> AsyncIterator[None]:
        """Give the app its feed."""
        of_releases = app[RELEASES], app[MOVES]
        teller = Teller(app[INSTANCES], app[ALARMS], *of_releases, app[COMMANDS])
        app[FEED] = Feed(app[ENTRIES], teller, app[MARK_WRITER].wrote)
        async with app[FEED].working():
            yield


async def _end_all(app: web.Application) -> None:
    app[STREAMS].end_all()
