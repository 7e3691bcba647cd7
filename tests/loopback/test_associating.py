"""What belongs to an object is found by the references between objects."""

import pytest

from mi.instance import Instance
from mi.results import CimType
from mi.schema import Class
from protocols.loopback.repository import Repository
from protocols.meanings.numbers import NUMBERS
from protocols.wsman.associations import ASSOCIATION_DIALECT, Association
from protocols.wsman.envelope import Reply
from protocols.wsman.namespaces import ACTION_ENUMERATE, ACTION_PULL, DMTF_ALL_CLASSES
from protocols.wsman.pages import Enumerate, Filter, Pull
from tests.loopback.asked import Asked, declared, qualified


def association(name: str, superclass: Class | None = None) -> Class:
    made = declared(
        name, ("Near", "Far"), superclass=superclass, Near=CimType.REFERENCE, Far=CimType.REFERENCE
    )
    return Class(
        made.name, made.namespace, superclass=made.superclass, derivation=made.derivation,
        properties=made.properties, qualifiers=qualified("Association"),
    )  # fmt: skip


BASE = declared("X_Base", ("Id",), Id=CimType.UINT32)
LEAF = declared("X_Leaf", ("Id",), superclass=BASE, Id=CimType.UINT32)
LINK = association("X_Link")
OTHER = association("X_Other", LINK)


def base(number: int) -> Instance:
    return Instance(BASE, {"Id": number})


def leaf(number: int) -> Instance:
    return Instance(LEAF, {"Id": number})


def link(class_: Class, near: Instance, far: Instance | None) -> Instance:
    return Instance.received(class_.name, {"Near": near, "Far": far}, class_.layout, "root/cimv2")


@pytest.fixture
def asked() -> Asked:
    things = [base(1), base(2), leaf(3)]
    return Asked(Repository(
        [BASE, LEAF, LINK, OTHER],
        [*things, link(LINK, base(1), base(2)), link(OTHER, base(1), leaf(3)),
         link(OTHER, base(2), base(1)), link(OTHER, base(1), base(1))],
    ))  # fmt: skip


def parts(class_name: str, number: str = "1") -> str:
    return (
        "<a:Address>urn:x</a:Address><a:ReferenceParameters><w:ResourceURI>"
        f"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/{class_name}</w:ResourceURI>"
        f'<w:SelectorSet><w:Selector Name="Id">{number}</w:Selector></w:SelectorSet>'
        "</a:ReferenceParameters>"
    )


def found(asked: Asked, wanted: Association, of: str = parts("X_Base")) -> list[str]:
    """Return the classes and identifiers of what is found, page by page."""
    filter_ = Filter(ASSOCIATION_DIALECT, content=wanted.write(of))
    reply = asked.ask(ACTION_ENUMERATE, DMTF_ALL_CLASSES, Enumerate(50, filter=filter_).write())
    items: list[str] = []
    while True:
        assert isinstance(reply, Reply), reply
        items += [
            item.tag.rpartition("}")[2] + (item.findtext("{*}Id") or "")
            for item in reply.body.iter("{*}X_Base", "{*}X_Leaf", "{*}X_Link", "{*}X_Other")
        ]
        context = reply.body.findtext(".//{*}EnumerationContext")
        if not context:
            return items
        reply = asked.ask(ACTION_PULL, DMTF_ALL_CLASSES, Pull(context, 50).write())


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Association("X_Other"), {"X_Leaf3", "X_Base2"}),
        (Association(result_class="x_leaf"), {"X_Leaf3"}),
        (Association(role="near"), {"X_Base1", "X_Base2", "X_Leaf3"}),
        (Association(role="Far"), {"X_Base1", "X_Base2"}),
        (Association("X_Link", result_role="Near"), {"X_Base2"}),
        (Association(is_reference=True), {"X_Link", "X_Other"}),
        (Association(is_reference=True, result_class="X_Other", role="Far"), {"X_Other"}),
    ],
)
def test_class_and_role_narrow_what_is_found(
    asked: Asked, wanted: Association, names: set[str]
) -> None:
    assert set(found(asked, wanted)) == names


def test_each_object_is_found_once(asked: Asked) -> None:
    assert sorted(found(asked, Association())) == ["X_Base2", "X_Leaf3"]


def test_an_association_without_an_end_leads_nowhere(asked: Asked) -> None:
    class_ = association("X_Loose")
    loose = Class(class_.name, class_.namespace, properties=declared(
        "X_Loose", ("Near",), Near=CimType.REFERENCE, Far=CimType.REFERENCE
    ).properties, qualifiers=class_.qualifiers)  # fmt: skip
    asked.repository.add_class(loose)
    asked.repository.add(link(loose, base(1), None))
    assert found(asked, Association("X_Loose")) == []


@pytest.mark.parametrize(
    ("of", "number"),
    [
        (parts("X_Base", "9"), "WBEM_E_NOT_FOUND"),
        (parts("X_Nothing"), "WBEM_E_INVALID_CLASS"),
    ],
)
def test_what_is_not_there_has_no_associations(asked: Asked, of: str, number: str) -> None:
    body = Enumerate(50, filter=Filter(ASSOCIATION_DIALECT, content=Association().write(of)))
    fault = asked.refused(ACTION_ENUMERATE, DMTF_ALL_CLASSES, body.write())
    assert fault.wsman_codes[-1] == NUMBERS[number]


def test_a_filter_that_is_none_is_refused(asked: Asked) -> None:
    body = Enumerate(50, filter=Filter(ASSOCIATION_DIALECT, content="<b:Else/>"))
    fault = asked.refused(ACTION_ENUMERATE, DMTF_ALL_CLASSES, body.write())
    assert fault.wsman_code == NUMBERS["ENUMERATE_CANNOT_PROCESS_FILTER"]
