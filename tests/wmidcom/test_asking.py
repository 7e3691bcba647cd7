"""The small parts that an operation is put together from: languages, contexts, paths, portions."""

import sys
from typing import Any

import pytest

from mi.calls import AssociatorInstances, ReferenceInstances
from mi.control import CancelToken, Expiry
from mi.errors import InvalidParameter, NotSupported, OperationCancelled, OperationTimeout
from mi.instance import Instance
from mi.options import DestinationOptions, OperationOptions
from mi.results import CimType
from protocols.wmidcom.contexts import context_of
from protocols.wmidcom.locales import wmi_locale
from protocols.wmidcom.pace import Eager, Growing
from protocols.wmidcom.paths import association_query, key_query, relative_path
from protocols.wmidcom.places import is_local
from protocols.wmidcom.services import Bounds, ContextValue


@pytest.mark.parametrize(
    ("tag", "name"),
    [(None, "MS_409"), ("en-US", "MS_409"), ("de_de", "MS_407"), ("de", "MS_407"),
     ("pt-BR", "MS_416"), ("zh-CN", "MS_804")],
)  # fmt: skip
def test_a_language_has_windows_number(tag: str | None, name: str) -> None:
    assert wmi_locale(tag) == name


def test_a_language_without_a_number_is_a_mistake() -> None:
    with pytest.raises(InvalidParameter, match="no number for the language 'tlh'"):
        wmi_locale("tlh")


def test_options_of_wmi_and_those_without_a_prefix_go_to_the_provider() -> None:
    options = OperationOptions()
    options.set_custom("One", 1, CimType.UINT32)
    options.set_custom("wmi:Two", "b")
    options.set_custom("wmiarray:Three", ["c"])
    options.set_custom("Four", None)
    options.set_custom("x:Five", 5, CimType.UINT8)
    assert context_of(options) == (
        ContextValue("One", 1, CimType.UINT32),
        ContextValue("Two", "b", CimType.STRING),
        ContextValue("Three", ["c"], CimType.STRING_ARRAY),
        ContextValue("Four", None, CimType.STRING),
    )


def test_an_option_of_another_protocol_that_must_be_complied_with_is_refused() -> None:
    options = OperationOptions()
    options.set_custom("x:Five", 5, CimType.UINT8, must_comply=True)
    with pytest.raises(NotSupported, match="x:Five is none of WMI's"):
        context_of(options)


def test_an_architecture_is_asked_for_and_need_not_be_required() -> None:
    assert context_of(OperationOptions(provider_architecture=64)) == (
        ContextValue("__ProviderArchitecture", 64, CimType.SINT32),
    )


@pytest.mark.parametrize(
    ("class_name", "values", "path"),
    [
        ("Win32_Service", {"Name": "Spooler"}, 'Win32_Service.Name="Spooler"'),
        ("X_File", {"Path": 'C:\\a "b"'}, 'X_File.Path="C:\\\\a \\"b\\""'),
        ("X_Thing", {"Number": 4, "On": True}, "X_Thing.Number=4,On=TRUE"),
        ("Win32_WMISetting", {}, "Win32_WMISetting=@"),
    ],
)
def test_a_path_is_relative_and_quoted_as_wmi_wants_it(
    class_name: str, values: dict[str, object], path: str
) -> None:
    assert relative_path(Instance(class_name, values, namespace="root/cimv2")) == path


def test_a_key_that_refers_to_an_object_is_its_path_in_quotes() -> None:
    service = Instance("Win32_Service", {"Name": "a"}, namespace="root/cimv2")
    link = Instance("X_Link")
    link.add("Target", service, CimType.REFERENCE)
    written = r'X_Link.Target="\\\\.\\root\\cimv2:Win32_Service.Name=\"a\""'
    assert relative_path(link) == written


def test_queries_are_put_together_from_names() -> None:
    key = Instance("X", {"Id": "1"})
    assert key_query("X", ("A", "B")) == "SELECT A, B FROM X"
    assert association_query(AssociatorInstances(key)) == 'ASSOCIATORS OF {X.Id="1"}'
    assert association_query(ReferenceInstances(key, role="R")) == (
        'REFERENCES OF {X.Id="1"} WHERE Role = R'
    )


def test_portions_grow_while_they_are_full_and_shrink_to_what_came() -> None:
    pace = Growing()
    asked = []
    for came in (16, 32, 64, 128, 256, 3, 0, 1):
        asked.append(pace.portion().size)
        pace.took(came, 0)
    assert asked == [16, 32, 64, 128, 256, 256, 3, 1]
    assert pace.portion() == (2, 1.0)


def test_large_objects_are_asked_for_in_small_portions() -> None:
    pace = Growing()
    pace.took(16, 16 * 1024 * 1024)
    assert pace.portion().size == 4
    pace.took(4, 4 * 30 * 1024 * 1024)
    assert pace.portion().size == 1
    for _ in range(9):
        pace.took(pace.portion().size, 100)
    assert pace.portion().size == 256


@pytest.mark.parametrize(("most", "first"), [(None, 16), (10, 10), (5000, 16)])
def test_portions_keep_to_what_the_caller_allows(most: int | None, first: int) -> None:
    assert Growing(most).portion().size == first


def test_what_is_yet_to_happen_is_waited_for_and_then_taken() -> None:
    pace = Eager(10)
    assert pace.portion() == (1, 1.0)
    pace.took(1, 900)
    assert pace.portion() == (10, 0.0)
    pace.took(0, 0)
    assert pace.portion() == (1, 1.0)


@pytest.mark.parametrize(
    ("platform", "destination", "local"),
    [
        ("linux", None, True),
        ("linux", ".", True),
        ("linux", "localhost", False),
        ("linux", "box", False),
        ("win32", None, True),
        ("win32", "LocalHost", True),
        ("win32", "127.0.0.1", True),
        ("win32", "BOX", True),
        ("win32", "box.contoso.example", True),
        ("win32", "server01", False),
    ],
)
def test_which_destinations_are_this_machine(
    monkeypatch: pytest.MonkeyPatch, platform: str, destination: str | None, *, local: bool
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("COMPUTERNAME", "BOX")
    monkeypatch.setenv("USERDNSDOMAIN", "CONTOSO.EXAMPLE")
    assert is_local(destination, DestinationOptions()) is local


def test_without_a_domain_a_machine_has_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delenv("COMPUTERNAME", raising=False)
    monkeypatch.delenv("USERDNSDOMAIN", raising=False)
    assert not is_local("box", DestinationOptions())


@pytest.mark.parametrize(
    "way", [{"destination_port": 1135}, {"connect_to": "127.0.0.1:1135"}, {"dialer": print}]
)
def test_where_a_way_is_named_even_this_machine_is_reached_by_it(
    monkeypatch: pytest.MonkeyPatch, way: dict[str, Any]
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert not is_local("localhost", DestinationOptions(**way))
    assert is_local(".", DestinationOptions(**way))


def test_a_wait_that_is_over_is_not_begun() -> None:
    cancel = CancelToken()
    Bounds(Expiry(), cancel).check("connecting")
    with pytest.raises(OperationTimeout, match="while connecting"):
        Bounds(Expiry.at_once(), cancel).check("connecting")
    cancel.cancel("enough")
    with pytest.raises(OperationCancelled, match="enough"):
        Bounds(Expiry(), cancel).check("connecting")
