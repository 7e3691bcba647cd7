"""Output of a command on a host, on the standard streams here."""

import pytest

from mi.cli.remote.streams import LocalStreams
from mi.shell_calls import Output


def test_each_stream_goes_to_the_one_of_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    streams = LocalStreams("utf-8")
    streams.write(Output("stdout", b"out\r\n", is_end=False))
    streams.write(Output("stderr", b"err\r\n", is_end=False))
    streams.write(Output("other", b"nobody's", is_end=False))
    streams.end()
    assert capsys.readouterr() == ("out\n", "err\n")


def test_characters_and_line_ends_that_were_cut_are_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    streams = LocalStreams("utf-8")
    for piece in (b"a\r", b"\n\xc3", b"\xa9\r", b"b\r"):
        streams.write(Output("stdout", piece, is_end=False))
    streams.end()
    assert capsys.readouterr().out == "a\né\rb\r"


def test_without_an_encoding_bytes_are_left_as_they_are(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    streams = LocalStreams(None)
    streams.write(Output("stdout", b"a\r\n\xff", is_end=False))
    streams.end()
    assert capfdbinary.readouterr().out == b"a\r\n\xff"
