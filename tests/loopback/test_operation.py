"""An operation knows what it may answer and what a later request has to name again."""

from typing import Any

import pytest
from lxml import etree

from protocols.loopback.contexts import Contexts
from protocols.loopback.events import Events
from protocols.loopback.operation import Operation, Outcome
from protocols.loopback.refusals import Refusal
from protocols.loopback.repository import Repository
from protocols.loopback.resources import resource_of
from protocols.loopback.shells.open_shells import OpenShells
from protocols.loopback.shells.quotas import Quotas
from protocols.wsman.headers import Option
from protocols.wsman.incoming import IncomingRequest
from protocols.wsman.namespaces import DMTF_CIM_SCHEMA


def operation(**changes: Any) -> Operation:
    given: dict[str, Any] = {
        "uri": f"{DMTF_CIM_SCHEMA}/X", "selectors": {"A": "1", "b": "2"}, "options": (),
        "size": 8192,
    } | changes  # fmt: skip
    request = IncomingRequest(
        "action", given["uri"], "uuid:1", given["selectors"], given["options"], None, None, "to",
        etree.Element("body"),
    )  # fmt: skip
    repository = Repository()
    return Operation(
        request, resource_of(request), repository, Contexts(), given["size"], 10, lambda: True,
        Events(repository), 60.0, OpenShells(Quotas(), r"HERE\me"),
    )  # fmt: skip


def test_a_pull_names_the_resource_again_in_any_order_and_case() -> None:
    same = operation(uri=f"{DMTF_CIM_SCHEMA}/x".upper(), selectors={"B": "2", "a": "1"})
    with pytest.raises(Refusal):
        operation(uri="http://elsewhere/x")
    assert operation().identity != operation(selectors={"A": "1"}).identity
    assert operation().identity[1:] == same.identity[1:]
    assert operation().identity[0] == same.identity[0]


def test_a_reply_has_half_the_envelope_for_what_is_not_its_head() -> None:
    assert operation().characters == 8192 // 2 - 1024
    body = "x" * operation().characters
    assert operation().fitting(body) == Outcome(body)
    with pytest.raises(Refusal):
        operation().fitting(body + "x")


@pytest.mark.parametrize(("value", "is_so"), [("true", True), (" 1 ", True), ("false", False),
                                              (None, False)])  # fmt: skip
def test_an_option_is_named_without_case_and_says_yes(value: str | None, is_so: bool) -> None:
    asked = operation(
        options=(Option("other", "true"), Option("msftwinrm:UsePreciseArrays", value))
    )
    assert asked.wants_precise_arrays is is_so
    assert not asked.has_option("includequalifiers")


def test_an_option_may_only_be_there_or_say_something() -> None:
    asked = operation(options=(Option("There", None), Option("Says", " This ")))
    assert asked.is_given("there")
    assert not asked.is_given("other")
    assert (asked.value_of("says"), asked.value_of("there"), asked.value_of("other")) == (
        "this", "", "",
    )  # fmt: skip


def test_the_values_of_all_options_of_a_name_are_found() -> None:
    given = (Option("wmiarray:A", "1"), Option("other", "x"), Option("WMIARRAY:a", None))
    assert operation(options=given).values("wmiarray:a") == ["1", ""]
