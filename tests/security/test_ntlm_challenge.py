import pytest

from protocols.security.ntlm_challenge import flags_of, is_challenge, offers_sealing

SEALING = 0x20080030


def challenge(flags: int) -> bytes:
    return b"NTLMSSP\x00\x02\x00\x00\x00" + bytes(8) + flags.to_bytes(4, "little") + bytes(24)


def test_what_begins_otherwise_is_no_token_of_ntlm() -> None:
    assert is_challenge(challenge(0))
    assert not is_challenge(b"")
    assert not is_challenge(b"\x60\x48\x06\x06")


def test_a_challenge_with_all_that_sealing_needs_offers_it() -> None:
    assert offers_sealing(challenge(SEALING | 1))
    assert flags_of(challenge(SEALING | 1)) == SEALING | 1


@pytest.mark.parametrize("missing", [0x10, 0x20, 0x80000, 0x20000000])
def test_a_challenge_that_leaves_out_any_of_it_does_not(missing: int) -> None:
    assert not offers_sealing(challenge(SEALING & ~missing))


@pytest.mark.parametrize("length", [0, 8, 19, 23])
def test_a_challenge_that_is_cut_off_offers_nothing(length: int) -> None:
    assert not offers_sealing(challenge(SEALING)[:length])
