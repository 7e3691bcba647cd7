"""Whatever class and instance there may be, what is written is read again."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Method, Parameter, Property, Qualifier
from mi.values import INTEGER_RANGES
from protocols.dcom.object_reader import ObjectReader
from protocols.dcom.object_writer import write_class, write_instance, write_parameters

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_characters="\0"), max_size=20)
MOMENTS = st.datetimes(timezones=st.just(UTC))
INTERVALS = st.timedeltas(timedelta(), timedelta(days=99_999_999))
SCALARS = {
    CimType.BOOLEAN: st.booleans(),
    **{kind: st.integers(*limits) for kind, limits in INTEGER_RANGES.items()},
    CimType.REAL32: st.floats(width=32),
    CimType.REAL64: st.floats(),
    CimType.CHAR16: st.characters(max_codepoint=0xFFFF),
    CimType.DATETIME: MOMENTS | INTERVALS,
    CimType.STRING: TEXTS,
}
LEAVES = [*SCALARS, *(kind.array for kind in SCALARS)]


def value_of(kind: CimType) -> st.SearchStrategy[Any]:
    if kind.scalar is CimType.INSTANCE:
        one: st.SearchStrategy[Any] = instances()
    elif kind.scalar is CimType.REFERENCE:
        one = st.builds(named, NAMES, TEXTS)
    else:
        one = SCALARS[kind.scalar]
    return st.lists(one, max_size=4) if kind.is_array else one


def named(class_name: str, key: str) -> Instance:
    return Instance.from_path(Instance(class_name, {"Key": f"-{key}"}, namespace="root/x").path)


@st.composite
def properties(draw: st.DrawFn, kinds: list[CimType]) -> NameMap[Property]:
    found = {}
    for name in draw(st.lists(NAMES, max_size=9, unique_by=str.lower)):
        kind = draw(st.sampled_from(kinds))
        default = draw(st.none() | value_of(kind)) if kind in LEAVES else None
        marks = [Qualifier("key", CimType.BOOLEAN, value=True)] if draw(st.booleans()) else []
        found[name] = Property(
            name, kind, default=default, origin="C",
            qualifiers=NameMap((one.name, one) for one in [*marks, *draw(QUALIFIERS)]),
        )  # fmt: skip
    return NameMap(found.items())


@st.composite
def qualifier(draw: st.DrawFn) -> Qualifier:
    kind = draw(st.sampled_from(LEAVES))
    flavor = draw(st.sampled_from((Flags.ENABLE_OVERRIDE, Flags.DISABLE_OVERRIDE)))
    flavor |= draw(st.sampled_from((Flags.TO_SUBCLASS, Flags.RESTRICTED)))
    name = "Q" + draw(NAMES)
    flavor |= draw(st.sampled_from((Flags.NONE, Flags.TRANSLATABLE)))
    return Qualifier(name, kind, draw(value_of(kind)), flavor, propagated=draw(st.booleans()))


QUALIFIERS = st.lists(qualifier(), max_size=2, unique_by=lambda one: one.name.lower())


@st.composite
def classes(draw: st.DrawFn, kinds: list[CimType] = [*CimType]) -> Class:  # noqa: B006 - read only
    return Class(
        "C",
        "root/x",
        properties=draw(properties(kinds)),
        qualifiers=NameMap((one.name, one) for one in draw(QUALIFIERS)),
    )


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    """An instance that knows its own types, to be embedded."""
    instance = Instance(draw(NAMES), namespace="root/x")
    for name in draw(st.lists(NAMES, max_size=4, unique_by=str.lower)):
        kind = draw(st.sampled_from(LEAVES))
        instance.add(name, draw(st.none() | value_of(kind)), kind)
    return instance


def alike(one: Any, other: Any) -> bool:
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, Instance):
        return {name.lower() for name in one} == {name.lower() for name in other} and all(
            alike(value, other[name]) for name, value in one.items()
        )
    return type(one) is type(other) and bool(one == other)


@given(data=st.data(), class_=classes())
def test_any_instance(data: st.DataObject, class_: Class) -> None:
    values = {
        name: data.draw(st.none() | value_of(declared.type), label=name)
        for name, declared in class_.properties.items()
    }
    instance = Instance.received("C", values, class_.layout, "root/x")
    found = ObjectReader().read(write_instance(instance, class_), "root/x")
    assert isinstance(found, Instance)
    assert alike(instance, found)
    assert {one.name: (one.type, one.flags) for one in found.elements()} == {
        one.name: (one.type, one.flags) for one in instance.elements()
    }


@given(class_=classes())
def test_any_class(class_: Class) -> None:
    found = ObjectReader().read(write_class(class_), "root/x")
    assert isinstance(found, Class)
    assert list(found.properties) == sorted(class_.properties, key=str.lower)
    assert found.layout.types == class_.layout.types
    assert found.layout.flags == class_.layout.flags
    for given_, read in [
        (class_.qualifiers, found.qualifiers),
        *(
            (one.qualifiers, found.properties[one.name].qualifiers)
            for one in class_.properties.values()
        ),
    ]:
        assert set(given_) == set(read)
        for name, one in given_.items():
            assert alike(one.value, read[name].value)
            if name != "key":
                assert replace(one, value=None) == replace(read[name], value=None)
    for name, declared in class_.properties.items():
        assert alike(declared.default, found.properties[name].default)


@given(data=st.data(), declared=properties(LEAVES))
def test_any_parameters(data: st.DataObject, declared: NameMap[Property]) -> None:
    method = Method(
        "M", parameters=NameMap((name, Parameter(name, one.type)) for name, one in declared.items())
    )
    values = {name: data.draw(value_of(one.type)) for name, one in declared.items()}
    given_ = Instance.received("P", values, None, None)
    written = write_parameters(method, given_)
    if not declared:
        assert written is None
        return
    assert written is not None
    found = ObjectReader().read(written)
    assert isinstance(found, Instance)
    assert alike(given_, found)
