"""What somebody else's reader makes of what this writer writes, for all that it reads right.

impacket takes 0xFFFFFFFF for null and null numbers for what fills their places, reads no real, and
of arrays only those of numbers, strings and objects. A boolean is a text to it, and so is a
datetime or a reference.
"""

from __future__ import annotations

from typing import Any

import pytest
from impacket.dcerpc.v5.dcom.wmi import ENCODING_UNIT

from mi.instance import Instance
from mi.results import CimType
from mi.schema import Class
from mi.values import format_value
from protocols.dcom.object_names import write as path_of
from protocols.dcom.object_writer import write_class, write_instance
from protocols.loopback.declarations import declared_classes
from protocols.loopback.population import sample_repository
from tests.dcom.samples import EVERY_TYPE, VALUES, class_of, find

UNREAD = {CimType.REAL32, CimType.REAL64, CimType.DATETIME_ARRAY, CimType.REFERENCE_ARRAY}
CIMV2 = {one.name: one for one in declared_classes() if one.namespace == "root/cimv2"}
# The classes whose instances have neither reals nor an unsigned number that it takes for null.
SAMPLES = ["Win32_Service", "Win32_LogicalDisk", "Win32_ComputerSystem", "Win32_Environment"]


def parsed(data: bytes) -> dict[str, Any]:
    return described(ENCODING_UNIT(data))


def described(unit: Any) -> dict[str, Any]:
    block = unit["ObjectBlock"]
    block.parseObject()
    found: dict[str, Any] = block.ctCurrent
    return found


def seen(value: Any, kind: CimType) -> Any:
    """A value as impacket says it."""
    if isinstance(value, list):
        return [seen_in_array(item, kind.scalar) for item in value]
    return None if value is None else _SEEN.get(kind, lambda it: it)(value)


def seen_in_array(value: Any, kind: CimType) -> Any:
    if kind is CimType.BOOLEAN:
        return 0xFFFF if value else 0
    return seen(value, kind)


_SEEN = {
    CimType.BOOLEAN: str,
    CimType.CHAR16: ord,
    CimType.DATETIME: format_value,
    CimType.REFERENCE: path_of,
    CimType.INSTANCE: lambda instance: {
        name: seen(value, instance.element(name).type) for name, value in instance.items()
    },
    CimType.UINT32: lambda number: None if number == 0xFFFFFFFF else number,
}


def values(found: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(one["value"]) for name, one in found["properties"].items()}


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return [plain(item) for item in value]
    return values(described(value)) if isinstance(value, ENCODING_UNIT) else value


@pytest.mark.parametrize("kind", [one for one in CimType if one not in UNREAD])
def test_a_value_of_each_type(kind: CimType) -> None:
    name = kind.name.title()
    class_ = class_of("One", EVERY_TYPE.properties[name])
    found = parsed(write_instance(Instance(class_, {name: VALUES[name]}), class_, find=find))
    wanted = VALUES[name]
    if kind is CimType.UINT32_ARRAY:
        assert values(found) == {name: wanted}
    else:
        assert values(found) == {name: seen(wanted, kind)}


def test_many_values_in_one_instance() -> None:
    class_ = class_of("Many", *(p for p in EVERY_TYPE.properties.values() if p.type not in UNREAD))
    given = Instance(class_, {name: VALUES[name] for name in class_.properties})
    found = values(parsed(write_instance(given, class_, find=find)))
    assert len(found) == len(class_.properties)
    for name, declared in class_.properties.items():
        if declared.type is not CimType.UINT32_ARRAY:
            assert found[name] == seen(VALUES[name], declared.type), name


@pytest.mark.parametrize("class_name", SAMPLES)
def test_instances_of_windows(class_name: str) -> None:
    class_ = CIMV2[class_name]
    repository = sample_repository()
    for given in list(repository.instances("root/cimv2", class_name))[:10]:
        found = values(parsed(write_instance(given, class_)))
        assert set(found) == set(class_.properties)
        for name, value in given.items():
            kind = class_.properties[name].type
            if value is not None and value != []:
                assert found[name] == seen(value, kind), name
            elif kind is CimType.STRING or kind.is_array:
                assert not found[name], name


@pytest.mark.parametrize("class_name", ["Win32_Process", "Win32_Service", "Win32_LogicalDisk"])
def test_a_class_with_its_qualifiers_and_methods(class_name: str) -> None:
    class_ = CIMV2[class_name]
    found = parsed(write_class(class_))
    names = [part.strip() for part in found["name"].split(":")]
    assert names == [class_.name, *class_.derivation]
    assert set(found["qualifiers"]) >= set(class_.qualifiers)
    for name, declared in class_.properties.items():
        assert set(found["properties"][name]["qualifiers"]) == {*declared.qualifiers, "CIMTYPE"}
    check_methods(class_, found["methods"])


def check_methods(class_: Class, found: dict[str, Any]) -> None:
    assert list(found) == list(class_.methods)
    for name, method in class_.methods.items():
        gone_in = set(found[name]["InParams"] or ())
        come_out = set(found[name]["OutParams"] or ())
        assert gone_in | come_out == {*method.parameters, "ReturnValue"}
        assert set(found[name]["qualifiers"]) == set(method.qualifiers)
