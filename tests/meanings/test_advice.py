"""The sentences by themselves; that each row has one is tests/wsman/test_fault_table.py's."""

from string import Formatter

import pytest

from protocols.meanings import advice
from protocols.meanings.circumstances import NOWHERE, Circumstances
from protocols.meanings.numbers import MEANINGS, NUMBERS

SENTENCES = {name: text for name, text in vars(advice).items() if name.isupper()}
LONGEST = 330
KNOWN = Circumstances(
    "Win32_Process", "Win32_Process", "root/cimv2", "Create", user="CONTOSO\\ops",
    max_envelope_size=500,
)  # fmt: skip


@pytest.mark.parametrize("name", SENTENCES)
def test_each_is_one_sentence_that_says_what_to_do(name: str) -> None:
    sentence = SENTENCES[name]
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert ". " not in sentence


@pytest.mark.parametrize("name", SENTENCES)
@pytest.mark.parametrize("circumstances", [NOWHERE, KNOWN], ids=["nothing-known", "all-known"])
def test_each_can_be_said_whatever_is_known(name: str, circumstances: Circumstances) -> None:
    said = SENTENCES[name].format_map(circumstances.words)
    assert len(said) <= LONGEST
    assert "None" not in said


def test_a_placeholder_stands_for_what_is_known_where_a_fault_comes_in() -> None:
    used = {
        field for text in SENTENCES.values() for _, field, _, _ in Formatter().parse(text) if field
    }
    assert used <= set(NOWHERE.words)


# Sizes: the item's class, the limit, whose it is, and the line that raises it

SERVER_LINE = 'winrm set winrm/config @{MaxEnvelopeSizekb="8192"}'


def advised(name: str, circumstances: Circumstances = KNOWN) -> str:
    return MEANINGS[NUMBERS[name]].advice.format_map(circumstances.words)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (
            "MAX_ENVELOPE_SIZE_EXCEEDED",
            ["this client's limit", "max_envelope_size=500", "max_envelope_size=8192", SERVER_LINE,
             "an instance of Win32_Process"],
        ),
        (
            "SERVER_ENVELOPE_LIMIT",
            ["the server's own limit", SERVER_LINE, "an instance of Win32_Process"],
        ),
        ("MAX_ENVELOPE_SIZE", ["this client's limit", "max_envelope_size=500", SERVER_LINE]),
        ("MIN_ENVELOPE_SIZE", ["this client's limit", "max_envelope_size=500"]),
        (
            "ENVELOPE_TOO_LARGE",
            ["the server's own limit", SERVER_LINE, "an instance of Win32_Process"],
        ),
        (
            "HTTP_REQUEST_TOO_LARGE_STATUS",
            ["the server's own limit", SERVER_LINE, "an instance of Win32_Process"],
        ),
        (
            "ENCODING_LIMIT",
            ["this client's limit", "max_envelope_size=500", "an instance of Win32_Process"],
        ),
        (
            "UNREPORTABLE_SUCCESS",
            ["it was done", "this client's limit", "max_envelope_size=500",
             "an instance of Win32_Process"],
        ),
    ],
)  # fmt: skip
def test_a_size_names_the_class_the_limit_whose_it_is_and_the_line_that_raises_it(
    name: str, parts: list[str]
) -> None:
    said = advised(name)
    for part in parts:
        assert part in said


def test_what_is_not_known_of_a_size_is_left_out() -> None:
    assert "too small for an item" in advised("MAX_ENVELOPE_SIZE_EXCEEDED", NOWHERE)
    assert "max_envelope_size=…" in advised("MAX_ENVELOPE_SIZE_EXCEEDED", NOWHERE)


def test_characters_that_cannot_be_sent_name_the_class_and_what_to_select_instead() -> None:
    said = advised("INVALID_CHARACTERS_IN_RESPONSE")
    assert said.startswith("Select the properties you need (SELECT Name, … FROM Win32_Process):")
    assert "another property of an instance of Win32_Process holds characters" in said
