"""The walk through the namespaces of a server, without a server."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from mi.calls import EnumerateInstances
from mi.errors import (
    AccessDenied,
    AuthenticationFailed,
    ConnectionFailed,
    InvalidParameter,
    MIError,
    NotFound,
    OperationCancelled,
    OperationTimeout,
    ProtocolError,
)
from mi.namespace_tree import Namespaces, Walk, inner_namespaces

TREE: Mapping[str, Sequence[str] | MIError] = {
    "root": ["cimv2", "default", "Microsoft"],
    "root/cimv2": ["power", "TerminalServices"],
    "root/Microsoft": ["Windows"],
}


def walked(tree: Mapping[str, Any], root: str = "root") -> tuple[list[str], Namespaces]:
    """Return which namespaces were asked, in order, and what came of it."""
    asked: list[str] = []
    walk = Walk(root)
    for namespace in walk:
        asked.append(namespace)
        found = tree.get(namespace, [])
        if isinstance(found, MIError):
            walk.pass_by(found)
        else:
            walk.enter(found)
    return asked, walk.result()


def test_each_namespace_is_asked_once_for_those_in_it_and_comes_before_them() -> None:
    asked, found = walked(TREE)
    assert asked == list(found)
    assert found.names == (
        "root",
        "root/cimv2",
        "root/cimv2/power",
        "root/cimv2/TerminalServices",
        "root/default",
        "root/Microsoft",
        "root/Microsoft/Windows",
    )
    assert found.unreadable == {}


def test_a_walk_may_begin_anywhere() -> None:
    _, found = walked(TREE, "root/Microsoft")
    assert list(found) == ["root/Microsoft", "root/Microsoft/Windows"]


@pytest.mark.parametrize(
    "error", [AccessDenied("no"), NotFound("gone"), InvalidParameter("no name"), MIError("odd")]
)
def test_a_namespace_that_cannot_be_read_is_there_with_the_reason_and_is_passed(
    error: MIError,
) -> None:
    _, found = walked({**TREE, "root/cimv2": error})
    assert list(found) == [
        "root", "root/cimv2", "root/default", "root/Microsoft", "root/Microsoft/Windows",
    ]  # fmt: skip
    assert found.unreadable == {"root/cimv2": error}


@pytest.mark.parametrize(
    "kind", [AuthenticationFailed, ConnectionFailed, OperationCancelled, OperationTimeout]
)
def test_what_would_fail_for_all_of_them_ends_it(kind: type[MIError]) -> None:
    with pytest.raises(kind):
        walked({**TREE, "root/cimv2": kind("over")})


def test_a_walk_that_cannot_begin_fails() -> None:
    with pytest.raises(AccessDenied):
        walked({"root": AccessDenied("no")})


@pytest.mark.parametrize("name", ["again", ""])
def test_a_server_that_says_the_same_wherever_it_is_asked_is_found_out(name: str) -> None:
    class Same(dict[str, Any]):
        def get(self, _: object, __: object = None) -> list[str]:
            return [name]

    with pytest.raises(ProtocolError, match="no end to the namespaces in root/"):
        walked(Same())


def test_what_is_found_is_a_sequence() -> None:
    found = Namespaces(("root", "root/cimv2"))
    assert (len(found), found[0], found[1:]) == (2, "root", ("root/cimv2",))
    assert "root/cimv2" in found
    assert found == Namespaces(("root", "root/cimv2"))
    assert not Namespaces()


def test_a_namespace_is_asked_for_the_instances_of_one_class() -> None:
    assert inner_namespaces("root") == EnumerateInstances("__NAMESPACE", namespace="root")
