import pytest

from mi.callbacks import SessionCallbacks
from mi.options import DestinationOptions
from protocols.dcom.packets import AuthLevel
from protocols.wmidcom.rpc.target import Target
from protocols.wmidcom.rpc.ways import Way, level_of


@pytest.mark.parametrize(
    ("privacy", "level"),
    [(None, AuthLevel.PRIVACY), (True, AuthLevel.PRIVACY), (False, AuthLevel.INTEGRITY)],
)
def test_privacy_is_what_there_is_unless_somebody_gives_it_up(
    privacy: bool | None, level: AuthLevel
) -> None:
    assert level_of(DestinationOptions(packet_privacy=privacy)) is level


def test_a_way_tells_whoever_listens() -> None:
    told: list[str] = []
    callbacks = SessionCallbacks(write_message=lambda channel, text: told.append(text))
    options = DestinationOptions()
    way = Way(Target.of("server01", options), options, callbacks)
    way.tell("something")
    assert told == ["something"]
    assert way.level is AuthLevel.PRIVACY
