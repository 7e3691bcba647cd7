import pickle
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import ProtocolError
from protocols.winrm.adapter import Answer
from protocols.winrm.encryption import PyspnegoSecurity, Seal, Sealing
from protocols.wsman import framing

SPNEGO = framing.content_type(framing.SPNEGO)


class Keys:
    """A seal that can be seen through: it turns the message round and signs with its length."""

    def wrap(self, message: bytes) -> tuple[bytes, bytes]:
        if not message:
            raise ValueError("nothing to seal")
        return message[::-1], len(message).to_bytes(16, "big")

    def unwrap(self, message: bytes | memoryview, signature: bytes) -> bytes:
        message = bytes(message)
        if signature == b"too short":
            return message[:-1]
        if signature == b"all padding":
            return b""
        if int.from_bytes(signature, "big") != len(message):
            raise ValueError("the signature is wrong, and this text is not for the caller")
        return message[::-1]


class Tls(Keys):
    """The same as records of TLS, with more than 16 KiB in none of them."""

    def wrap(self, message: bytes) -> tuple[bytes, bytes]:
        assert len(message) <= 16384
        record = b"\x17\3\3" + (len(message) + 16).to_bytes(2, "big") + message[::-1] + b"=" * 16
        return record[16:], record[:16]

    def unwrap(self, message: bytes | memoryview, signature: bytes) -> bytes:
        return (signature + message)[5:-16][::-1]


def sealing(*, has_tabs: bool = True, longest_padding: int = 0) -> Sealing:
    return Sealing(Seal(Keys(), longest_padding=longest_padding), has_tabs=has_tabs)


def answer(body: bytes, content_type: str = SPNEGO) -> Answer:
    return Answer(200, {"Content-Type": content_type}, body, "OK")


def sealed(message: bytes, *, signature: bytes | None = None, charset: str = "UTF-8") -> Answer:
    own = len(message).to_bytes(16, "big") if signature is None else signature
    part = (own, message[::-1], len(message))
    return answer(framing.frame(framing.SPNEGO, [part], charset=charset))


@given(st.binary(min_size=1))
def test_what_was_sealed_can_be_unsealed(message: bytes) -> None:
    content_type, body = sealing().seal(message)
    assert content_type == SPNEGO
    assert sealing().unseal(answer(body)) == message.rstrip(b"\0")


@pytest.mark.parametrize("has_tabs", [True, False])
def test_part_headers_have_tabs_for_windows_and_none_for_omi(has_tabs: bool) -> None:
    content_type, body = sealing(has_tabs=has_tabs).seal(b"<s:Envelope/>")
    assert framing.split(content_type, body)[0].has_tabs is has_tabs


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


def test_padding_counts_in_the_length_where_a_cipher_pads() -> None:
    padded = sealed(b"<a/>", signature=b"too short")  # one byte less comes out than it has
    assert sealing(longest_padding=8).unseal(padded) == b">/a"
    with pytest.raises(ProtocolError, match="has 0 bytes instead of 9"):
        sealing(longest_padding=8).unseal(sealed(b"/" * 9, signature=b"all padding"))


class Padding(Keys):
    def wrap(self, message: bytes) -> tuple[bytes, bytes]:
        return message + b"\1", b"header"


def test_a_message_that_is_padded_says_so_in_its_length() -> None:
    seal = Seal(Padding(), framing.KERBEROS, longest_padding=8)
    content_type, body = Sealing(seal, has_tabs=True).seal(b"<a/>")
    assert 'protocol="application/HTTP-Kerberos-session-encrypted"' in content_type
    assert framing.split(content_type, body)[0].length == 5


@pytest.mark.parametrize("size", [1, 16384, 16385, 40000])
def test_credssp_divides_a_message_into_parts_of_16_kib(size: int) -> None:
    message = b"x" * size
    credssp = Sealing(Seal(Tls(), framing.CREDSSP), has_tabs=True)
    content_type, body = credssp.seal(message)
    parts = framing.split(content_type, body)
    assert [part.length for part in parts] == [16384] * ((size - 1) // 16384) + [
        (size - 1) % 16384 + 1
    ]
    is_one = "multipart/encrypted" if len(parts) == 1 else "multipart/x-multi-encrypted"
    assert content_type.startswith(f"{is_one};")
    assert credssp.unseal(answer(body, content_type)) == message
    own = b"Length=%d\r" % parts[0].length
    lying = body.replace(own, b"Length=%d\r" % (parts[0].length - 1), 1)
    with pytest.raises(ProtocolError, match=f"{parts[0].length} bytes instead of"):
        credssp.unseal(answer(lying, content_type))


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


def test_the_means_to_seal_do_not_pickle() -> None:
    class Context:
        wrap_winrm = unwrap_winrm = staticmethod(bytes)

    with pytest.raises(TypeError, match="they hold keys"):
        pickle.dumps(PyspnegoSecurity(Context()))


def test_a_context_of_pyspnego_seals_and_unseals_as_it_is() -> None:
    class Context:
        def wrap_winrm(self, data: bytes) -> object:
            return SimpleNamespace(header=b"header", data=data[::-1])

        def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
            return header + data

    security = PyspnegoSecurity(Context())
    assert security.wrap(b"abc") == (b"cba", b"header")
    assert security.unwrap(b"abc", b"header") == b"headerabc"
