"""Put, Create and Delete: what a client may change, and what it says."""

import pytest

from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Property, Qualifier
from protocols.loopback.repository import Repository
from protocols.meanings.numbers import NUMBERS
from protocols.wsman.envelope import Reply
from protocols.wsman.headers import Option
from protocols.wsman.namespaces import ACTION_CREATE, ACTION_DELETE, ACTION_PUT
from protocols.wsman.transfer import MODIFIED_PROPERTIES
from tests.loopback.asked import Asked, body_of, declared, texts

ALL = ("SupportsUpdate", "SupportsCreate", "SupportsDelete")
TYPES = {
    "Id": CimType.UINT32, "Name": CimType.STRING, "Tags": CimType.STRING_ARRAY,
    "Fixed": CimType.STRING,
}  # fmt: skip


def thing(*supports: str) -> Class:
    made = declared("X_Thing", ("Id",), *supports, **TYPES)
    read_only = NameMap([("read", Qualifier("read", CimType.BOOLEAN, value=True))])
    fixed = Property("Fixed", CimType.STRING, qualifiers=read_only)
    assert fixed.flags & Flags.READ_ONLY
    members = [(name, fixed if name == "Fixed" else one) for name, one in made.properties.items()]
    return Class(made.name, made.namespace, properties=NameMap(members), qualifiers=made.qualifiers)


@pytest.fixture
def asked() -> Asked:
    class_ = thing(*ALL)
    one = Instance(class_, {"Id": 1, "Name": "one", "Tags": ["a"], "Fixed": "f"})
    return Asked(Repository([class_], [one]))


def kept(asked: Asked, number: int = 1) -> Instance:
    return asked.repository.get("root/cimv2", "X_Thing", {"Id": number})


def named(*names: str) -> tuple[Option, ...]:
    return tuple(Option(MODIFIED_PROPERTIES, name) for name in names)


# Put


def test_what_is_in_the_body_is_written_and_the_rest_stays(asked: Asked) -> None:
    body = body_of("X_Thing", "<p:Id>1</p:Id><p:Name>two</p:Name>")
    now = asked.body(ACTION_PUT, "X_Thing", body, Id="1")
    assert texts(now) == {"Fixed": "f", "Id": "1", "Name": "two", "Tags": "a"}
    assert (kept(asked)["Name"], kept(asked)["Tags"]) == ("two", ["a"])


def test_of_what_is_in_the_body_only_what_is_named_is_written(asked: Asked) -> None:
    body = body_of("X_Thing", "<p:Id>1</p:Id><p:Name>two</p:Name><p:Fixed>other</p:Fixed>")
    asked.body(ACTION_PUT, "X_Thing", body, named("name"), Id="1")
    assert (kept(asked)["Name"], kept(asked)["Fixed"]) == ("two", "f")


def test_an_array_that_is_named_and_not_there_is_empty_and_a_scalar_null(asked: Asked) -> None:
    body = body_of("X_Thing", "<p:Id>1</p:Id>")
    asked.body(ACTION_PUT, "X_Thing", body, named("Tags", "Name"), Id="1")
    assert (kept(asked)["Tags"], kept(asked)["Name"]) == ([], None)


@pytest.mark.parametrize(
    ("inside", "key"),
    [("<p:Id>1</p:Id><p:Fixed>other</p:Fixed>", "1"), ("<p:Id>2</p:Id>", "1")],
)
def test_keys_and_what_is_read_only_stay(asked: Asked, inside: str, key: str) -> None:
    fault = asked.refused(ACTION_PUT, "X_Thing", body_of("X_Thing", inside), Id=key)
    assert "read-only" in fault.message
    assert fault.wsman_codes[-1] == NUMBERS["WBEM_E_PROVIDER_NOT_CAPABLE"]
    assert kept(asked)["Fixed"] == "f"


def test_what_is_not_there_is_not_written(asked: Asked) -> None:
    body = body_of("X_Thing", "<p:Id>7</p:Id>")
    fault = asked.refused(ACTION_PUT, "X_Thing", body, Id="7")
    assert fault.wsman_codes[-1] == NUMBERS["WBEM_E_NOT_FOUND"]


# Create


def test_what_is_made_is_named_and_there(asked: Asked) -> None:
    body = body_of("X_Thing", "<p:Id>2</p:Id><p:Name>two</p:Name>")
    created = asked.body(ACTION_CREATE, "X_Thing", body)
    assert created.tag.endswith("}ResourceCreated")
    assert [one.text for one in created.iter("{*}Selector")] == ["2", "root/cimv2"]
    assert dict(kept(asked, 2)) == {"Id": 2, "Name": "two", "Tags": None, "Fixed": None}


def test_an_array_of_a_new_one_is_empty_if_it_is_named(asked: Asked) -> None:
    body = body_of("X_Thing", "<p:Id>2</p:Id>")
    asked.body(ACTION_CREATE, "X_Thing", body, named("Id", "Tags"))
    assert kept(asked, 2)["Tags"] == []


@pytest.mark.parametrize(
    ("inside", "number"),
    [
        ("<p:Id>1</p:Id>", "WBEM_E_ALREADY_EXISTS"),
        ("<p:Name>x</p:Name>", "WBEM_E_INVALID_PARAMETER"),
    ],
)
def test_a_key_is_needed_and_of_its_own(asked: Asked, inside: str, number: str) -> None:
    fault = asked.refused(ACTION_CREATE, "X_Thing", body_of("X_Thing", inside))
    assert fault.wsman_codes[-1] == NUMBERS[number]


# Delete


def test_what_is_taken_away_is_gone(asked: Asked) -> None:
    reply = asked.ask(ACTION_DELETE, "X_Thing", Id="1")
    assert isinstance(reply, Reply)
    assert len(reply.body) == 0
    fault = asked.refused(ACTION_DELETE, "X_Thing", Id="1")
    assert fault.wsman_codes[-1] == NUMBERS["WBEM_E_NOT_FOUND"]


# What a class allows


@pytest.mark.parametrize("action", [ACTION_PUT, ACTION_CREATE, ACTION_DELETE])
def test_a_class_says_what_may_be_done(action: str) -> None:
    class_ = thing()
    asked = Asked(Repository([class_], [Instance(class_, {"Id": 1})]))
    body = "" if action == ACTION_DELETE else body_of("X_Thing", "<p:Id>1</p:Id>")
    keys = {} if action == ACTION_CREATE else {"Id": "1"}
    fault = asked.refused(action, "X_Thing", body, **keys)
    assert fault.wsman_codes[-1] == NUMBERS["WBEM_E_PROVIDER_NOT_CAPABLE"]
