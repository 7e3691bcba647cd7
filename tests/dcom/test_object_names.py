from __future__ import annotations

import pytest

from mi.errors import InvalidParameter, ProtocolError
from mi.instance import Instance
from mi.results import CimType, Flags
from mi.schema import Class, Property
from protocols.dcom import object_names
from tests.dcom.samples import class_of, flag, qualifiers

KEY = qualifiers(flag("key"))
DISK = class_of("Disk", Property("Number", CimType.UINT32, qualifiers=KEY))
LINK = class_of(
    "Link",
    Property("Disk", CimType.REFERENCE, "Disk", qualifiers=KEY),
    Property("When", CimType.DATETIME, qualifiers=KEY),
)


def known(namespace: str | None, class_name: str) -> Class | None:
    assert namespace in {"root/cimv2", None}
    return {"disk": DISK, "link": LINK}.get(class_name.lower())


def unknown(_namespace: str | None, _class_name: str) -> None:
    return None


def read(path: str, *, is_known: bool = True) -> Instance:
    return object_names.read(path, "root/cimv2", "server01", known if is_known else unknown)


def test_the_keys_of_a_known_class_are_typed() -> None:
    found = read(r"\\SRV\ROOT\CIMV2:disk.number=5")
    assert (found.class_name, found.key, found.is_typed) == ("Disk", {"Number": 5}, True)
    assert (found.namespace, found.server_name) == ("root/cimv2", "server01")
    assert found.element("Number").flags & Flags.KEY


def test_the_keys_of_an_unknown_class_are_text_as_from_winrm() -> None:
    found = read(r'\\SRV\root\other:Thing.Number=5,Is=TRUE,Name="x"', is_known=False)
    assert found.key == {"Number": "5", "Is": "true", "Name": "x"}
    assert not found.is_typed
    assert found.namespace == "root/other"


def test_a_relative_path_begins_where_the_object_is() -> None:
    assert read('Thing.Name="x"', is_known=False).namespace == "root/cimv2"
    assert object_names.read('T.Name="x"', None, None, unknown).namespace is None


def test_a_key_may_be_a_path() -> None:
    path = r'Link.Disk="\\\\SRV\\root\\cimv2:Disk.Number=5",When="20261122104015.000000+000"'
    for is_known in (True, False):
        inner = read(path, is_known=is_known).key["Disk"]
        assert isinstance(inner, Instance)
        assert inner.key == {"Number": 5 if is_known else "5"}


def test_a_text_that_looks_like_a_path_stays_the_text_that_its_class_declares() -> None:
    class_ = class_of("Note", Property("Text", CimType.STRING, qualifiers=KEY))
    found = object_names.read(
        r'Note.Text="Disk.Number=\"5\""', None, None, lambda _namespace, _name: class_
    )
    assert found.key == {"Text": 'Disk.Number="5"'}


def test_a_key_that_does_not_fit_its_class_is_refused() -> None:
    with pytest.raises(ProtocolError, match=r"Disk\.Number"):
        read('Disk.Number="x"')


def test_a_key_that_its_class_has_not_is_text() -> None:
    assert read("Disk.Other=5").key == {"Other": "5"}


def test_the_name_of_a_lone_key_is_that_of_the_only_key() -> None:
    assert read('Disk="5"').key == {"Number": 5}
    with pytest.raises(ProtocolError, match=r"Disk\.Number"):
        read('Disk="x"')


@pytest.mark.parametrize(
    ("path", "namespace", "relative"),
    [
        ('Thing="x"', "root/cimv2", 'Thing="x"'),
        ('Link="x"', "root/cimv2", 'Link="x"'),
        (r"\\SRV\ROOT\CIMV2:Thing", "root/cimv2", "Thing"),
        ("root\\other:Thing", "root/other", "Thing"),
        ("Thing.Name=what?", "root/cimv2", "Thing.Name=what?"),
    ],
)
def test_a_path_without_the_name_of_a_key_gives_what_names_no_object(
    path: str, namespace: str, relative: str
) -> None:
    found = object_names.read(path, "root/cimv2", None, lambda _ns, name: known(None, name))
    assert found.namespace == namespace
    assert dict(found) == {"__RELPATH": relative}
    with pytest.raises(InvalidParameter):
        _ = found.key
    assert object_names.write(found) == rf"\\.\{namespace.replace('/', chr(92))}:{relative}"


def test_what_names_no_object_is_written_back_as_it_came() -> None:
    found = object_names.read('Thing="x"', None, None, unknown)
    assert object_names.write(found) == 'Thing="x"'


@pytest.mark.parametrize("path", ["", "5", r"\\x", "//\x01:Thing", "a\x01b:Thing"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ProtocolError):
        read(path)


def test_a_singleton_is_named() -> None:
    found = read("Thing=@", is_known=False)
    assert (found.key, dict(found)) == ({}, {})


def test_a_path_is_written_for_the_server_that_it_is_sent_to() -> None:
    given = Instance("Disk", {"Number": 5}, namespace="root/cimv2", server_name="server01")
    assert object_names.write(given) == r"\\.\root\cimv2:Disk.Number=5"
    assert object_names.write(Instance("Disk", {"Number": 5})) == "Disk.Number=5"
    outer = Instance("Link", {"Disk": given})
    assert object_names.write(outer) == r'Link.Disk="\\\\.\\root\\cimv2:Disk.Number=5"'
    assert read(object_names.write(outer)).key["Disk"] == given


def test_paths_in_paths_come_to_an_end() -> None:
    given = Instance("Link", {"Number": 5})
    for _ in range(10):
        given = Instance("Link", {"Disk": given})
    with pytest.raises(InvalidParameter, match="more than 8"):
        object_names.write(given)
