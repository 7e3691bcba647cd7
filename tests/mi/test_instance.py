"""Instances: how they are made, compared, kept and named."""

import copy
import pickle
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.cim_datetime import CimDateTime
from mi.errors import InvalidParameter, NoSuchProperty, TypeMismatch
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Property, Qualifier

_BOOT = datetime(2015, 2, 26, 17, 59, 57, tzinfo=UTC)
_KEYS = ("Name", "Handle")


def _property(name: str, cim_type: CimType, default: Any = None) -> tuple[str, Property]:
    note = Qualifier("Description", CimType.STRING, f"What {name} means, at length.")
    key = Qualifier("key", CimType.BOOLEAN, value=name in _KEYS)
    qualifiers = NameMap([("key", key), ("Description", note)])
    return name, Property(name, cim_type, default=default, qualifiers=qualifiers)


_SERVICE = Class(
    "Win32_Service",
    namespace="root/cimv2",
    properties=NameMap(
        [
            _property("Name", CimType.STRING),
            _property("ProcessId", CimType.UINT32),
            _property("StartMode", CimType.STRING, "Auto"),
            _property("Tags", CimType.STRING_ARRAY, ["a"]),
        ]
    ),
)
_SINGLETON = Class("Win32_OperatingSystem", namespace="root/cimv2")
_ALL_KINDS = Class(
    "Test_Kinds",
    namespace="root/test",
    properties=NameMap(
        [
            _property("Name", CimType.STRING),
            _property("Handle", CimType.UINT16),
            _property("Size", CimType.UINT64),
            _property("On", CimType.BOOLEAN),
            _property("When", CimType.DATETIME),
            _property("Host", CimType.REFERENCE),
            _property("Hosts", CimType.REFERENCE_ARRAY),
            _property("Part", CimType.INSTANCE),
            _property("Numbers", CimType.UINT8_ARRAY),
            _property("Note", CimType.STRING),
        ]
    ),
)


def _service(**values: Any) -> Instance:
    """Return a service as a server sends it."""
    values = {"Name": "Spooler", "ProcessId": 4, "Tags": None} | values
    return Instance.received("Win32_Service", values, _SERVICE.layout, "root/cimv2", "server01")


# Making


def test_an_instance_made_without_a_class_has_the_elements_it_is_given() -> None:
    made = Instance("Win32_Service", {"Name": "Spooler"}, namespace=r"\root\cimv2")
    assert (made.class_name, made.namespace, made.server_name) == (
        "Win32_Service",
        "root/cimv2",
        None,
    )
    assert dict(made) == {"Name": "Spooler"}
    assert made.is_typed
    assert not made.is_repaired


def test_an_instance_made_of_a_class_has_its_properties_and_defaults() -> None:
    made = Instance(_SERVICE, {"name": "Spooler"})
    assert (made.class_name, made.namespace) == ("Win32_Service", "root/cimv2")
    assert dict(made) == {"Name": "Spooler", "ProcessId": None, "StartMode": "Auto", "Tags": ["a"]}
    assert made.modified == {"Name"}


def test_instances_of_one_class_share_no_default() -> None:
    Instance(_SERVICE)["Tags"].append("b")
    assert Instance(_SERVICE)["Tags"] == ["a"]


def test_an_instance_made_of_a_class_has_no_other_properties() -> None:
    with pytest.raises(NoSuchProperty):
        Instance(_SERVICE, {"Nmae": "Spooler"})
    with pytest.raises(TypeMismatch):
        Instance(_SERVICE, {"ProcessId": -1})


def test_the_namespace_of_a_class_gives_way_to_one_that_is_said() -> None:
    assert Instance(_SERVICE, namespace="root/test").namespace == "root/test"


@pytest.mark.parametrize("class_name", ["", "Win32 Service", "1"])
def test_an_illegal_class_name_is_refused(class_name: str) -> None:
    with pytest.raises(InvalidParameter, match="is not a legal class name"):
        Instance(class_name)


def test_a_class_name_is_a_string() -> None:
    nothing: Any = None
    with pytest.raises(TypeMismatch):
        Instance(nothing)


