from __future__ import annotations

import struct

import pytest

from mi.errors import InvalidParameter, ProtocolError
from protocols.dcom import object_blocks
from protocols.dcom.object_blocks import Head


def test_a_unit_has_a_signature_and_a_length() -> None:
    unit = object_blocks.write_unit(b"block")
    assert unit == bytes.fromhex("78563412 05000000") + b"block"
    assert object_blocks.end_of_unit(unit) == 13
    assert object_blocks.end_of_unit(unit + b"slack") == 13
    assert object_blocks.end_of_unit(struct.pack("<II", 0x12345678, 0xFFFFFFFF) + b"x") == 9


@pytest.mark.parametrize("data", [b"", bytes.fromhex("78563412 00000000"), b"MEOW" * 4])
def test_what_is_no_unit_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        object_blocks.end_of_unit(data)


@pytest.mark.parametrize("is_class", [True, False])
def test_a_block_says_what_it_is_and_where_from(is_class: bool) -> None:
    head = object_blocks.write_head(is_class=is_class, server_name="SRV", namespace="root/cimv2")
    assert head[1:] == b"\0SRV\0\0root\\cimv2\0"
    found = object_blocks.read_head(b"-" + head, 1, len(head) + 1)
    assert found == Head(is_class, "SRV", "root/cimv2", len(head) + 1)


def test_a_block_need_not_say_where_it_is_from() -> None:
    head = object_blocks.write_head(is_class=False, server_name="SRV", namespace=None)
    assert head == b"\2"
    assert object_blocks.read_head(head, 0, 1) == Head(False, None, None, 1)  # noqa: FBT003
    head = object_blocks.write_head(is_class=True, server_name=None, namespace="root")
    assert object_blocks.read_head(head, 0, len(head))[:3] == (True, None, "root")
    assert object_blocks.read_head(b"\6\0\0\0\0", 0, 5) == Head(False, None, None, 5)  # noqa: FBT003


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"\3", b"\4", b"\6\0SRV", b"\6\0S\0\0/\0", b"\5\0\0\0\x01\0"]
)
def test_what_is_no_block_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        object_blocks.read_head(data, 0, len(data))


def test_a_name_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(InvalidParameter):
        object_blocks.write_head(is_class=True, server_name="a\0", namespace="root")


def test_methods_have_a_length() -> None:
    data = struct.pack("<I", 12) + bytes(8)
    assert object_blocks.end_of_methods(data, 0, 12) == 12
    for length in (11, 13):
        with pytest.raises(ProtocolError, match="cut off"):
            object_blocks.end_of_methods(struct.pack("<I", length) + bytes(8), 0, 12)


def test_a_superclass_is_skipped() -> None:
    part, methods = struct.pack("<I", 14) + bytes(10), struct.pack("<I", 12) + bytes(8)
    assert object_blocks.skip_superclass(b"-" + part + methods, 1, 27) == 27
    with pytest.raises(ProtocolError, match="cut off"):
        object_blocks.skip_superclass(part + methods, 0, 20)
