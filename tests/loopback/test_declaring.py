"""Class declarations: one, many, or their names."""

import pytest

from protocols.loopback.population import sample_repository
from protocols.meanings.numbers import NUMBERS
from protocols.wsman.envelope import Reply
from protocols.wsman.headers import Option
from protocols.wsman.namespaces import ACTION_ENUMERATE, ACTION_GET, ACTION_PULL, CIM_XML_SCHEMA
from protocols.wsman.pages import Enumerate, Pull
from tests.loopback.asked import Asked

INCLUDES = ("IncludeInheritanceHierarchy", "IncludeInheritedElements", "IncludeQualifiers")
NAMES_ONLY = "ExcludeClassSpecification"
DEEP = "IncludeSubClasses"


def options(*names: str) -> tuple[Option, ...]:
    return tuple(Option(name, "true", "xs:boolean") for name in names)


@pytest.fixture(scope="module")
def asked() -> Asked:
    return Asked(sample_repository())


def listed(asked: Asked, class_name: str, *named: str) -> list[str]:
    """Return the names of the classes that an enumeration gives, page by page."""
    reply = asked.ask(
        ACTION_ENUMERATE, CIM_XML_SCHEMA, Enumerate(200).write(), options(*named),
        ClassName=class_name,
    )  # fmt: skip
    names: list[str] = []
    while True:
        assert isinstance(reply, Reply), reply
        tag = "CLASSNAME" if NAMES_ONLY in named else "CLASS"
        names += [one.get("NAME", "") for one in reply.body.iter(tag)]
        context = reply.body.findtext(".//{*}EnumerationContext")
        if not context:
            return names
        reply = asked.ask(
            ACTION_PULL, CIM_XML_SCHEMA, Pull(context, 200).write(), options(*named),
            ClassName=class_name,
        )  # fmt: skip


def test_a_class_is_declared_as_far_as_is_asked(asked: Asked) -> None:
    bare = asked.body(ACTION_GET, CIM_XML_SCHEMA, ClassName="win32_service")
    full = asked.body(ACTION_GET, CIM_XML_SCHEMA, "", options(*INCLUDES), ClassName="Win32_Service")
    assert (bare.tag, bare.get("NAME")) == ("CLASS", "Win32_Service")
    assert "key" not in {one.get("NAME") for one in bare.iter("QUALIFIER")}
    own, every = (
        {one.get("NAME") for one in found.iter("PROPERTY", "PROPERTY.ARRAY")}
        for found in (bare, full)
    )
    assert own < every
    assert {one.get("NAME") for one in full.iter("QUALIFIER")} >= {"key", "read"}
    assert {one.get("NAME") for one in full.iter("METHOD")} >= {"StartService"}


def test_a_class_has_to_be_named_and_there(asked: Asked) -> None:
    for action, body in ((ACTION_GET, ""), (ACTION_ENUMERATE, Enumerate(1).write())):
        fault = asked.refused(action, CIM_XML_SCHEMA, body)
        assert fault.wsman_code == NUMBERS["MISSING_CLASSNAME"]
        fault = asked.refused(action, CIM_XML_SCHEMA, body, ClassName="X_Nothing")
        assert fault.wsman_codes[-1] == NUMBERS["WBEM_E_INVALID_CLASS"]
    fault = asked.refused(ACTION_GET, CIM_XML_SCHEMA, ClassName="")
    assert fault.wsman_code == NUMBERS["MISSING_CLASSNAME"]


def test_the_classes_directly_below_one_come_or_all(asked: Asked) -> None:
    direct = listed(asked, "CIM_Service", NAMES_ONLY)
    every = listed(asked, "CIM_Service", NAMES_ONLY, DEEP)
    assert "Win32_BaseService" in direct
    assert "Win32_Service" not in direct
    assert set(direct) < set(every)
    assert "CIM_Service" not in every


def test_without_a_class_those_come_that_have_none_above(asked: Asked) -> None:
    tops = listed(asked, "", NAMES_ONLY)
    assert "CIM_ManagedSystemElement" in tops
    assert "CIM_Service" not in tops
    assert len(listed(asked, "", NAMES_ONLY, DEEP)) == 98


def test_whole_declarations_come_if_that_is_asked(asked: Asked) -> None:
    assert listed(asked, "Win32_BaseService", *INCLUDES) == listed(
        asked, "Win32_BaseService", NAMES_ONLY
    )
