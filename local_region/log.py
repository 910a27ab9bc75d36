"""Log lines: JSON on a server, readable on a terminal. Never a token, a secret or a body."""

import logging
import sys

import structlog


def set_up_logging(level: str) -> None:
    """Send structlog's events to standard error; `level` is one of Python's level names."""
    on_terminal = sys.stderr.isatty()
    renderer: structlog.typing.Processor = (
        # The other formatter shows the values of variables, and among them are secrets.
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if on_terminal
        else structlog.processors.JSONRenderer()
    )
    tracebacks: list[structlog.typing.Processor] = (
        [] if on_terminal else [structlog.processors.format_exc_info]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *tracebacks,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
