"""Strategies: values, instances and classes of every CIM type; and what makes two of them equal."""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from mi.cim_datetime import CimDateTime
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Method, Parameter, Property, Qualifier
from mi.values import INTEGER_RANGES

Place = tuple[str | None, str | None]

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True)
SURROGATES = ["Cs"]
XML_TEXT = st.text(
    st.characters(exclude_categories=SURROGATES).filter(
        lambda char: char in "\t\n\r" or (ord(char) >= 0x20 and char not in "\ufffe\uffff")
    ),
    max_size=8,
)
ANY_TEXT = st.text(st.characters(), max_size=8) | st.just("a\ud83db\x00\\\"'")
ZONES = st.integers(-720, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))
DATETIMES = (
    st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 28), timezones=ZONES)  # noqa: DTZ001 - bounds
    | st.timedeltas(timedelta(), timedelta(days=99_999_999))
    | st.sampled_from(
        [
            CimDateTime("00000101000000.000000+720"),
            CimDateTime("20240229******.******+000"),
            CimDateTime("********123456.******:000"),
            datetime(2024, 2, 29, 1, 2, 3, 456789, UTC),
        ]
    )
)


def scalars(text: st.SearchStrategy[str]) -> dict[CimType, st.SearchStrategy[Any]]:
    """Return what makes values of each type that is neither a reference nor an instance."""
    return {
        **{cim: st.integers(*bounds) for cim, bounds in INTEGER_RANGES.items()},
        CimType.BOOLEAN: st.booleans(),
        CimType.REAL32: st.floats(width=32, allow_nan=False, allow_infinity=False),
        CimType.REAL64: st.floats(allow_nan=False, allow_infinity=False),
        CimType.CHAR16: st.integers(0, 0xFFFF).map(chr),
        CimType.STRING: text,
        CimType.DATETIME: DATETIMES,
    }


@st.composite
def references(draw: st.DrawFn, text: st.SearchStrategy[str], place: Place) -> Instance:
    """Return a reference by one to three keys of any type that a key may have."""
    kinds = scalars(text)
    namespace, server = draw(st.sampled_from([place, ("root/other", None), ("root/x", "far")]))
    reference = Instance(draw(NAMES), namespace=namespace, server_name=server)
    for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique_by=str.lower)):
        cim_type = draw(st.sampled_from(sorted(kinds)))
        reference.add(name, draw(kinds[cim_type]), cim_type, Flags.KEY)
    return reference


def values(
    cim_type: CimType, text: st.SearchStrategy[str], place: Place, depth: int = 0
) -> st.SearchStrategy[Any]:
    """Return what makes values of a type that are not null; elements of arrays may be."""
    if cim_type.is_array:
        return st.lists(st.none() | values(cim_type.scalar, text, place, depth), max_size=3)
    if cim_type is CimType.REFERENCE:
        return references(text, place)
    if cim_type is CimType.INSTANCE:
        return instances(text, place, depth + 1)
    return scalars(text)[cim_type]


@st.composite
def instances(
    draw: st.DrawFn, text: st.SearchStrategy[str], place: Place, depth: int = 0
) -> Instance:
    """Return an instance with typed elements, null and not, modified and not."""
    instance = Instance(draw(NAMES), namespace=place[0], server_name=place[1])
    types = st.sampled_from([cim for cim in CimType if depth < 2 or cim.scalar != CimType.INSTANCE])
    for name in draw(st.lists(NAMES, max_size=4, unique_by=str.lower)):
        cim_type = draw(types)
        value = draw(st.none() | values(cim_type, text, place, depth))
        instance.add(name, value, cim_type)
        if draw(st.booleans()):
            instance[name] = value
    return instance


# Classes

_FLAVORS = st.tuples(
    st.sampled_from([Flags.ENABLE_OVERRIDE, Flags.DISABLE_OVERRIDE]),
    st.sampled_from([Flags.TO_SUBCLASS, Flags.RESTRICTED]),
    st.sampled_from([Flags.NONE, Flags.TRANSLATABLE]),
).map(lambda flags: flags[0] | flags[1] | flags[2])


def _true(name: str, flags: Flags) -> Qualifier:
    return Qualifier(name, CimType.BOOLEAN, value=True, flags=flags)


