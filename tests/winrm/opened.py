"""Sessions with the endpoint that plays Windows, and what it was asked in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mi.application import Application
from mi.callbacks import SessionCallbacks
from mi.options import DestinationOptions
from mi.session import Session
from protocols.loopback import Endpoint


@contextmanager
def opened(
    endpoint: Endpoint, callbacks: SessionCallbacks | None = None, **options: Any
) -> Iterator[Session]:
    """Open a session; the options are a destination's."""
    given = {
        "destination_port": endpoint.port,
        "credentials": endpoint.credentials,
        "timeout": 10,
        **options,
    }
    with (
        Application() as application,
        application.new_session(
            "WINRM", endpoint.host, DestinationOptions(**given), callbacks=callbacks
        ) as session,
    ):
        yield session


def actions(endpoint: Endpoint) -> list[str]:
    """Return the last words of the actions that it was asked, in order."""
    return [one.action.rpartition("/")[2] or "Identify" for one in endpoint.exchanges]


def resources(endpoint: Endpoint) -> list[str]:
    """Return the last words of the resources that it was asked for, in order."""
    return [one.resource_uri.rpartition("/")[2] for one in endpoint.exchanges]
