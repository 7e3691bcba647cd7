import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import ProtocolError
from protocols.winrm.adapter import Answer
from protocols.winrm.encryption import Sealing
from protocols.wsman import framing


class Keys:
    """A seal that can be seen through: it turns the message round and signs with its length."""

    def wrap(self, message: bytes) -> tuple[bytes, bytes]:
        if not message:
            raise ValueError("nothing to seal")
        return message[::-1], len(message).to_bytes(16, "big")

    def unwrap(self, message: bytes, signature: bytes) -> bytes:
        if signature == b"too short":
            return message[:-1]
        if int.from_bytes(signature, "big") != len(message):
            raise ValueError("the signature is wrong, and this text is not for the caller")
        return message[::-1]


def sealing(*, has_tabs: bool = True) -> Sealing:
    return Sealing(Keys(), has_tabs=has_tabs)


def answer(body: bytes, content_type: str = Sealing.content_type) -> Answer:
    return Answer(200, {"Content-Type": content_type}, body, "OK")


def sealed(message: bytes, *, signature: bytes | None = None, charset: str = "UTF-8") -> Answer:
    own = len(message).to_bytes(16, "big") if signature is None else signature
    part = (own, message[::-1], len(message))
    return answer(framing.frame(framing.SPNEGO, [part], charset=charset))


@given(st.binary(min_size=1))
def test_what_was_sealed_can_be_unsealed(message: bytes) -> None:
    unsealed = sealing().unseal(answer(sealing().seal(message)))
    assert unsealed == message.rstrip(b"\0")


@pytest.mark.parametrize("has_tabs", [True, False])
def test_part_headers_have_tabs_for_windows_and_none_for_omi(has_tabs: bool) -> None:
    body = sealing(has_tabs=has_tabs).seal(b"<s:Envelope/>")
    assert framing.split(Sealing.content_type, body)[0].has_tabs is has_tabs


def test_zeros_that_omi_fills_up_with_are_taken_off() -> None:
    assert sealing().unseal(sealed(b"<a/>" + b"\0" * 12)) == b"<a/>"


def test_the_zero_of_a_last_character_in_utf_16_is_not() -> None:
    message = "<a/>".encode("utf-16-le")
    assert sealing().unseal(sealed(message, charset="UTF-16")) == message


def test_a_wrong_signature_is_not_believed() -> None:
    with pytest.raises(ProtocolError, match="the signature of the reply is wrong") as caught:
        sealing().unseal(sealed(b"<a/>", signature=b"\1" * 16))
    assert "not for the caller" not in str(caught.value)
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_wrong_length_is_not_believed() -> None:
    with pytest.raises(ProtocolError, match="has 3 bytes instead of 4"):
        sealing().unseal(sealed(b"<a/>", signature=b"too short"))


def test_another_protocol_or_several_parts_are_not_what_was_agreed_upon() -> None:
    part = (b"\0" * 16, b"x", 1)
    kerberos = framing.frame(framing.KERBEROS, [part])
    for body, protocol in (
        (kerberos, framing.KERBEROS),
        (framing.frame(framing.SPNEGO, [part, part]), framing.SPNEGO),
    ):
        with pytest.raises(ProtocolError, match="agreed upon"):
            sealing().unseal(answer(body, framing.content_type(protocol)))


def test_a_body_that_is_cut_off_is_not_believed() -> None:
    with pytest.raises(ProtocolError, match="sealed"):
        sealing().unseal(answer(sealed(b"<a/>").body[:-30]))
    with pytest.raises(ProtocolError, match="not sealed"):
        sealing().unseal(answer(b"<a/>", "application/soap+xml"))


def test_a_context_that_cannot_seal_says_so() -> None:
    with pytest.raises(ProtocolError, match="cannot be sealed: ValueError: nothing to seal"):
        sealing().seal(b"")
