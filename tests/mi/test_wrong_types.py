"""What has the wrong type is refused as such, in words, wherever it is given."""

from collections.abc import Callable
from typing import Any

import pytest

import mi
from mi import wql
from mi.command_line import command_line, join, quote, split
from mi.errors import InvalidParameter, TypeMismatch
from tests.mi.conftest import Fake

_MADE: list[tuple[Callable[[Any], object], str]] = [
    (lambda given: mi.Instance("A", given), "properties are a mapping of names to values"),
    (mi.Instance.from_path, "an object path is a string"),
    (lambda given: mi.Instance("A")[given], "the name of an element is a string"),
    (mi.Instance("A").element, "the name of an element is a string"),
    (mi.Instance("A").clear, "the name of an element is a string"),
    (lambda given: mi.Instance("A").add("a", 1, flags=given), "flags is Flags"),
    (mi.CimDateTime, "the text of a CIM datetime is a string"),
    (mi.CimDateTime.of, "a CIM datetime is of a datetime or a timedelta"),
    (lambda given: mi.SchemaStore([given]), "a store holds classes"),
    (mi.SchemaStore, "a store is made of classes"),
    (lambda given: mi.SchemaStore().find("root/cimv2", given), "the name of a class is a string"),
    (lambda given: mi.SchemaStore().find(given, "A"), "a namespace is a string"),
    (lambda given: mi.SchemaStore().load(given, "root"), "a store reads a text, bytes or a file"),
    (lambda given: mi.Application().handlers.register(given, "a:b"), "the name of a protocol"),
    (mi.Application().handlers.load, "the name of a protocol handler is a string"),
    (wql.projection, "a query is a string"),
    (wql.query, "a template is a string"),
    (wql.like, "LIKE matches strings"),
    (lambda given: command_line("dir", given), "arguments are strings, or one string"),
    (lambda given: command_line(given, None), "a command is a string"),
    (join, "arguments are strings"),
    (quote, "an argument is a string"),
    (split, "the text of a command line is a string"),
]
_ASKED: list[tuple[Callable[[mi.Session, Any], object], str]] = [
    (lambda session, given: session.run(given), "a call is one of mi.calls"),
    (lambda session, given: session.subscribe_event_log(given), "channels are names, or a query"),
    (lambda session, given: session.shell(environment=given), "the environment is a mapping"),
    (lambda session, given: session.shell(codepage=given), "a code page is a number"),
    (lambda session, given: session.shell(encoding=given), "an encoding is the name of one"),
    (
        lambda session, given: session.start_powershell("x", executable=given),
        "executable is a string",
    ),
    (
        lambda session, given: session.start_powershell("x", configuration_name=given),
        "configuration_name is a string",
    ),
]


@pytest.mark.parametrize(("make", "message"), _MADE)
def test_a_value_is_not_made_of_what_it_cannot_be_made_of(make: Any, message: str) -> None:
    with pytest.raises(TypeMismatch, match=message):
        make(1.5)


@pytest.mark.parametrize(("ask", "message"), _ASKED)
def test_a_session_is_not_asked_what_it_cannot_be_asked(fake: Fake, ask: Any, message: str) -> None:
    session, channel = fake()
    with pytest.raises(TypeMismatch, match=message):
        ask(session, 1.5)
    assert channel.runs == []


@pytest.mark.parametrize("given", [99, "sint32", 1.5])
def test_what_is_no_type_of_mi_is_an_invalid_parameter(given: Any) -> None:
    with pytest.raises(InvalidParameter, match="is no CIM type"):
        mi.Instance("A").add("a", 1, given)
    with pytest.raises(InvalidParameter, match="is no CIM type"):
        mi.OperationOptions().set_custom("a", 1, given)
