"""When a subscription is renewed that the server lets end."""

from datetime import UTC, datetime, timedelta

import pytest

from protocols.wsman.eventing import Expiration
from protocols.wsman.lifetime import Lifetime


def test_what_does_not_end_is_never_due() -> None:
    lifetime = Lifetime(60.0)
    assert [lifetime.is_due() for _ in range(5)] == [False] * 5


def test_it_is_due_when_half_of_the_time_may_be_over() -> None:
    lifetime = Lifetime(60.0)
    lifetime.grant(timedelta(minutes=10))
    assert [lifetime.is_due() for _ in range(5)] == [False] * 4 + [True]
    assert lifetime.granted == timedelta(minutes=10)


def test_it_is_due_after_each_pull_where_the_time_is_short() -> None:
    lifetime = Lifetime(60.0)
    lifetime.grant(timedelta(seconds=1))
    assert lifetime.is_due()


@pytest.mark.parametrize("expires", [None, datetime(2026, 11, 1, tzinfo=UTC)])
def test_an_end_that_nobody_here_can_see_coming_is_not_waited_for(
    expires: Expiration | None,
) -> None:
    lifetime = Lifetime(60.0)
    lifetime.grant(timedelta(seconds=1))
    lifetime.grant(expires)
    assert not lifetime.is_due()
