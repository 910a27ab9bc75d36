"""Composes what looks at all kiosks: who asks AWS, who judges, who is asked about it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from aiohttp import web

from fleet_service.admission import STORE
from fleet_service.alarms.routes import ALARMS
from fleet_service.alarms.routes import add_routes as add_alarm_routes
from fleet_service.alarms.service import Alarms
from fleet_service.calendars.service import Calendars
from fleet_service.clock import Clock
from fleet_service.instances.aws import SweptHosts
from fleet_service.instances.detail import KioskDetails
from fleet_service.instances.gathering import Gathering
from fleet_service.instances.listening import HostEvents, listening
from fleet_service.instances.queue_figures import QueueFigures
from fleet_service.instances.records import WATCH
from fleet_service.instances.routes import DETAILS, INSTANCES
from fleet_service.instances.routes import add_routes as add_instance_routes
from fleet_service.instances.service import Instances
from fleet_service.instances.sweeping import Sweeping, sources_of
from fleet_service.leases.service import StoredLease
from fleet_service.metrics import METRICS
from fleet_service.relay.routes import CALENDARS
from fleet_service.sessions.registry import KioskRegistry
from fleet_service.settings import FleetSettings
from fleet_service.stream.changes import StreamChanges
from fleet_service.stream.keeping import ENTRIES
from fleet_service.stream.marking import PENDING
from fleet_service.stream.noticing import Noticing
from fleet_service.watch.rounds import Watch
from fleet_service.watch.routes import CLOCK, prepare_figures
from fleet_service.watch.routes import add_routes as add_figure_routes


class Watching:
    """`open` has it there while an app runs; the store is open before it."""

    def __init__(self, settings: FleetSettings, registry: KioskRegistry, clock: Clock) -> None:
        self._settings = settings
        self._registry = registry
        self._clock = clock

    def add_routes(self, app: web.Application) -> None:
        """Add what operators may ask."""
        add_instance_routes(app)
        add_alarm_routes(app)
        add_figure_routes(app)

    async def open(self, app: web.Application) -> AsyncIterator[None]:
        """Give the app its views of all kiosks, and watch them whenever no other task does."""
        store, clock, settings = app[STORE], self._clock, self._settings
        sources = sources_of(settings.swept_regions, settings.swept_clusters)
        gathering = Gathering(store, sources, self._registry.all)
        changes = StreamChanges(app[ENTRIES], app[PENDING])
        instances = Instances(gathering, clock, app[ENTRIES].newest_id, changes)
        app[INSTANCES] = instances
        app[DETAILS] = KioskDetails(store, instances)
        app[ALARMS] = Alarms(store, clock)
        app[CLOCK] = clock
        prepare_figures(app)
        app[CALENDARS] = Calendars(store, clock)
        lease = StoredLease(store, clock, WATCH)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(lease.keeping())
            if sources:
                aws = await stack.enter_async_context(SweptHosts(sources, clock))
                sweeping = Sweeping(store, clock, aws, lease, instances.silent_hosts)
                await stack.enter_async_context(sweeping.working(settings.sweep_every_s))
            events = HostEvents(store, clock, sources)
            figures = QueueFigures(clock)
            if settings.event_queues:
                app[METRICS].register(figures)
            await stack.enter_async_context(listening(settings.event_queues, events, figures))
            noticing = Noticing()
            watch = Watch(
                store,
                clock,
                instances,
                lease,
                lambda term, snapshot: app[PENDING].add(noticing.marks(term, snapshot)),
                called_after=settings.called_after,
            )
            await stack.enter_async_context(watch.working(settings.judge_every_s))
            yield
