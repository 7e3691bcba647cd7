"""Arbitrary and mutated input: every decoder reads it or raises an `MIError`, and soon."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mi
from tests.fuzz.decoders import DECODERS, Decoder

SLOW = 5.0  # seconds that no input of this size may take, however loaded the machine is
LARGEST = 60_000


@pytest.fixture(autouse=True)
def no_log() -> Iterator[None]:
    logging.disable(logging.CRITICAL)  # each repaired document is a warning
    yield
    logging.disable(logging.NOTSET)


def is_read(decoder: Decoder, data: bytes) -> bool:
    started, said = time.monotonic(), ""
    try:
        decoder.read(data)
    except mi.MIError as error:
        said = str(error)
    taken = time.monotonic() - started
    assert taken < SLOW, f"{taken:.1f} s for {len(data)} bytes"
    assert len(said) < 5_000  # a sentence, and not the input once more
    return not said


@st.composite
def mutated(draw: st.DrawFn, decoder: Decoder) -> bytes:
    """Something that can be read, with a few changes."""
    seeds = decoder.seeds()
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 0, 1, 2, 8, 40, 400])))
        match draw(st.sampled_from(["token", "bytes", "cut", "again", "other", "flip"])):
            case "token":
                data[start:end] = draw(st.sampled_from(decoder.tokens))
            case "bytes":
                data[start:end] = draw(st.binary(max_size=12))
            case "cut":
                del data[start:]
            case "again":
                data[start:start] = data[start:end] * draw(st.sampled_from([1, 2, 30]))
            case "other":
                other = draw(st.sampled_from(seeds))
                place = draw(st.integers(0, len(other)))
                data[start:end] = other[place : place + 200]
            case "flip" if start < len(data):
                data[start] ^= 1 << draw(st.integers(0, 7))
    return bytes(data[:LARGEST])


@pytest.mark.parametrize("name", DECODERS)
def test_what_is_right_can_be_read(name: str) -> None:
    decoder = DECODERS[name]
    assert any(is_read(decoder, seed) for seed in decoder.seeds())


@pytest.mark.parametrize("name", DECODERS)
def test_mutated_input_is_read_or_refused(name: str) -> None:
    decoder = DECODERS[name]

    @settings(max_examples=300, suppress_health_check=list(HealthCheck))
    @given(data=mutated(decoder))
    def holds(data: bytes) -> None:
        is_read(decoder, data)

    holds()


@pytest.mark.parametrize("name", DECODERS)
def test_arbitrary_input_is_read_or_refused(name: str) -> None:
    decoder = DECODERS[name]
    pieces = st.lists(st.sampled_from(decoder.tokens) | st.binary(max_size=20), max_size=30)

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(data=pieces.map(b"".join))
    def holds(data: bytes) -> None:
        is_read(decoder, data)

    holds()


@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("count", [1_000, 100_000])
def test_one_thing_again_and_again_is_read_or_refused_soon(name: str, count: int) -> None:
    decoder = DECODERS[name]
    for token in decoder.tokens:
        is_read(decoder, (token * count)[:count])
        seed = decoder.seeds()[0]
        middle = len(seed) // 2
        is_read(decoder, seed[:middle] + (token * count)[:count] + seed[middle:])
