"""Bodies under tests/wire/framing have the form of MS-WSMV 2.2.9.1, and are used both ways."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import ProtocolError
from protocols.wsman import framing
from protocols.wsman.framing import (
    CREDSSP,
    KERBEROS,
    LARGEST_PART,
    SPNEGO,
    SealedPart,
    content_type,
    frame,
    is_sealed,
    split,
)

PROJECT = Path(__file__).parents[2]
WIRE = PROJECT / "tests" / "wire" / "framing"
TRANSCRIPTS = PROJECT.parent / "shared" / "transcripts" / "omi-live"
ENDS = b"--Encrypted Boundary--\r\n"
SEALED = b"\x00\xff sealed: --Encrypted Boundary\r\n\tContent-Type: " + ENDS
SIGNATURE = bytes(range(16))


def record(payload: bytes) -> bytes:
    return b"\x17\x03\x03" + len(payload).to_bytes(2) + payload


FIRST, SECOND = record(b"A" * 20) + record(SEALED), record(b"--Encrypted Boundary\r\n")

# name: (content type, parts)
FRAMES = {
    "negotiate": (
        content_type(SPNEGO),
        [SealedPart(SPNEGO, "UTF-8", len(SEALED), SIGNATURE, SEALED)],
    ),
    "negotiate-without-tabs": (
        content_type(SPNEGO),
        [SealedPart(SPNEGO, "UTF-8", len(SEALED), SIGNATURE, SEALED, has_tabs=False)],
    ),
    "kerberos": (
        content_type(KERBEROS),
        [SealedPart(KERBEROS, "UTF-16", len(SEALED), SIGNATURE * 3, SEALED)],
    ),
    "credssp": (
        content_type(CREDSSP, parts=2),
        [
            SealedPart(CREDSSP, "UTF-8", 40, FIRST[:16], FIRST[16:]),
            SealedPart(CREDSSP, "UTF-8", 6, SECOND[:16], SECOND[16:]),
        ],
    ),
}


def golden(name: str) -> bytes:
    return (WIRE / f"{name}.body").read_bytes()


def framed(parts: list[SealedPart]) -> bytes:
    return frame(
        parts[0].protocol,
        [(part.header, part.sealed, part.length) for part in parts],
        charset=parts[0].charset,
        has_tabs=parts[0].has_tabs,
    )


@pytest.mark.parametrize("name", FRAMES)
def test_parts_are_framed_as_the_golden_body_byte_for_byte(name: str) -> None:
    assert framed(FRAMES[name][1]) == golden(name)


@pytest.mark.parametrize("name", FRAMES)
def test_the_golden_body_is_cut_into_its_parts(name: str) -> None:
    header, parts = FRAMES[name]
    assert split(header, golden(name)) == parts


@pytest.mark.parametrize("name", FRAMES)
def test_a_body_that_ends_anywhere_before_its_end_is_refused(name: str) -> None:
    body = golden(name)
    for end in range(len(body) - 2):
        with pytest.raises(ProtocolError):
            split(FRAMES[name][0], body[:end])


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\r\n\r\n"])
def test_the_closing_boundary_needs_no_line_end_and_may_have_two(end: bytes) -> None:
    header, parts = FRAMES["negotiate"]
    assert split(header, golden("negotiate").removesuffix(b"\r\n") + end) == parts


def test_the_content_type_names_protocol_and_boundary() -> None:
    assert content_type(SPNEGO) == (
        'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";'
        'boundary="Encrypted Boundary"'
    )
    assert content_type(CREDSSP, parts=2).startswith("multipart/x-multi-encrypted;")


@pytest.mark.parametrize(
    ("header", "sealed"),
    [
        ("Multipart/Encrypted;protocol=x", True),
        (" multipart/x-multi-encrypted ; boundary=x", True),
        ("application/soap+xml;charset=UTF-8", False),
        ("multipart/encrypted-not", False),
        ("", False),
    ],
)
def test_a_sealed_body_is_told_by_its_media_type_without_case(header: str, sealed: object) -> None:
    assert is_sealed(header) is sealed


@pytest.mark.parametrize(
    "header",
    [
        f"multipart/encrypted; protocol={SPNEGO} ; boundary=Encrypted Boundary",
        f'MULTIPART/ENCRYPTED;Boundary="Encrypted Boundary";PROTOCOL="{SPNEGO.upper()}"',
        "multipart/encrypted;boundary=Encrypted Boundary",
    ],
)
def test_parameters_may_be_unquoted_reordered_and_in_any_case(header: str) -> None:
    assert split(header, golden("negotiate")) == FRAMES["negotiate"][1]


def test_exchange_writes_a_space_into_the_boundary() -> None:
    body = framed([SealedPart(SPNEGO, "UTF-8", 3, SIGNATURE, b"abc")])
    spaced = body.replace(b"--Encrypted", b"-- Encrypted")
    assert split(content_type(SPNEGO), spaced)[0].sealed == b"abc"


def test_a_line_end_before_the_closing_boundary_is_not_sealed() -> None:
    body = framed([SealedPart(SPNEGO, "UTF-8", 3, SIGNATURE, b"abc")])
    assert split(content_type(SPNEGO), body.replace(ENDS, b"\r\n" + ENDS))[0].sealed == b"abc"


def test_a_charset_that_is_not_named_is_utf_8() -> None:
    body = golden("negotiate").replace(b"charset=UTF-8;", b"")
    assert split(content_type(SPNEGO), body)[0].charset == "UTF-8"


def altered(pattern: bytes, by: bytes) -> bytes:
    body = framed([SealedPart(SPNEGO, "UTF-8", 3, SIGNATURE, b"abc")])
    assert re.search(pattern, body)
    return re.sub(pattern, by, body, count=1)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (altered(rb"\A--Encrypted", b"--Other"), "no boundary at byte 0"),
        (altered(rb"Length=3", b"Length=2"), "no boundary at byte"),
        (altered(rb"Length=3", b"Length=4"), "no boundary at byte"),
        (altered(rb"Length=3", b"Length=4000000000"), "cut off"),
        (altered(rb"Length=3", b"Length=-3"), "does not say its length"),
        (altered(rb"Length=3", b"Length=12345678901"), "does not say its length"),
        (altered(rb";Length=3", b""), "does not say its length"),
        (altered(rb"\x10\x00\x00\x00", b"\xff\xff\xff\xff"), "claims a header of"),
        (altered(rb"\x10\x00\x00\x00", b"\x00\x10\x00\x00"), "cut off"),
        (altered(rb"SPNEGO", b"Kerberos"), "which is not ours"),
        (altered(rb"\tContent-Type: application/HTTP[^\r]*\r\n", b""), "which is not ours"),
        (altered(rb"octet-stream", b"soap"), "where its bytes should be"),
        (altered(rb"\tOriginal", b"\ta: b\r\n" * 8 + b"\tOriginal"), "too many fields"),
        (altered(rb"\tOriginal", b"x" * 2000 + b"\r\n"), "cut off or garbled"),
        (altered(rb"\Z", b"more"), "no boundary at byte"),
        (b"", "no boundary at byte 0"),
    ],
)
def test_a_body_that_is_framed_wrongly_is_refused_with_what_is_wrong(
    body: bytes, reason: str
) -> None:
    with pytest.raises(ProtocolError, match=reason):
        split(content_type(SPNEGO), body)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("application/soap+xml;charset=UTF-8", "not sealed"),
        ("multipart/encrypted", "no usable boundary"),
        ('multipart/encrypted;boundary=""', "no usable boundary"),
        (f"multipart/encrypted;boundary={'x' * 71}", "no usable boundary"),
        ("multipart/encrypted;boundary=Störung", "no usable boundary"),
    ],
)
def test_a_content_type_that_does_not_tell_how_to_cut_is_refused(header: str, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        split(header, golden("negotiate"))


@pytest.mark.parametrize(
    "records",
    [
        b"",
        b"\x17",
        b"\x17\x03\x03\x00",
        b"\x17\x03\x03\xff\xff",
        b"\x19\x03\x03\x00\x01x",
        record(b"short"),
    ],
)
def test_tls_records_that_do_not_hold_what_they_should_are_refused(records: bytes) -> None:
    body = frame(CREDSSP, [(b"", records, 40)])
    with pytest.raises(ProtocolError):
        split(content_type(CREDSSP), body)


def test_a_header_longer_than_its_tls_records_is_refused() -> None:
    body = frame(CREDSSP, [(b"", record(b"x" * 40), 40)])
    longer = body.replace(b"\r\n\x00\x00\x00\x00", b"\r\n\x00\x01\x00\x00")
    with pytest.raises(ProtocolError, match="TLS records"):
        split(content_type(CREDSSP), longer)


PIECES = st.lists(st.sampled_from([ENDS, b"--Encrypted Boundary\r\n", b"\r\n", b"\x17", b"x"]))
CIPHERTEXT = st.binary(max_size=200) | PIECES.map(b"".join)


def line_by_line(header: str, body: bytes) -> list[SealedPart]:
    return framing._Reader(body, framing._layout(header)).parts()


@pytest.mark.parametrize("protocol", [SPNEGO, KERBEROS, CREDSSP])
@given(st.binary(max_size=20), CIPHERTEXT, st.booleans(), st.data())
def test_a_body_of_one_part_is_cut_at_once_as_it_is_line_by_line(
    protocol: str, header: bytes, sealed: bytes, has_tabs: bool, data: st.DataObject
) -> None:
    body = frame(protocol, [(header, sealed, len(sealed))], has_tabs=has_tabs)
    told = content_type(protocol)
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 20)))
    damaged = body[:start] + data.draw(st.binary(max_size=4)) + body[end:]
    for one in (body, damaged, body[:start] * 2 + body[start:]):
        try:
            expected = line_by_line(told, one)
        except ProtocolError:
            with pytest.raises(ProtocolError):
                split(told, one)
        else:
            assert split(told, one) == expected


@given(CIPHERTEXT.filter(lambda header: len(header) <= 4096), CIPHERTEXT, st.booleans())
def test_whatever_was_sealed_is_cut_out_whole(header: bytes, sealed: bytes, has_tabs: bool) -> None:
    for protocol in (SPNEGO, KERBEROS):
        part = SealedPart(protocol, "UTF-8", len(sealed), header, sealed, has_tabs)
        assert split(content_type(protocol), framed([part])) == [part]


@given(st.lists(CIPHERTEXT.filter(len), min_size=1, max_size=4))
def test_whatever_was_sealed_in_several_parts_is_cut_out_whole(payloads: list[bytes]) -> None:
    parts = [SealedPart(CREDSSP, "UTF-8", len(each), b"", record(each)) for each in payloads]
    assert split(content_type(CREDSSP, parts=len(parts)), framed(parts)) == parts


@given(st.data())
def test_a_damaged_body_is_cut_or_refused_but_nothing_else(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FRAMES)))
    body = bytearray(golden(name))
    position = data.draw(st.integers(0, len(body) - 1))
    body[position : position + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    with suppress(ProtocolError):
        split(FRAMES[name][0], bytes(body))


@given(st.text(max_size=60), st.binary(max_size=60))
def test_arbitrary_bytes_are_refused(header: str, body: bytes) -> None:
    with pytest.raises(ProtocolError):
        split(f"multipart/encrypted{header}", body)


def test_a_part_of_credssp_is_a_tls_record() -> None:
    assert LARGEST_PART == 2**14


# The recordings: raw HTTP of both directions; their keys are not there.


def messages(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield content type and body of each message with a body in a recorded conversation."""
    for chunk in re.split(rb"(?:\A|\n)(?:>>>>>>>> client|<<<<<<<< server)\n", data)[1:]:
        head, _, body = chunk.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: ([0-9]+)", head)
        kind = re.search(rb"Content-Type: ([^\r]*)", head)
        if length is not None and kind is not None:
            yield kind[1].decode(), body[: int(length[1])]


def wires() -> list[Path]:
    return sorted(TRANSCRIPTS.glob("*.wire"))


@pytest.mark.skipif(not TRANSCRIPTS.exists(), reason="the transcripts are not here")
@pytest.mark.parametrize("path", wires(), ids=lambda path: path.stem)
def test_a_recorded_sealed_body_is_cut_right(path: Path) -> None:
    for header, body in messages(path.read_bytes()):
        if not is_sealed(header):
            continue
        (part,) = split(header, body)
        assert len(part.header) == (60 if "kerberos" in path.stem else 16)
        assert len(part.sealed) == part.length
        assert (part.charset, part.has_tabs) == ("UTF-8", False)
        assert framed([part]) == body.removesuffix(b"\r\n") or framed([part]) == body


@pytest.mark.skipif(not TRANSCRIPTS.exists(), reason="the transcripts are not here")
def test_nearly_all_recorded_wires_hold_a_sealed_request_and_its_reply() -> None:
    sealed = [
        header for path in wires() for header, _ in messages(path.read_bytes()) if is_sealed(header)
    ]
    assert len(sealed) == 28
