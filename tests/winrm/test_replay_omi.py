"""What OMI was asked once, asked again by the public API, request for request."""

import pytest

from tests.winrm.omi_rows import LEFT_OUT, ROWS, Row
from tests.winrm.replayed import RECORDED, numbers, replaying

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="the transcripts are not here")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.exchanges)
def test_what_was_asked_is_asked_again_and_understood(row: Row) -> None:
    with replaying(*row.exchanges.split()) as (session, replay):
        if isinstance(row.gives, type):
            with pytest.raises(row.gives):
                row.ask(session)
        else:
            assert row.ask(session) == row.gives
    assert replay.differences == []
    assert replay.expected == []


def test_nothing_that_was_recorded_is_forgotten() -> None:
    replayed = {number for row in ROWS for number in row.exchanges.split() if number[0] != "="}
    assert sorted(replayed | set(LEFT_OUT)) == numbers()
    assert replayed.isdisjoint(LEFT_OUT)
