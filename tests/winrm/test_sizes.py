from mi.options import DestinationOptions
from protocols.winrm.sizes import envelope_size, largest_reply


def test_servers_are_asked_for_what_windows_allows_unless_the_caller_says() -> None:
    assert envelope_size(DestinationOptions()) == 512_000
    assert envelope_size(DestinationOptions(max_envelope_size=8)) == 8192


def test_a_reply_may_be_four_times_that_and_a_bit() -> None:
    assert largest_reply(DestinationOptions()) == 4 * 512_000 + 65_536
    assert largest_reply(DestinationOptions(max_envelope_size=8)) == 4 * 8192 + 65_536
