"""What the methods of a session have in common."""

from typing import Any, Unpack

import pytest

from mi.caller import Caller, CallKeywords, locating, operation_name, refuse_unknown
from mi.errors import AccessDenied, NotFound


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
    def test_connection(self, wanted: Any = None, **keywords: Unpack[CallKeywords]) -> None:
        if wanted is not None:
            raise TypeError(wanted)
        Host._taking_none(**keywords)  # type: ignore[misc]  # that is the test

    @staticmethod
    def _taking_none() -> None: ...

    @locating
    def walk(self) -> None:
        raise AccessDenied("no").located("server02", "GetClass")


def test_a_method_is_named_as_mi_names_its_operation() -> None:
    assert operation_name("get_instance") == "GetInstance"
    assert operation_name("subscribe_event_log") == "SubscribeEventLog"
    assert operation_name("invoke") == "Invoke"


def test_an_error_of_a_method_says_where_it_was_and_in_which_operation() -> None:
    with pytest.raises(NotFound, match="server01: GetInstance: there is none"):
        Host().get_instance("")


def test_an_error_that_says_so_already_keeps_that() -> None:
    with pytest.raises(AccessDenied, match="server02: GetClass: no"):
        Host().walk()


def test_a_method_keeps_its_arguments_its_result_and_its_help() -> None:
    assert Host().get_instance("a", timeout=2) == ("a", 2)
    assert Host.get_instance.__doc__ == "Get one."


# Keywords that there are not


def test_a_keyword_that_no_call_takes_is_an_error_of_the_method_that_was_called() -> None:
    with pytest.raises(TypeError) as caught:
        Host().test_connection(tiemout=1)  # type: ignore[call-arg]  # a caller's mistake
    message = "Host.test_connection() got an unexpected keyword argument 'tiemout'"
    assert str(caught.value) == message
    assert caught.value.__suppress_context__


def test_another_error_of_a_type_stays_what_it_is() -> None:
    with pytest.raises(TypeError, match=r"^no callable$"):
        Host().test_connection(wanted="no callable")
    with pytest.raises(TypeError, match="_taking_none"):
        Host().test_connection(timeout=1)


def test_keywords_are_known_by_their_declaration() -> None:
    refuse_unknown({"timeout": 1, "flags": 0}, CallKeywords, "a")
    with pytest.raises(TypeError, match=r"^a\(\) got an unexpected keyword argument 'also'$"):
        refuse_unknown({"timeout": 1, "more": 2, "also": 3}, CallKeywords, "a")
