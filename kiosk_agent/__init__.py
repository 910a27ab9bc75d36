"""The venue host's agent: sells and admits through any outage, and settles what it owes."""

from typing import Final

AGENT_VERSION: Final = "0.1.0"
