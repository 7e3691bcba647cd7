"""What the methods of a session have in common."""

from typing import Any

import pytest

from mi.caller import Caller, locating, operation_name
from mi.errors import AccessDenied, NotFound
from mi.session import Session


class Host(Caller):
    """Runs nothing, at one destination."""

    destination = "server01"
    envelope_size = 512000

    def run(self, call: Any, **keywords: Any) -> Any:
        raise NotFound("there is none")

    def submit(self, work: Any) -> None:
        work()

    def _refuse_if_closed(self) -> None:
        pass

    @locating
    def get_instance(self, key: str, *, timeout: float = 1) -> tuple[str, float]:
        """Get one."""
        if not key:
            self.run(None)
        return key, timeout

    @locating
    def walk(self) -> None:
        raise AccessDenied("no").located("server02", "GetClass")


def test_a_method_is_named_as_mi_names_its_operation() -> None:
    assert operation_name(Session.get_instance) == "GetInstance"
    assert operation_name(Session.subscribe_event_log) == "SubscribeEventLog"
    assert operation_name(Session.invoke) == "Invoke"


def test_an_error_of_a_method_says_where_it_was_and_in_which_operation() -> None:
    with pytest.raises(NotFound, match="server01: GetInstance: there is none"):
        Host().get_instance("")


def test_an_error_that_says_so_already_keeps_that() -> None:
    with pytest.raises(AccessDenied, match="server02: GetClass: no"):
        Host().walk()


def test_a_method_keeps_its_arguments_its_result_and_its_help() -> None:
    assert Host().get_instance("a", timeout=2) == ("a", 2)
    assert Host.get_instance.__doc__ == "Get one."
