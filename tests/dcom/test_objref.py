import pytest
from impacket.dcerpc.v5.dcomrt import OBJREF_CUSTOM, OBJREF_STANDARD

from mi.errors import ProtocolError
from protocols.dcom.guids import guid
from protocols.dcom.objref import (
    CustomReference,
    Standard,
    StandardReference,
    read_custom,
    read_standard,
)
from protocols.dcom.string_bindings import DualStringArray, StringBinding

IID = guid("F309AD18-D86A-11D0-A075-00C04FB68820")
CLSID = guid("4590F812-1D3A-11D0-891F-00AA004B2E24")
STANDARD = Standard(0x1122334455667788, 0x99AABBCCDDEEFF00, bytes(range(16)), 5, 0x280)
REFERENCE = StandardReference(IID, STANDARD, DualStringArray((StringBinding(7, "s"),)))
HEAD = b"MEOW" + bytes.fromhex("01000000") + IID
EXTENDED = b"MEOW" + bytes.fromhex("08000000") + IID + STANDARD.packed() + b"VYSN" + bytes(4)


def test_a_standard_reference_is_what_the_specification_says() -> None:
    assert REFERENCE.packed() == HEAD + bytes.fromhex(
        "80020000 05000000 8877665544332211 00ffeeddccbbaa99 000102030405060708090a0b0c0d0e0f"
        "0500 0400 0700 7300 0000 0000 0000"
    )
    assert read_standard(REFERENCE.packed()) == REFERENCE


def test_impacket_reads_the_same() -> None:
    standard = OBJREF_STANDARD(REFERENCE.packed())["std"]
    assert (standard["oxid"], standard["oid"]) == (STANDARD.oxid, STANDARD.oid)
    assert (standard["ipid"], standard["cPublicRefs"]) == (STANDARD.ipid, 5)
    custom = OBJREF_CUSTOM(CustomReference(IID, CLSID, b"data").packed())
    assert (custom["clsid"], custom["pObjectData"]) == (CLSID, b"data")


def test_a_reference_with_a_handler_or_more_is_one_too() -> None:
    handler = b"MEOW" + bytes.fromhex("02000000") + IID + STANDARD.packed() + CLSID + bytes(4)
    assert read_standard(handler) == StandardReference(IID, STANDARD)
    assert read_standard(EXTENDED) == StandardReference(IID, STANDARD)


def test_a_custom_reference_carries_an_object_along() -> None:
    packed = CustomReference(IID, CLSID, b"data").packed()
    assert (
        packed
        == b"MEOW"
        + bytes.fromhex("04000000")
        + IID
        + CLSID
        + bytes.fromhex("00000000 04000000")
        + b"data"
    )
    assert read_custom(packed, CLSID) == b"data"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "ends early"),
        (b"WOEM" + REFERENCE.packed()[4:], "has no signature"),
        (HEAD, "is none, or carries it along"),
        (CustomReference(IID, CLSID, b"data").packed(), "carries it along"),
        (b"MEOW" + bytes(20) + STANDARD.packed() + bytes(4), "is none"),
        (EXTENDED.replace(b"VYSN", b"none"), "no signature"),
        (REFERENCE.packed()[:-6], "ends early"),
    ],
)
def test_what_is_no_standard_reference_is_told(data: bytes, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        read_standard(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (REFERENCE.packed(), "carries no object along"),
        (CustomReference(IID, CLSID, b"").packed()[:-1], "carries no object along"),
        (CustomReference(IID, IID, b"data").packed(), "of the class f309ad18-"),
    ],
)
def test_what_is_no_custom_reference_is_told(data: bytes, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        read_custom(data, CLSID)
