"""What is told to services that watch this one: traces and errors. Without an address, neither is even imported."""

from chatsite.settings import env

CHAT_TRACES = bool(env.text("OTEL_EXPORTER_OTLP_ENDPOINT", ""))
CHAT_TRACES_SERVICE = env.text("OTEL_SERVICE_NAME", "chatsite")

if _dsn := env.text("SENTRY_DSN", ""):
    import sentry_sdk

    # What people write, their addresses and their cookies stay here.
    sentry_sdk.init(
        _dsn, send_default_pii=False, max_request_body_size="never", include_local_variables=False, max_breadcrumbs=0
    )
