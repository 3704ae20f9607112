"""What is told to services that watch this one: traces and errors. Without an address, neither is even imported."""

from typing import Any

from chatsite.settings import env

CHAT_TRACES = bool(env.text("OTEL_EXPORTER_OTLP_ENDPOINT", ""))
CHAT_TRACES_SERVICE = env.text("OTEL_SERVICE_NAME", "chatsite")


def _reduced(event: Any, _hint: Any) -> Any:
    """Of a request its path is told: a query is what somebody looks for, and a Referer may have one."""
    request = event.get("request", {})
    event["request"] = {name: request[name] for name in ("method", "url") if name in request}
    return event


if _dsn := env.text("SENTRY_DSN", ""):
    import sentry_sdk

    # What people write, their addresses and their cookies stay here.
    sentry_sdk.init(
        _dsn, send_default_pii=False, max_request_body_size="never", include_local_variables=False, max_breadcrumbs=0,
        before_send=_reduced,
    )  # fmt: skip
