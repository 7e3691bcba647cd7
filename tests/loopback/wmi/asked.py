"""How the tests of WMI's half read what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from mi.instance import Instance
from mi.schema import Class
from protocols.dcom.object_reader import ObjectReader
from protocols.loopback.wmi.failures import Failure

__all__ = ["NAMESPACE", "class_in", "failing", "instance_in", "instances_in"]

NAMESPACE = "root/cimv2"


def instance_in(data: bytes | None) -> Instance:
    assert data is not None
    found = ObjectReader().read(data, NAMESPACE)
    assert isinstance(found, Instance)
    return found


def instances_in(found: Iterable[bytes]) -> list[Instance]:
    return [instance_in(one) for one in found]


def class_in(data: bytes) -> Class:
    found = ObjectReader().read(data, NAMESPACE)
    assert isinstance(found, Class)
    return found


def failing(ask: Callable[[], Any]) -> tuple[int, Instance]:
    """The number and the extended status by which a call fails."""
    with pytest.raises(Failure) as caught:
        ask()
    return caught.value.hresult, instance_in(caught.value.status)
