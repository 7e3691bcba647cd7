"""A whole query over DCOM: 2,000 instances of 3.4 KB, sealed by NTLM, the server included.

The server is the endpoint of `protocols.loopback` in this very process, so the processor's time is
that of both ends: what is found, encoded, sealed and sent, and what is unsealed, read and typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import mi
from protocols.loopback.dcom import DcomEndpoint
from protocols.loopback.instances import new_instance
from protocols.loopback.population import sample_repository
from protocols.loopback.repository import Repository
from tests.benchmarks.figures import Figure, interleaved

__all__ = ["figures"]

_NAMESPACE = "root/cimv2"
_CLASS = "Win32_Service"
_INSTANCES = 2_000
_ROUNDS = 7
_QUERY = "SELECT * FROM Win32_Service"


def _repository() -> Repository:
    """Return one with so many services, each of which has all that a service of Windows has."""
    repository = sample_repository()
    class_ = repository.find_class(_NAMESPACE, _CLASS)
    services = list(repository.instances(_NAMESPACE, _CLASS))
    for number in range(_INSTANCES - len(services)):
        model = services[number % len(services)]
        repository.add(new_instance(class_, {**model, "Name": f"{model['Name']}{number}"}))
    return repository


def _query(session: mi.Session) -> Callable[[], object]:
    def query() -> object:
        found = session.query_instances(_QUERY).all()
        if len(found) != _INSTANCES:
            raise AssertionError(len(found))
        return found

    return query


def figures() -> Iterator[Figure]:
    """Measure what all of it takes of the processor's time."""
    with DcomEndpoint(_repository()) as endpoint:
        options = mi.DestinationOptions(
            destination_port=endpoint.port, credentials=endpoint.credentials
        )
        with mi.connect(endpoint.host, protocol="WMIDCOM", options=options) as session:
            taken = interleaved({"dcom": _query(session)}, _ROUNDS)
    yield Figure("dcom.total", taken["dcom"], "s", 0.5)
