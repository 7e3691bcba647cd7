"""Input comes while a command runs, output waits for its client, in the order of its writing."""

import threading

import pytest

from protocols.loopback.shells.attention import Attention, Terminated
from protocols.loopback.shells.pipes import Input, Output, Piece, Taken

BOTH = ("stdout", "stderr")


def connected() -> bool:
    return True


def test_input_is_read_whole_in_pieces_or_by_lines() -> None:
    attention = Attention()
    stdin = Input(attention)
    stdin.feed(b"one\r\ntwo")
    assert stdin.read_line() == b"one\r\n"
    assert stdin.read_some() == b"two"
    stdin.feed(b"three\nfour", is_end=True)
    assert stdin.is_ended
    assert list(stdin.lines()) == [b"three\n", b"four"]
    assert (stdin.read_line(), stdin.read_some(), stdin.read()) == (b"", b"", b"")
    assert Input.holding(b"all of it", attention).read() == b"all of it"
    held = Input.holding(b"all of it", attention)
    assert (held.read_exactly(4), held.read_exactly(0), held.read_exactly(9)) == (
        b"all ", b"", b"of it",
    )  # fmt: skip


def test_input_is_waited_for() -> None:
    stdin = Input(Attention())
    timer = threading.Timer(0.02, stdin.feed, (b"late\n",))
    timer.start()
    assert stdin.read_line() == b"late\n"
    timer.join(30)


def test_output_is_taken_in_order_and_ends_with_every_stream() -> None:
    output = Output(BOTH, Attention())
    output.write("stdout", b"a")
    output.write("stderr", b"b")
    output.write("elsewhere", b"lost")
    output.write("stdout", b"")
    assert output.take(BOTH, 9000, 0.0, connected) == Taken(
        (Piece("stdout", b"a"), Piece("stderr", b"b"))
    )
    assert output.take(BOTH, 9000, 0.0, connected) is None
    output.end(7)
    assert output.is_done
    ends = (Piece("stdout", is_end=True), Piece("stderr", is_end=True))
    assert output.take(BOTH, 9000, 5.0, connected) == Taken(ends, is_done=True, exit_code=7)
    assert output.take(BOTH, 9000, 5.0, connected) == Taken((), is_done=True, exit_code=7)


def test_what_is_not_asked_for_stays() -> None:
    output = Output(BOTH, Attention())
    output.write("stderr", b"err")
    assert output.take(("stdout",), 9000, 0.0, connected) is None
    output.write("stdout", b"out")
    output.end(0)
    taken = output.take(("stdout",), 9000, 0.0, connected)
    assert taken == Taken(
        (Piece("stdout", b"out"), Piece("stdout", is_end=True)), is_done=True, exit_code=0
    )
    assert output.take(("stderr",), 9000, 0.0, connected) == Taken(
        (Piece("stderr", b"err"), Piece("stderr", is_end=True)), is_done=True, exit_code=0
    )


def test_a_reply_takes_no_more_than_fits_with_what_each_piece_costs() -> None:
    output = Output(("stdout",), Attention())
    output.write("stdout", b"0123456789")
    first = output.take(("stdout",), 4, 0.0, connected)
    assert first == Taken((Piece("stdout", b"0123"),))
    for letter in (b"x", b"y", b"z"):
        output.write("stdout", letter * 5000)
    second = output.take(("stdout",), 10_100, 0.0, connected)
    assert second == Taken((Piece("stdout", b"456789" + b"x" * 5000), Piece("stdout", b"y" * 4998)))
    rest = output.take(("stdout",), 20_000, 0.0, connected)
    assert rest == Taken((Piece("stdout", b"yy"), Piece("stdout", b"z" * 5000)))


def test_what_waits_in_a_pipe_is_read_at_once() -> None:
    output = Output(BOTH, Attention())
    for stream in ("stdout", "stdout", "stderr", "stdout"):
        output.write(stream, b"x")
    assert output.take(BOTH, 9000, 0.0, connected) == Taken(
        (Piece("stdout", b"xx"), Piece("stderr", b"x"), Piece("stdout", b"x"))
    )


def test_pieces_that_are_kept_are_never_cut_nor_joined() -> None:
    output = Output(("stdout",), Attention(), keeps_pieces=True)
    for letter in (b"x", b"y", b"z"):
        output.write("stdout", letter * 1000)
    assert output.take(("stdout",), 10, 0.0, connected) == Taken((Piece("stdout", b"x" * 1000),))
    assert output.take(("stdout",), 1500, 0.0, connected) == Taken((Piece("stdout", b"y" * 1000),))
    assert output.take(("stdout",), 1500, 0.0, connected) == Taken((Piece("stdout", b"z" * 1000),))


def test_a_command_that_nobody_reads_waits_with_its_next_write() -> None:
    output = Output(("stdout",), Attention(), room=4)
    output.write("stdout", b"full")
    writer = threading.Thread(target=output.write, args=("stdout", b"more"))
    writer.start()
    writer.join(0.05)
    assert writer.is_alive()
    assert output.take(("stdout",), 5000, 0.0, connected) == Taken((Piece("stdout", b"full"),))
    writer.join(10)
    assert output.take(("stdout",), 5000, 0.0, connected) == Taken((Piece("stdout", b"more"),))


def test_nobody_gets_the_output_of_a_command_that_was_ended() -> None:
    attention = Attention()
    output = Output(("stdout",), attention)
    attention.terminate()
    with pytest.raises(Terminated):
        output.take(("stdout",), 5000, 30.0, connected)
    with pytest.raises(Terminated):
        output.write("stdout", b"x")
    output.end(1)
    assert output.take(("stdout",), 5000, 0.0, connected) is not None