def test_the_namespace_is_checked_whenever_it_is_set() -> None:
    made = Instance("X")
    made.namespace = r"root\test"
    assert made.namespace == "root/test"
    with pytest.raises(InvalidParameter):
        made.namespace = "root\test"
    made.namespace = None
    assert made.namespace is None


def test_the_class_of_an_instance_is_fixed() -> None:
    with pytest.raises(AttributeError):
        Instance("X").class_name = "Y"  # type: ignore[misc]


def test_what_a_decoder_found_is_taken_over_as_it_is() -> None:
    values = {"Name": "Spooler"}
    received = Instance.received(
        "Win32_Service", values, None, None, is_typed=False, is_repaired=True, modified={"Name"}
    )
    assert (received.is_typed, received.is_repaired) == (False, True)
    assert received.modified == {"Name"}
    values["Name"] = "changed"
    assert received["Name"] == "changed"


# As a value


def test_instances_are_equal_by_class_and_elements_without_case_wherever_they_live() -> None:
    assert _service() == Instance(
        "WIN32_SERVICE", {"NAME": "Spooler", "processid": 4, "Tags": None}
    )


@pytest.mark.parametrize(
    "other",
    [
        Instance("Win32_Process", dict(_service())),
        _service(ProcessId=5),
        _service(StartMode="Auto"),
        Instance("Win32_Service", {"Name": "Spooler", "ProcessId": 4, "Other": None}),
        {"Name": "Spooler", "ProcessId": 4, "Tags": None},
        None,
    ],
)
def test_instances_that_differ_are_not_equal(other: Any) -> None:
    assert _service() != other


def test_an_instance_has_no_hash_for_it_changes() -> None:
    with pytest.raises(TypeError):
        hash(_service())


def test_a_repr_shows_class_and_values() -> None:
    assert repr(_service()) == "<Win32_Service Name='Spooler', ProcessId=4, Tags=None>"
    assert repr(Instance("X")) == "<X>"


def _pickled(instance: Instance) -> Instance:
    twin: Instance = pickle.loads(pickle.dumps(instance))
    return twin


@pytest.mark.parametrize("again", [Instance.copy, copy.copy, copy.deepcopy, _pickled])
def test_a_copy_is_deep_and_has_all_that_the_original_has(
    again: Callable[[Instance], Instance],
) -> None:
    part = Instance("Part", {"Id": 1})
    made = Instance("X", {"Part": part, "Parts": [part]}, namespace="root", server_name="server01")
    made.add("Level", 1, CimType.UINT8, Flags.KEY)
    made["Level"] = 2
    twin = again(made)
    assert twin == made
    assert (twin.namespace, twin.server_name, twin.modified) == ("root", "server01", {"Level"})
    assert list(twin.elements()) == list(made.elements())
    twin["Part"]["Id"] = 5
    twin["Parts"][0]["Id"] = 5
    twin["Level"] = 7
    twin.clear("Parts")
    assert (part["Id"], made["Level"], made.modified) == (1, 2, {"Level"})


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_instance_pickles_with_every_protocol(protocol: int) -> None:
    received = Instance.received(
        "Win32_Service", {"Name": "Spooler"}, _SERVICE.layout, "root/cimv2", "server01",
        identity=[("Name", "Spooler")], is_typed=False, is_repaired=True,
    )  # fmt: skip
    twin = pickle.loads(pickle.dumps(received, protocol))
    assert twin == received
    assert (twin.key, twin.is_typed, twin.is_repaired) == ({"Name": "Spooler"}, False, True)


def test_an_instance_pickles_with_the_layout_of_its_class_and_not_the_class() -> None:
    pickled = pickle.dumps(_service())
    assert b"at length" not in pickled
    assert len(pickled) < len(pickle.dumps(_SERVICE)) / 2


def test_instances_pickled_together_share_their_layout() -> None:
    first, second = pickle.loads(pickle.dumps([_service(), _service(Name="Other")]))
    assert first._layout is second._layout
    assert len(pickle.dumps([_service()] * 10)) < 2 * len(pickle.dumps(_service()))


