"""Lines for people on a terminal, JSON for machines. Bodies, tokens and cookies are never logged."""

import structlog

from chatsite.settings import env
from messaging.tracing import add_trace_id

_as_json = env.switch("LOG_JSON")
_render = structlog.processors.JSONRenderer() if _as_json else structlog.dev.ConsoleRenderer(colors=False)
_shared = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    add_trace_id,
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _shared,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *([structlog.processors.format_exc_info] if _as_json else []),
                _render,
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO").upper()},
    "loggers": {
        # Each says in many lines what our own log says in one.
        "kafka": {"level": "CRITICAL"},
        "daphne": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "django.channels": {"level": "WARNING"},
    },
}
