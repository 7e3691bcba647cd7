"""An indication is a plain value."""

import pickle

from mi.indication import Indication
from mi.instance import Instance


def test_an_indication_holds_the_event_and_where_it_stands() -> None:
    event = Instance("__InstanceCreationEvent", {"TIME_CREATED": 1})
    indication = Indication(event, "<BookmarkList/>", "host.example")
    assert indication.instance is event
    assert (indication.bookmark, indication.machine_id) == ("<BookmarkList/>", "host.example")
    assert pickle.loads(pickle.dumps(indication)) == indication


def test_an_indication_need_not_say_where() -> None:
    assert Indication(Instance("X")) == (Instance("X"), None, None)
