"""What a session asks for when it subscribes, and how long it waits."""

from typing import Any

import pytest

from mi import calls
from mi.errors import InvalidParameter, TypeMismatch
from mi.indication import Indication
from mi.instance import Instance
from mi.options import OperationOptions, SubscriptionDeliveryOptions
from tests.mi.conftest import Fake

_QUERY = "SELECT * FROM __InstanceCreationEvent WITHIN 5 WHERE TargetInstance ISA 'Win32_Process'"
_SYSTEM = '<QueryList><Query Id="0"><Select Path="System">*</Select></Query></QueryList>'


def test_a_subscription_is_an_operation_of_indications(fake: Fake) -> None:
    indication = Indication(Instance("__InstanceCreationEvent"))
    session, channel = fake([indication])
    delivery = SubscriptionDeliveryOptions(heartbeat_interval=5)
    assert session.subscribe(_QUERY, "WQL", delivery, namespace="root/wmi").all() == [indication]
    assert channel.runs[0].call == calls.Subscribe(_QUERY, "WQL", delivery, namespace="root/wmi")


def test_the_event_log_is_subscribed_to_by_channels(fake: Fake) -> None:
    session, channel = fake([])
    session.subscribe_event_log("System").all()
    assert channel.runs[0].call == calls.SubscribeEventLog(_SYSTEM, namespace="root/cimv2")


def test_the_event_log_is_subscribed_to_by_a_query_list_and_all_that_may_be_said(
    fake: Fake,
) -> None:
    session, channel = fake([])
    said: dict[str, Any] = {
        "bookmark": "<BookmarkList/>",
        "read_existing": True,
        "rendered_text": True,
        "ignore_channel_errors": True,
        "delivery": SubscriptionDeliveryOptions(expiration_time=60),
        "follow": False,
    }
    session.subscribe_event_log("<QueryList/>", **said).all()
    expected = calls.SubscribeEventLog("<QueryList/>", **said, namespace="root/cimv2")
    assert channel.runs[0].call == expected


def test_what_is_wrong_with_a_subscription_is_said_at_once(fake: Fake) -> None:
    session, channel = fake()
    with pytest.raises(InvalidParameter, match="SubscribeEventLog: there is no channel"):
        session.subscribe_event_log([])
    with pytest.raises(TypeMismatch, match="server01: Subscribe: a query is a string"):
        session.subscribe(None)  # type: ignore[arg-type]
    assert channel.runs == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, None),
        ({"timeout": 9}, 9.0),
        ({"options": OperationOptions(timeout=7)}, 7.0),
        ({"timeout": None, "options": OperationOptions(timeout=7)}, None),
    ],
)
def test_a_subscription_waits_for_ever_unless_its_caller_says_otherwise(
    fake: Fake, given: dict[str, Any], expected: float | None
) -> None:
    session, channel = fake([], timeout=5)
    session.subscribe(_QUERY, **given).all()
    assert channel.runs[0].control.timeout == expected