def test_a_kept_win32_process_of_45_properties_takes_at_most_4_kb() -> None:
    properties = [_property(f"Property{n:02}", CimType.STRING) for n in range(45)]
    layout = Class("Win32_Process", properties=NameMap(properties)).layout

    def received(number: int) -> Instance:
        values = (f"text {number}", 100_000 + number, None, _BOOT + timedelta(number))
        return Instance.received(
            "Win32_Process",
            {name: values[n % 4] for n, (name, _) in enumerate(properties)},
            layout,
            "root/cimv2",
            "server01",
        )

    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = [received(number) for number in range(500)]
        used = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert used / len(kept) <= 4096
    assert not hasattr(kept[0], "__dict__")


def test_an_instance_does_no_input_or_output() -> None:
    program = (
        "import sys; import mi.instance; "
        "sys.exit(sorted({'socket', 'ssl', 'lxml', 'requests'} & set(sys.modules)) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# What names it


def test_the_key_is_what_the_class_declares() -> None:
    assert _service().key == {"Name": "Spooler"}


def test_a_server_that_names_the_object_itself_is_believed() -> None:
    received = Instance.received(
        "Win32_Service", {"State": "Running"}, _SERVICE.layout, None,
        identity=(("Name", "Spooler"),),
    )  # fmt: skip
    assert received.key == {"Name": "Spooler"}
    assert received.path == 'Win32_Service.Name="Spooler"'


@pytest.mark.parametrize("values", [{"State": "Running"}, {"Name": None}, {}])
def test_without_every_key_an_instance_names_no_object(values: dict[str, Any]) -> None:
    projection = Instance.received("Win32_Service", values, _SERVICE.layout, None)
    with pytest.raises(InvalidParameter, match=r"lack of its key Name\. Select them too\."):
        _ = projection.key
    with pytest.raises(InvalidParameter):
        _ = projection.path


def test_the_error_names_all_missing_keys() -> None:
    with pytest.raises(InvalidParameter, match="key Name and Handle"):
        _ = Instance(_ALL_KINDS).key


def test_part_of_an_object_of_an_unknown_class_names_no_object() -> None:
    untyped = Instance.received("Win32_Service", {"Name": "Spooler"}, None, None, is_typed=False)
    with pytest.raises(InvalidParameter, match="keys of Win32_Service are not known"):
        _ = untyped.key


def test_the_elements_flagged_key_are_the_key() -> None:
    made = Instance("X", {"Note": "none of it"})
    made.add("Id", 1, flags=Flags.KEY)
    assert made.key == {"Id": 1}
    made.clear("Id")
    with pytest.raises(InvalidParameter, match="lack of its key Id"):
        _ = made.key


def test_without_a_key_flag_anywhere_all_elements_that_are_not_null_are_the_key() -> None:
    made = Instance("X", {"A": 1, "B": None, "C": "c"})
    made.add("D", 2, flags=Flags.READ_ONLY)
    assert made.key == {"A": 1, "C": "c", "D": 2}


def test_an_instance_of_nulls_alone_is_not_taken_for_a_singleton() -> None:
    with pytest.raises(InvalidParameter, match="all its elements are null"):
        _ = Instance("X", {"A": None}).key
    assert Instance("X").key == {}


def test_a_singleton_has_an_empty_key() -> None:
    singleton = Instance(_SINGLETON)
    assert singleton.key == {}
    assert singleton.path == r"\\.\root\cimv2:Win32_OperatingSystem=@"


def test_the_key_is_a_copy() -> None:
    service = _service()
    service.key["Name"] = "changed"
    assert service["Name"] == "Spooler"


# Paths


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ({"Name": "Spooler"}, r'\\server01\root\cimv2:X.Name="Spooler"'),
        ({"A": 1, "B": True}, r"\\server01\root\cimv2:X.A=1,B=TRUE"),
        ({"Name": 'c:\\"a"'}, r'\\server01\root\cimv2:X.Name="c:\\\"a\""'),
        ({"When": _BOOT}, r'\\server01\root\cimv2:X.When="20150226175957.000000+000"'),
        ({}, r"\\server01\root\cimv2:X=@"),
    ],
)
def test_the_path_is_wmis(key: dict[str, Any], path: str) -> None:
    assert Instance("X", key, namespace="root/cimv2", server_name="server01").path == path


