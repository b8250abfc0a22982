"""Ruleloop's own errors go to Sentry when `SENTRY_DSN` is set; otherwise nothing is loaded or sent."""

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint


def report_errors() -> bool:
    """Start sentry-sdk when `SENTRY_DSN` is set; say whether it was.

    Events pass through the same redactor as everything else, and carry no local variables,
    because a frame's locals may hold a payload.
    """
    dsn = os.environ.get("SENTRY_DSN")
    if not dsn:
        return False
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn,
        release=f"ruleloop@{version()}",
        before_send=_scrub,
        include_local_variables=False,
        send_default_pii=False,
        server_name="",
        traces_sample_rate=0.0,
    )
    return True


def capture_error() -> None:
    """Send the exception being handled, if sentry-sdk was started."""
    if "sentry_sdk" in sys.modules:
        import sentry_sdk

        sentry_sdk.capture_exception()
        sentry_sdk.flush(timeout=2)


def version() -> str:
    """The installed version of Ruleloop."""
    from importlib.metadata import version as installed

    return installed("ruleloop")


def _scrub(event: "Event", _hint: "Hint") -> "Event | None":
    from warehouse.redact import redact

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return redact(value)
        if isinstance(value, dict):
            return {key: walk(each) for key, each in value.items()}
        if isinstance(value, list):
            return [walk(each) for each in value]
        return value

    scrubbed: Event = walk(dict(event))
    return scrubbed
