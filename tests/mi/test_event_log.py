"""Queries of the event log are XML that any channel name and XPath survives."""

from typing import Any

import pytest
from lxml import etree

from mi.errors import InvalidParameter, TypeMismatch
from mi.event_log import query_list


def test_a_channel_becomes_a_query_for_all_of_its_events() -> None:
    assert query_list("System") == (
        '<QueryList><Query Id="0"><Select Path="System">*</Select></Query></QueryList>'
    )


def test_several_channels_are_one_query() -> None:
    assert query_list(iter(["System", " Microsoft-Windows-WinRM/Operational "])) == (
        '<QueryList><Query Id="0"><Select Path="System">*</Select>'
        '<Select Path="Microsoft-Windows-WinRM/Operational">*</Select></Query></QueryList>'
    )


def test_a_query_list_is_taken_as_it_is() -> None:
    text = " <QueryList><Query/></QueryList>"
    assert query_list(text) == text


def test_what_xml_means_otherwise_is_escaped() -> None:
    text = query_list('A&"B', "*[System[Level <= 2]]")
    select = etree.fromstring(text)[0][0]
    assert (select.get("Path"), select.text) == ('A&"B', "*[System[Level <= 2]]")


@pytest.mark.parametrize(
    ("channels", "error"),
    [
        ([], InvalidParameter),
        ("", InvalidParameter),
        (["System", " "], InvalidParameter),
        ("Sys\x00tem", InvalidParameter),
        ([5], TypeMismatch),
    ],
)
def test_what_names_no_channel_is_refused(channels: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        query_list(channels)


def test_an_expression_is_a_string_that_says_something() -> None:
    with pytest.raises(TypeMismatch, match="a select is a string"):
        query_list("System", None)  # type: ignore[arg-type]
    with pytest.raises(InvalidParameter, match="a select may not be empty"):
        query_list("System", "")
