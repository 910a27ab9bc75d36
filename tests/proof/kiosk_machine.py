"""A hypothesis state machine: what happens at a kiosk, and what the books by hand make of it.

Every rule does something at the real kiosk and on paper, and compares what both say. To put
something else under it, add a rule: here what time does, in `selling_rules.py` what staff do, in
`office_rules.py` what operators and the kiosk's own workers do, in `harm_rules.py` what comes to
the files.
"""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.proof.harm_rules import HarmRules
from tests.proof.open_kiosk import DAY, LEASE_S


class KioskMachine(HarmRules):
    """One kiosk's life."""

    @initialize()
    def first_start(self) -> None:
        """Start on an empty folder, online; open a shift and get stock."""
        self.begin()
        self.top_up(lost=0, heard=True)

    # Time, restarts

    @rule(minutes=st.integers(1, 30))
    def time_passes(self, minutes: int) -> None:
        """Let minutes pass, awake or suspended."""
        self.clock.advance(60 * minutes)

    @rule(days=st.sampled_from([-1, 1]))
    def clock_jumps(self, days: int) -> None:
        """Set the wall clock by a day."""
        self.clock.set_wall(self.clock.now() + days * DAY)

    @rule()
    def leases_end(self) -> None:
        """Let more time pass than any lease has."""
        self.clock.advance(LEASE_S + 1)

    @rule(kill=st.booleans())
    def restart(self, *, kill: bool) -> None:
        """Stop and start again; without a goodbye, what was being sent is sent again."""
        self.stop(kill=kill)
        self.start()

    @rule(days=st.sampled_from([-1, 0, 1]))
    def reboot(self, days: int) -> None:
        """Kill, and start with another boot; the wall clock may come up wrong."""
        self.stop(kill=True)
        self.clock.reboot(boot_id=f"boot-{self.lives}")
        self.clock.set_wall(self.clock.now() + days * DAY)
        self.start()
