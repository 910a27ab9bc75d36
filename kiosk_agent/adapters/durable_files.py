"""The name by which the supervisor writes its file: `durable` is where it is done."""

from kiosk_agent.adapters.durable import write_whole as write_durably

__all__ = ["write_durably"]
