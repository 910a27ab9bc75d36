"""Log lines: JSON on a server, readable on a terminal. Never a token, a secret or a body."""

import logging
import sys

import structlog

from kiosk_contracts.shown_text import shown_json


def set_up_logging(level: str) -> None:
    """Send structlog's events to standard error; `level` is one of Python's level names."""
    on_terminal = sys.stderr.isatty()
    renderer: structlog.typing.Processor = (
        # The other formatter shows the values of variables, and among them are secrets.
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if on_terminal
        else structlog.processors.JSONRenderer()
    )
    before: list[structlog.typing.Processor] = (
        [_made_harmless] if on_terminal else [structlog.processors.format_exc_info]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *before,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _made_harmless(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Let nothing that a kiosk said move a terminal's cursor; JSON escapes such signs by itself."""
    # What an exception says is no value here, and its traceback is laid out by the renderer.
    return {
        name: value if name == "exc_info" else shown_json(value) for name, value in event.items()
    }
