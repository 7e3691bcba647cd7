"""psrpcore's values of PowerShell and ours, both ways."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import psrpcore
import pytest
from psrpcore import types as ps

from mi.credentials import Credentials
from mi.errors import InvalidParameter, NotSupported, TypeMismatch
from mi.powershell.objects import EnumValue, PowerShellObject, SecureString
from mi.powershell.psrp_values import from_psrp, has_secret, to_psrp


def _over_there_and_back(value: Any) -> Any:
    cipher = psrpcore.PSRemotingCrypto()
    cipher.register_key(b"k" * 32)
    written = ET.tostring(ps.serialize(to_psrp(value), cipher))
    element = ET.fromstring(written)  # noqa: S314 - it is what psrpcore reads by
    return from_psrp(ps.deserialize(element, cipher))


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 5, -5, 1 << 40, (1 << 64) - 1, 1.1, "text _x000A_ 😀", b"\0\1",
        Decimal("1.50"), UUID(int=7), [1, [2, "x"], []], {"a": 1, 2: [None]},
        datetime(2026, 11, 24, 12, 1, 2, 345678, UTC), timedelta(1, 2, 3),
        datetime(2026, 11, 24),  # noqa: DTZ001 - it has no zone
    ],
)  # fmt: skip
def test_a_value_comes_back_as_it_went(value: Any) -> None:
    found = _over_there_and_back(value)
    assert found == value
    assert type(found) is type(value)


def test_what_has_no_type_of_its_own_there_becomes_what_has() -> None:
    assert _over_there_and_back((1, 2)) == [1, 2]
    assert _over_there_and_back(bytearray(b"x")) == b"x"
    assert _over_there_and_back(EnumValue(3, "Three")) == 3


def test_objects_secrets_and_credentials_come_back() -> None:
    plain = _over_there_and_back(PowerShellObject({"Name": "x", "Inner": [1]}))
    assert dict(plain) == {"Name": "x", "Inner": [1]}
    assert _over_there_and_back(SecureString("hunter2")).reveal() == "hunter2"
    credential = _over_there_and_back(Credentials.password("CONTOSO\\ops", "pw"))
    assert credential.type_name == "System.Management.Automation.PSCredential"
    assert (credential["UserName"], credential["Password"].reveal()) == ("CONTOSO\\ops", "pw")


def test_a_type_of_psrpcore_goes_as_it_is() -> None:
    version = ps.PSVersion("5.1")
    assert to_psrp(version) is version


@pytest.mark.parametrize("value", [1 << 64, -(1 << 63) - 1])
def test_a_number_of_more_than_64_bits_is_refused(value: int) -> None:
    with pytest.raises(InvalidParameter, match="more than 64 bits"):
        to_psrp(value)


def test_what_cannot_be_sent_is_refused() -> None:
    with pytest.raises(TypeMismatch, match="no value for object"):
        to_psrp([object()])
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(InvalidParameter, match="holds itself"):
        to_psrp(endless)


def test_types_of_the_far_side_become_plain_values() -> None:
    queue = ps.PSQueue()
    queue.put(1)
    assert from_psrp(queue) == [1]
    assert from_psrp(ps.PSStack([1, 2])) == [1, 2]
    assert from_psrp(ps.PSChar("x")) == "x"
    assert from_psrp(ps.PSVersion("5.1.2")) == "5.1.2"
    category = from_psrp(ps.ErrorCategory.OpenError)
    assert isinstance(category, EnumValue)
    assert (category, category.name) == (1, "OpenError")
    both = ps.PSCredentialTypes.Generic | ps.PSCredentialTypes.Domain
    assert int(from_psrp(both)) == int(both)


def test_a_secure_string_without_a_key_cannot_be_read() -> None:
    with pytest.raises(NotSupported):
        from_psrp(ps.PSSecureString("AAAA", psrpcore.PSRemotingCrypto())).reveal()


def test_a_value_that_holds_itself_is_turned_once() -> None:
    entries = ps.PSList()
    entries.append(entries)
    found = from_psrp(entries)
    assert found[0] is found
    shared = ps.PSCustomObject(a=1)
    pair = from_psrp(ps.PSList([shared, shared]))
    assert pair[0] is pair[1]


def test_a_key_that_is_an_object_is_its_text() -> None:
    key = ps.PSCustomObject(a=1)
    key.PSObject.to_string = "k"
    assert from_psrp(ps.PSDict({key: 1})) == {"k": 1}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x", False),
        ([1, {"a": (SecureString("s"),)}], True),
        (PowerShellObject({"a": SecureString("s")}), True),
        ({"a": Credentials.password("u", "p")}, True),
        ({"a": [1, "b"]}, False),
    ],
)
def test_a_secret_is_found_wherever_it_is(value: Any, expected: bool) -> None:
    assert has_secret(value) is expected


def test_a_value_that_holds_itself_is_searched_to_an_end() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert not has_secret(endless)