def test_a_path_without_a_namespace_is_relative() -> None:
    assert Instance("X", {"A": 1}, server_name="server01").path == "X.A=1"


def test_a_reference_key_is_a_path_in_quotes() -> None:
    group = Instance("Win32_Group", {"Name": "Users"}, namespace="root/cimv2", server_name="SRV")
    user = Instance("Win32_User", {"Name": "a"})
    member = Instance("Win32_GroupUser", {"GroupComponent": group, "PartComponent": user})
    assert member.path == (
        r'Win32_GroupUser.GroupComponent="\\\\SRV\\root\\cimv2:Win32_Group.Name=\"Users\"",'
        r'PartComponent="Win32_User.Name=\"a\""'
    )
    again = Instance.from_path(member.path)
    assert again == member
    assert again.path == member.path
    assert again["GroupComponent"].server_name == "SRV"
    assert again.element("PartComponent").type is CimType.REFERENCE


_names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
_scalars = st.one_of(
    st.text(alphabet="abc \\\"',.=:@é\n"), st.integers(-(2**63), 2**64 - 1), st.booleans()
)


def _keys(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(_names, values, min_size=1, max_size=3).filter(
        lambda keys: len({name.lower() for name in keys}) == len(keys)
    )


_places = st.sampled_from([(None, None), (None, "root/cimv2"), ("SRV", "root/cimv2")])


@st.composite
def _objects(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> Instance:
    server_name, namespace = draw(_places)
    key = draw(_keys(values))
    return Instance(draw(_names), key, namespace=namespace, server_name=server_name)


@given(_objects(_scalars | _objects(_scalars)))
def test_a_path_read_back_names_the_same_object(named: Instance) -> None:
    again = Instance.from_path(named.path)
    assert again.path == named.path
    assert (again.namespace, again.server_name) == (named.namespace, named.server_name)
    assert list(again.key) == list(named.key)


def test_what_a_path_names_is_flagged_key() -> None:
    named = Instance.from_path(r"\\SRV\root\cimv2:X.A=1,B='b'")
    assert named.key == {"A": 1, "B": "b"}
    named.add("Note", "not of the key")
    assert named.key == {"A": 1, "B": "b"}


def test_the_path_of_a_singleton_is_read_back() -> None:
    path = r"\\SRV\root\cimv2:Win32_OperatingSystem=@"
    assert Instance.from_path(path).key == {}
    assert Instance.from_path(path).path == path


def test_what_is_no_path_is_refused() -> None:
    with pytest.raises(InvalidParameter):
        Instance.from_path("Win32_Service")


# The types of its class


def test_a_client_built_instance_takes_the_types_of_its_class_before_it_is_sent() -> None:
    made = Instance("TEST_KINDS", {"name": "a", "HANDLE": 7, "size": 5, "Numbers": [1, 2]})
    typed = made.retyped(_ALL_KINDS)
    types = {element.name: element.type for element in typed.elements()}
    assert types == {
        "Name": CimType.STRING,
        "Handle": CimType.UINT16,
        "Size": CimType.UINT64,
        "Numbers": CimType.UINT8_ARRAY,
    }
    assert (typed.class_name, typed.namespace) == ("Test_Kinds", "root/test")
    assert typed.key == {"Name": "a", "Handle": 7}
    assert typed["Size"] == 5
    assert made.element("size").type is CimType.SINT32  # and the original stays as it is


def test_the_range_of_the_class_is_checked_then() -> None:
    with pytest.raises(TypeMismatch, match=r"Test_Kinds\.Handle: 65536 is outside uint16"):
        Instance("Test_Kinds", {"Handle": 65536}).retyped(_ALL_KINDS)


def test_a_property_that_the_class_has_not_is_refused_then() -> None:
    with pytest.raises(NoSuchProperty, match=r"has no property named 'Nmae'\. Did you mean Name\?"):
        Instance("Test_Kinds", {"Nmae": "a"}).retyped(_ALL_KINDS)


def test_another_class_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="a Win32_Service is not one of Test_Kinds"):
        _service().retyped(_ALL_KINDS)


def test_the_keys_of_the_class_are_missed_then() -> None:
    with pytest.raises(InvalidParameter, match="lack of its key Handle"):
        _ = Instance("Test_Kinds", {"Name": "a"}).retyped(_ALL_KINDS).key


def test_what_was_modified_stays_so_in_the_spelling_of_the_class() -> None:
    made = Instance("Test_Kinds", {"NAME": "a", "HANDLE": 1}, namespace="root/other")
    made["handle"] = 2
    typed = made.retyped(_ALL_KINDS)
    assert typed.modified == {"Handle"}
    assert typed.namespace == "root/other"


def test_whether_a_server_sent_it_stays() -> None:
    made = Instance("Test_Kinds", {"Name": "a", "Handle": 1})
    came = Instance.received("Test_Kinds", {"Name": "a"}, _ALL_KINDS.layout, "root/test")
    assert not made.retyped(_ALL_KINDS).is_received
    assert came.is_received
    assert came.copy().is_received
    assert came.retyped(_ALL_KINDS).is_received


def test_where_it_came_from_and_what_the_server_called_it_stay() -> None:
    received = Instance.received(
        "Test_Kinds", {"Size": 5}, None, "root/x", "server01",
        identity=[("Name", "a"), ("Handle", 1)], is_repaired=True,
    )  # fmt: skip
    typed = received.retyped(_ALL_KINDS)
    assert (typed.namespace, typed.server_name) == ("root/x", "server01")
    assert typed.key == {"Name": "a", "Handle": 1}
    assert typed.is_repaired


def test_the_key_of_a_path_takes_the_types_of_its_class() -> None:
    named = Instance.from_path(
        r'Test_Kinds.Name="A_B.X=\"z\"",Handle=7,When="20150226175957.000000+000",Host="C.Y=1"'
    )
    assert isinstance(named["Name"], Instance)  # which its class knows better
    typed = named.retyped(_ALL_KINDS)
    assert typed["Name"] == 'A_B.X="z"'
    assert typed["When"] == _BOOT
    assert typed["Host"] == Instance("C", {"Y": 1})


def test_a_text_that_is_not_the_path_of_its_reference_is_refused() -> None:
    with pytest.raises(InvalidParameter):
        Instance("Test_Kinds", {"Host": "server01"}).retyped(_ALL_KINDS)


def test_text_whose_class_becomes_known_is_read() -> None:
    untyped = Instance.received(
        "Test_Kinds",
        {
            "Name": "5",
            "Handle": "0x07",
            "Size": None,
            "On": "TRUE",
            "When": "20160107******.******+***",
            "Host": "C.Y=1",
            "Hosts": ["C.Y=1", None],
            "Part": Instance("Part"),
            "Numbers": "1",  # an array of one element
            "Note": " 5 ",
        },
        None,
        "root/test",
        is_typed=False,
    )
    typed = untyped.retyped(_ALL_KINDS)
    assert dict(typed) == {
        "Name": "5",
        "Handle": 7,
        "Size": None,
        "On": True,
        "When": CimDateTime("20160107******.******+***"),
        "Host": Instance("C", {"Y": 1}),
        "Hosts": [Instance("C", {"Y": 1}), None],
        "Part": Instance("Part"),
        "Numbers": [1],
        "Note": " 5 ",
    }
    assert typed.is_typed
    assert typed.key == {"Name": "5", "Handle": 7}


def test_text_that_does_not_fit_the_class_is_a_type_mismatch() -> None:
    untyped = Instance.received("Test_Kinds", {"Handle": "x"}, None, None, is_typed=False)
    with pytest.raises(TypeMismatch):
        untyped.retyped(_ALL_KINDS)