def named(*objects: Any) -> NameMap[Any]:
    """Return properties, methods, parameters or qualifiers by their names."""
    return NameMap((one.name, one) for one in objects)


def holder_of_itself(cim_type: CimType) -> Instance:
    """Return an instance that has itself for a value of a type, or for the key of a reference."""
    instance = Instance("A")
    flags = Flags.KEY if cim_type is CimType.REFERENCE else Flags.NONE
    instance.add("p", Instance("B"), cim_type, flags)
    instance["p"] = instance
    return instance


@st.composite
def qualifiers(
    draw: st.DrawFn, text: st.SearchStrategy[str], embedded: str | bool | None = None
) -> NameMap[Qualifier]:
    """Return qualifiers, each of whose names has one type; one says what is embedded."""
    found = []
    for cim_type in draw(st.lists(st.sampled_from(sorted(scalars(text))), max_size=2, unique=True)):
        # A name for each type, so that no qualifier is used with two types in one class.
        strategy = scalars(text)[cim_type]
        is_array = draw(st.booleans())
        value = draw(st.lists(strategy, max_size=2) if is_array else st.none() | strategy)
        told = cim_type.array if is_array else cim_type
        found.append(Qualifier(f"Q_{cim_type.cim_name}", told, value, draw(_FLAVORS)))
    if isinstance(embedded, str):
        found.append(Qualifier("EmbeddedInstance", CimType.STRING, embedded, draw(_FLAVORS)))
    elif embedded:
        found.append(_true("EmbeddedObject", draw(_FLAVORS)))
    return named(*found)


_TYPES = st.sampled_from(list(CimType))
_SIZES = st.none() | st.integers(1, 99)


@st.composite
def _typed(
    draw: st.DrawFn, text: st.SearchStrategy[str], cim_type: CimType
) -> tuple[str | None, int | None, NameMap[Qualifier]]:
    class_name = None
    if cim_type.scalar in (CimType.REFERENCE, CimType.INSTANCE):
        class_name = draw(st.none() | NAMES.filter(lambda name: name.lower() != "object"))
    embedded = (class_name or True) if cim_type.scalar is CimType.INSTANCE else None
    size = draw(_SIZES) if cim_type.is_array else None
    return class_name, size, draw(qualifiers(text, embedded))


@st.composite
def properties(draw: st.DrawFn, text: st.SearchStrategy[str], name: str, owner: str) -> Property:
    """Return a property of any type, with a default and without."""
    cim_type = draw(_TYPES)
    class_name, size, said = draw(_typed(text, cim_type))
    default = None
    if cim_type.scalar not in (CimType.REFERENCE, CimType.INSTANCE):
        default = draw(st.none() | values(cim_type, text, (None, None)))
    return Property(name, cim_type, class_name, default, owner, array_size=size, qualifiers=said)


@st.composite
def methods(draw: st.DrawFn, text: st.SearchStrategy[str], name: str, owner: str) -> Method:
    """Return a method with up to three parameters of any type, each of which says its direction."""
    parameters = []
    for parameter in draw(st.lists(NAMES, max_size=3, unique_by=str.lower)):
        cim_type = draw(_TYPES)
        class_name, size, said = draw(_typed(text, cim_type))
        direction = draw(st.sampled_from(["in", "OUT"]))
        directed = [_true(direction, draw(_FLAVORS))]
        if direction == "OUT":
            directed.append(Qualifier("In", CimType.BOOLEAN, draw(st.booleans()), draw(_FLAVORS)))
        said = NameMap([*said.items(), *((one.name, one) for one in directed)])
        parameters.append(Parameter(parameter, cim_type, class_name, size, said))
    returned = draw(st.none() | st.sampled_from(sorted(scalars(text))))
    said = draw(qualifiers(text))
    return Method(name, returned, named(*parameters), owner, qualifiers=said)


