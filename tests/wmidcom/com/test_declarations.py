"""Classes, read from COM, are what any other transport makes of them."""

from typing import Any

import pytest

from mi.errors import ProtocolError
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Method, Parameter, Property, Qualifier
from protocols.wmidcom.com.declarations import read_class
from protocols.wmidcom.com.namespace import Namespace
from protocols.wmidcom.com.objects import WbemObject
from protocols.wmidcom.services import WbemError
from tests.wmidcom.com.class_objects import ClassObject
from tests.wmidcom.com.com_server import FakeSystem
from tests.wmidcom.fake_services import FakeConnection

NOT_IMPLEMENTED, NOT_FOUND, FAILED = 0x80004001, 0x80041002, 0x80041001


def _read(namespace: Namespace, found: ClassObject) -> Class:
    with WbemObject(found.system, found.address) as held:
        return read_class(held, namespace.reader, "root/cimv2", None)


def _flag(name: str, flags: Flags = Flags.NONE, **facts: Any) -> Qualifier:
    flags |= Flags.DISABLE_OVERRIDE if flags & Flags.DISABLE_OVERRIDE else Flags.ENABLE_OVERRIDE
    flags |= Flags.TO_SUBCLASS if flags & Flags.TO_SUBCLASS else Flags.RESTRICTED
    return Qualifier(name, CimType.BOOLEAN, value=True, flags=flags, **facts)


def _named(*ones: Any) -> NameMap[Any]:
    return NameMap((one.name, one) for one in ones)


ALL = Class(
    "X_All",
    "root/cimv2",
    superclass="X_Parent",
    derivation=("X_Parent", "X_Root"),
    properties=_named(
        Property("Id", CimType.UINT32, origin="X_Root", propagated=True,
                 qualifiers=_named(_flag("key", Flags.DISABLE_OVERRIDE | Flags.TO_SUBCLASS))),
        Property("Default", CimType.STRING, default="text", origin="X_All"),
        Property("Held", CimType.INSTANCE, "X_Other", origin="X_All"),
        Property("Things", CimType.INSTANCE_ARRAY, origin="X_All"),
        Property("Other", CimType.REFERENCE, "X_Other", origin="X_All",
                 qualifiers=_named(_flag("read", propagated=True))),
        Property("Numbers", CimType.SINT16_ARRAY, default=[1, -2], origin="X_All"),
    ),
    methods=_named(
        Method("Do", CimType.UINT32, _named(
            Parameter("Given", CimType.STRING, qualifiers=_named(
                Qualifier("ID", CimType.SINT32, 0, Flags.DISABLE_OVERRIDE | Flags.RESTRICTED),
                _flag("in"))),
            Parameter("Both", CimType.UINT8_ARRAY, qualifiers=_named(
                Qualifier("ID", CimType.SINT32, 1, Flags.DISABLE_OVERRIDE | Flags.RESTRICTED),
                _flag("in"), _flag("out"))),
            Parameter("Back", CimType.DATETIME, qualifiers=_named(
                Qualifier("ID", CimType.SINT32, 2, Flags.DISABLE_OVERRIDE | Flags.RESTRICTED),
                _flag("out"))),
        ), origin="X_Parent", propagated=True, qualifiers=_named(_flag("static"))),
        Method("Nothing", origin="X_All"),
    ),
    qualifiers=_named(
        _flag("abstract"),
        Qualifier("Description", CimType.STRING, "text",
                  Flags.ENABLE_OVERRIDE | Flags.TO_SUBCLASS | Flags.TRANSLATABLE),
        Qualifier("Real", CimType.REAL64, 0.5, Flags.ENABLE_OVERRIDE | Flags.RESTRICTED),
        Qualifier("ValueMap", CimType.STRING_ARRAY, ["1", "2"],
                  Flags.ENABLE_OVERRIDE | Flags.RESTRICTED),
    ),
)  # fmt: skip


def test_all_that_a_class_declares_is_read(system: FakeSystem, namespace: Namespace) -> None:
    assert _read(namespace, ClassObject(system, ALL)) == ALL


def test_every_class_is_what_it_was(
    system: FakeSystem, wmi: FakeConnection, namespace: Namespace
) -> None:
    for class_ in wmi.repository.descendants("root/cimv2"):
        read = _read(namespace, ClassObject(system, class_))
        assert [*read.properties] == [*class_.properties]
        assert [*read.methods] == [*class_.methods]
        assert (read.layout, read.keys, read.flags) == (class_.layout, class_.keys, class_.flags)


def test_a_null_qualifier_is_a_text_that_is_not_there(
    system: FakeSystem, namespace: Namespace
) -> None:
    class_ = Class("X", qualifiers=_named(Qualifier("Null", CimType.STRING)))
    read = _read(namespace, ClassObject(system, class_)).qualifiers["Null"]
    assert (read.value, read.type) == (None, CimType.STRING)


def test_a_class_without_a_name_is_refused(system: FakeSystem, namespace: Namespace) -> None:
    with pytest.raises(ProtocolError, match="a class has no name"):
        _read(namespace, ClassObject(system, Class("")))


class Poor(ClassObject):
    """As Wine 8 has them: neither qualifiers nor origins."""

    number = NOT_IMPLEMENTED

    def _refuse(self, *_arguments: Any) -> None:
        raise WbemError(self.number)

    get_qualifier_set = get_property_qualifier_set = get_method_qualifier_set = _refuse
    get_property_origin = get_method_origin = _refuse

    def _signatures(self, name: str, gone_in: int, come_out: int) -> None:
        super()._signatures(name, gone_in, come_out)


class Failing(Poor):
    number = FAILED


def test_what_a_class_does_not_know_is_left_out(system: FakeSystem, namespace: Namespace) -> None:
    read = _read(namespace, Poor(system, ALL))
    assert [*read.properties] == [*ALL.properties]
    assert {one.origin for one in read.properties.values()} == {None}
    assert len(read.qualifiers) == 0
    assert (read.methods["Do"].origin, read.methods["Do"].propagated) == (None, False)


def test_where_it_fails_otherwise_reading_fails(system: FakeSystem, namespace: Namespace) -> None:
    with pytest.raises(WbemError, match="0x80041001"):
        _read(namespace, Failing(system, ALL))
    only_origins = Failing(system, Class("X", properties=_named(Property("A", CimType.STRING))))
    only_origins.get_property_qualifier_set = (  # type: ignore[method-assign]
        lambda *arguments: ClassObject.get_property_qualifier_set(only_origins, *arguments)
    )
    with pytest.raises(WbemError, match="0x80041001"):
        _read(namespace, only_origins)


def test_the_side_of_a_parameter_says_where_it_goes(
    system: FakeSystem, namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bare(self: ClassObject, name: int, found: int) -> None:
        raise WbemError(NOT_IMPLEMENTED)

    monkeypatch.setattr(ClassObject, "get_property_qualifier_set", bare)
    parameters = _read(namespace, ClassObject(system, ALL)).methods["Do"].parameters
    flags = Flags.IN | Flags.OUT
    assert {name: one.flags & flags for name, one in parameters.items()} == {
        "Given": Flags.IN, "Both": Flags.IN | Flags.OUT, "Back": Flags.OUT,
    }  # fmt: skip
