"""The bulk of a reply: taken out before it is parsed, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import ProtocolError
from protocols.wsman import shells
from protocols.wsman.bulk import cut
from protocols.wsman.envelope import Reply, Request, parse, serialize, serialize_reply
from protocols.wsman.headers import Addressing
from protocols.wsman.shell_messages import Send, StreamPiece
from protocols.wsman.shell_output import DONE, Received

LONG = b"QUJD" * 300


def message(inside: str) -> bytes:
    body = f'<rsp:ReceiveResponse xmlns:rsp="{shells.SHELL}">{inside}</rsp:ReceiveResponse>'
    return serialize_reply(f"{shells.ACTION_RECEIVE}Response", body, "uuid:1", "uuid:2")


def read(data: bytes) -> Received:
    reply = parse(data, "uuid:1", limit=10**7, has_streams=True)
    assert isinstance(reply, Reply)
    return Received.read(reply.body, reply.texts)


@given(st.lists(st.binary(max_size=3000), max_size=5))
def test_output_is_the_same_with_its_bulk_taken_out(data: list[bytes]) -> None:
    pieces = tuple(StreamPiece("stdout", one, "C", is_end=False) for one in data)
    said = Received(pieces, DONE, 0, "C")
    sent = serialize_reply("urn:a", said.write(), "uuid:1", "uuid:2")
    assert read(sent) == said


def stream(text: str = LONG.decode(), name: str = "stdout") -> str:
    return f'<rsp:Stream Name="{name}">{text}</rsp:Stream>'


def test_long_texts_of_streams_are_taken_out() -> None:
    data = message(
        stream()
        + f"<p:Stream xmlns:p='{shells.SHELL}'>{LONG.decode()}</p:Stream>"
        + f'<Stream xmlns="{shells.SHELL}">{LONG.decode()}</Stream>'
    )
    rest, texts = cut(data)
    assert {mark: list(map(bytes, run)) for mark, run in texts.items()} == {
        f"#{number}": [LONG] for number in range(3)
    }
    assert LONG not in rest
    assert [rest.count(f">{mark}<".encode()) for mark in texts] == [1, 1, 1]
    assert [piece.data for piece in read(data).pieces] == [b"ABC" * 300] * 3


def test_streams_that_begin_alike_become_one_element() -> None:
    data = message(stream() + stream() + stream("QUJD") + stream("") + stream(name="stderr"))
    rest, texts = cut(data)
    assert [list(map(bytes, run)) for run in texts.values()] == [
        [LONG, LONG, b"QUJD", b""],
        [LONG],
    ]
    assert rest.count(b"<rsp:Stream") == 2
    assert [(piece.name, len(piece.data)) for piece in read(data).pieces] == [
        ("stdout", 900),
        ("stdout", 900),
        ("stdout", 3),
        ("stdout", 0),
        ("stderr", 900),
    ]


@pytest.mark.parametrize("last", ["QUJD<!-- -->", "QUJD<x/>"])
def test_what_is_not_text_alone_ends_such_a_row(last: str) -> None:
    data = message(stream() + stream(last))
    rest, texts = cut(data)
    assert [list(map(bytes, run)) for run in texts.values()] == [[LONG]]
    assert stream(last).encode() in rest
    assert [piece.data for piece in read(data).pieces] == [b"ABC" * 300, b"ABC"]


@pytest.mark.parametrize("reference", ["&#81;", "&#x51;", "Q&#13;&#10;", "Q\n &#32;"])
def test_references_in_a_text_mean_what_they_mean_to_the_parser(reference: str) -> None:
    text = f"{LONG.decode()}{reference}UJD"
    assert [piece.data for piece in read(message(stream(text))).pieces] == [b"ABC" * 301]


@pytest.mark.parametrize("reference", ["&plus;", "&", "&#0;", "&lt;"])
def test_references_to_what_is_no_base64_are_refused(reference: str) -> None:
    with pytest.raises(ProtocolError):
        read(message(stream(f"{LONG.decode()}{reference}")))


@pytest.mark.parametrize(
    "inside",
    [
        "<rsp:Stream>QUJD</rsp:Stream>",
        f"<rsp:Other>{LONG.decode()}</rsp:Other>",
        f"<rsp:StreamX>{LONG.decode()}</rsp:StreamX>",
        f"<rsp:Stream/>{LONG.decode()}",
        f"<rsp:Stream a='/'/>{LONG.decode()}",
        f"<rsp:Stream></rsp:Stream>{LONG.decode()}",
        f"<rsp:Stream>{LONG.decode()}<!-- --></rsp:Stream>",
        f"<rsp:Stream>{LONG.decode()}</rsp:Other>",
        "",
    ],
)
def test_nothing_else_is_taken_out(inside: str) -> None:
    data = message(inside)
    assert cut(data) == (data, {})


def test_what_is_no_envelope_is_left_to_the_parser() -> None:
    for data in (b"", b"no markup", b"<open>", b"<open", LONG):
        assert cut(data) == (data, {})


def test_many_short_pieces_are_left_to_the_parser() -> None:
    data = message("<rsp:Stream>QUJD</rsp:Stream>" * 200 + f"<rsp:Stream>{LONG.decode()}")
    assert cut(data) == (data, {})


def test_a_text_with_blanks_is_read_all_the_same() -> None:
    padded = f"\n{LONG.decode()[:100]}\r\n {LONG.decode()[100:]}\n"
    [piece] = read(message(f"<rsp:Stream>{padded}</rsp:Stream>".replace("\r", ""))).pieces
    assert piece.data == b"ABC" * 300


@pytest.mark.parametrize("mark", ["#0", "#1", "#x", "#", "#-7"])
def test_a_mark_that_the_server_has_made_stands_for_nothing(mark: str) -> None:
    with pytest.raises(ProtocolError, match="base64"):
        read(message(stream(mark)))


@pytest.mark.parametrize("order", [(stream(), stream("#0", "a")), (stream("#0", "a"), stream())])
def test_a_mark_is_worth_what_it_stands_for_once(order: tuple[str, str]) -> None:
    with pytest.raises(ProtocolError, match="base64"):
        read(message("".join(order)))


@pytest.mark.parametrize("junk", ["%", "é", "\x01"])
def test_a_long_text_that_is_not_base64_is_refused(junk: str) -> None:
    with pytest.raises(ProtocolError, match="base64"):
        read(message(f"<rsp:Stream>{junk}{LONG.decode()}</rsp:Stream>"))


@given(st.binary(min_size=1, max_size=5000), st.booleans())
def test_a_long_input_is_put_into_the_bytes_as_it_would_be_into_the_text(
    data: bytes, is_end: bool
) -> None:
    send = Send((StreamPiece("stdin", data, "C", is_end),))
    addressing = Addressing("http://h:5985/wsman", 512_000)
    apart = Request(shells.ACTION_SEND, shells.SHELL, send.write_apart(), bulk=data)
    whole = Request(shells.ACTION_SEND, shells.SHELL, send.write())
    assert serialize(apart, addressing, "uuid:1") == serialize(whole, addressing, "uuid:1")