@st.composite
def classes(draw: st.DrawFn, text: st.SearchStrategy[str], place: Place) -> Class:
    """Return a class without a superclass, of a name that no drawn instance has."""
    name = f"Declared{draw(NAMES)}"
    members = draw(st.lists(NAMES, max_size=5, unique_by=str.lower))
    middle = draw(st.integers(0, len(members)))
    return Class(
        name,
        *place,
        properties=named(*[draw(properties(text, one, name)) for one in members[:middle]]),
        methods=named(*[draw(methods(text, one, name)) for one in members[middle:]]),
        qualifiers=draw(qualifiers(text)),
    )


@st.composite
def instances_of(draw: st.DrawFn, declared: Class, text: st.SearchStrategy[str]) -> Instance:
    """Return an instance of a class, with some of its properties set."""
    place = (declared.namespace, declared.server_name)
    instance = Instance(declared, server_name=declared.server_name)
    for prop in declared.properties.values():
        if draw(st.booleans()):
            instance[prop.name] = draw(st.none() | values(prop.type, text, place, 1))
    return instance


# A schema in which everything is known


def _key(cim_type: CimType) -> Property:
    flags = Flags.ENABLE_OVERRIDE | Flags.TO_SUBCLASS
    said = Qualifier("key", CimType.BOOLEAN, value=True, flags=flags)
    name = f"K_{cim_type.cim_name}"
    return Property(name, cim_type, origin="Target", qualifiers=NameMap([("key", said)]))


def known_classes(place: Place) -> tuple[Class, Class]:
    """Return a class with keys of every type, and one with properties of every type."""
    target = Class("Target", *place, properties=named(*[_key(one) for one in scalars(ANY_TEXT)]))
    every = [Property(f"P_{one.name}", one, _class_of(one), origin="Every") for one in CimType]
    return target, Class("Every", *place, properties=named(*every))


def _class_of(cim_type: CimType) -> str | None:
    return {CimType.REFERENCE: "Target", CimType.INSTANCE: "Every"}.get(cim_type.scalar)


@st.composite
def known_values(
    draw: st.DrawFn, cim_type: CimType, text: st.SearchStrategy[str], place: Place, depth: int
) -> Any:
    """Return a value of a type, in which all references and instances are of the two classes."""
    if cim_type.is_array:
        one = known_values(cim_type.scalar, text, place, depth)
        return draw(st.lists(st.none() | one, max_size=2))
    if cim_type is CimType.INSTANCE:
        return draw(known_instances(text, place, depth + 1))
    if cim_type is CimType.REFERENCE:
        target = Instance("Target", namespace=place[0], server_name=place[1])
        for kind, strategy in scalars(text).items():
            target.add(f"K_{kind.cim_name}", draw(strategy), kind, Flags.KEY)
        return target
    return draw(scalars(text)[cim_type])


@st.composite
def known_instances(
    draw: st.DrawFn, text: st.SearchStrategy[str], place: Place, depth: int = 0
) -> Instance:
    """Return an instance of the class with properties of every type."""
    _, every = known_classes(place)
    instance = Instance(every, server_name=place[1])
    found = {}
    for prop in every.properties.values():
        is_leaf = depth == 2 and prop.type.scalar is CimType.INSTANCE
        if not is_leaf and draw(st.integers(0, 3)) == 0:
            found[prop.name] = draw(known_values(prop.type, text, place, depth))
    return Instance.received(every.name, {**instance, **found}, every.layout, place[0], place[1])


# Equality


def facts(thing: Any) -> Any:
    """Return all that is to be told of an object, in a form that compares strictly."""
    if isinstance(thing, Instance):
        return _instance_facts(thing)
    if is_dataclass(thing) and not isinstance(thing, CimDateTime):
        return {one.name: facts(getattr(thing, one.name)) for one in fields(thing)}
    if isinstance(thing, NameMap):
        return {name: facts(value) for name, value in thing.items()}
    if isinstance(thing, list):
        return [facts(item) for item in thing]
    if isinstance(thing, (datetime, timedelta)):
        return type(thing).__name__, str(CimDateTime.of(thing))
    return (type(thing).__name__, repr(thing)) if isinstance(thing, (float, bool)) else thing


def _instance_facts(instance: Instance) -> Any:
    elements = [(one.name, facts(one.value), one.type, one.flags) for one in instance.elements()]
    return (
        instance.class_name,
        instance.namespace,
        instance.server_name,
        elements,
        instance.is_typed,
        instance.is_repaired,
    )
