import pytest
from hypothesis import given
from hypothesis import strategies as st
from impacket.dcerpc.v5.dcomrt import ORPCTHAT, ORPCTHIS

from mi.errors import ProtocolError
from protocols.dcom.ndr import NdrReader, NdrWriter
from protocols.dcom.orpc import ERROR_EXTENSION, Extension, OrpcThat, OrpcThis, Version

GUIDS = st.binary(min_size=16, max_size=16)
EXTENSIONS = st.lists(st.builds(Extension, GUIDS, st.binary(max_size=20)), max_size=4).map(tuple)
CAUSE = bytes(range(16))


def written(one: OrpcThis | OrpcThat) -> bytes:
    writer = NdrWriter()
    one.write(writer)
    return writer.data


def test_the_heads_of_calls_are_what_the_specification_says() -> None:
    assert written(OrpcThis(CAUSE)) == bytes.fromhex(
        "0500 0700 00000000 00000000 000102030405060708090a0b0c0d0e0f 00000000"
    )
    assert written(OrpcThat()) == bytes(8)


def test_extensions_come_in_pairs_and_in_eights() -> None:
    data = written(OrpcThat((Extension(CAUSE, b"123"),)))
    assert data == bytes.fromhex(
        "00000000 00000200 01000000 00000000 04000200 02000000 08000200 00000000"
        "08000000 000102030405060708090a0b0c0d0e0f 03000000 3132330000000000"
    )
    other = ORPCTHAT(data)
    other.fromStringReferents(data, 8)
    extent = other["extensions"]["extent"][0]
    assert (extent["id"], extent["size"]) == (CAUSE, 3)


@given(GUIDS, EXTENSIONS, st.integers(1, 7))
def test_whatever_is_written_is_read(
    cause: bytes, extensions: tuple[Extension, ...], minor: int
) -> None:
    this = OrpcThis(cause, Version(5, minor), extensions)
    assert OrpcThis.read(NdrReader(written(this))) == this
    assert ORPCTHIS(written(this))["cid"] == cause
    assert OrpcThat.read(NdrReader(written(OrpcThat(extensions)))).extensions == extensions


def test_the_error_object_is_among_the_extensions() -> None:
    that = OrpcThat((Extension(CAUSE, b"other"), Extension(ERROR_EXTENSION, b"why")))
    assert that.error == b"why"
    assert OrpcThat().error is None


def test_two_sides_speak_what_the_older_one_does() -> None:
    assert Version(5, 7).agreed(Version(5, 4)) == Version(5, 4)
    assert Version(5, 1).agreed(Version(5, 7)) == Version(5, 1)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("00000000 00000200 ff000000 00000000 04000200", "are allowed"),
        ("00000000 00000200 01000000 00000000 00000000", "number of extensions"),
        ("00000000 00000200 01000000 00000000 04000200 ff000000", "are allowed"),
        (
            (
                "00000000 00000200 01000000 00000000 04000200 01000000 08000200"
                "00000000 000102030405060708090a0b0c0d0e0f 03000000"
            ),
            "longer than its own size",
        ),
    ],
)
def test_sizes_that_lie_are_told(data: str, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        OrpcThat.read(NdrReader(bytes.fromhex(data)))


def test_no_extensions_may_be_said_at_length() -> None:
    data = bytes.fromhex("00000000 00000200 00000000 00000000 00000000")
    assert OrpcThat.read(NdrReader(data)).extensions == ()
