"""Sealing with NTLM's keys, against pyspnego and the examples of the specification."""

import hmac
import pickle
import runpy
import sys
from typing import Any

import pytest
import spnego
from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import algorithms

from protocols.loopback.users import User, registered
from protocols.security import ntlm_seal
from protocols.security.ntlm_seal import NtlmSeal

KEY = b"U" * 16  # the exported session key of MS-NLMP 4.2.1
PLAINTEXT = "Plaintext".encode("utf-16-le")
# MS-NLMP 4.2.4.4: extended session security, 128 bits, a key that was exchanged.
SEALED = bytes.fromhex("54e50165bf1936dc996020c1811b0f06fb5f")
SIGNATURE = bytes.fromhex("010000007fb38ec5c55d497600000000")


@pytest.fixture(scope="module")
def logged_on() -> Any:
    """The far end of a logon, and the key of it."""
    ntlm = spnego.NegotiateOptions.use_ntlm
    with registered(User.random()) as user:
        client = spnego.client(user.name, user.password, protocol="ntlm", options=ntlm)
        server = spnego.server(protocol="ntlm", options=ntlm)
        server.step(client.step(server.step(client.step())))
    return server, client.session_key


def test_a_message_is_sealed_as_in_the_specification() -> None:
    assert NtlmSeal(KEY, exchanges_keys=True).wrap(PLAINTEXT) == (SEALED, SIGNATURE)


def test_pyspnego_and_it_understand_one_another(logged_on: Any) -> None:
    server, key = logged_on
    seal = NtlmSeal(key, exchanges_keys=True)
    for message in (b"one", b"", b"three" * 10_000):
        sealed, signature = seal.wrap(message)
        assert server.unwrap_winrm(signature, sealed) == message
        answer = server.wrap_winrm(message)
        assert seal.unwrap(memoryview(answer.data), answer.header) == message


def reply_to(key: bytes, message: bytes, *, exchanges_keys: bool = True) -> tuple[bytes, bytes]:
    """Return what the server seals: its direction is the other one."""
    server = NtlmSeal(key, exchanges_keys=exchanges_keys)
    server._sent, server._received = server._received, server._sent
    return server.wrap(message)


@pytest.mark.parametrize("exchanges_keys", [True, False])
def test_a_key_that_was_not_exchanged_leaves_checksums_in_the_clear(exchanges_keys: bool) -> None:
    seal = NtlmSeal(KEY, exchanges_keys=exchanges_keys)
    signing_key = seal._sent._signing_key
    _, signature = seal.wrap(PLAINTEXT)
    checksum = hmac.digest(signing_key, bytes(4) + PLAINTEXT, "md5")[:8]
    assert (signature[4:12] == checksum) is not exchanges_keys
    sealed, signature = reply_to(KEY, b"answer", exchanges_keys=exchanges_keys)
    assert seal.unwrap(sealed, signature) == b"answer"


@pytest.mark.parametrize("wrong", [0, 4, 11, 12, 15, None])
def test_a_message_with_another_signature_is_refused(wrong: int | None) -> None:
    sealed, signature = reply_to(KEY, b"answer")
    altered = bytearray(signature)
    if wrong is None:
        altered.pop()
    else:
        altered[wrong] ^= 1
    with pytest.raises(ValueError, match="not that of the message"):
        NtlmSeal(KEY, exchanges_keys=True).unwrap(sealed, bytes(altered))


def test_a_message_that_comes_again_is_refused() -> None:
    seal = NtlmSeal(KEY, exchanges_keys=True)
    answer = reply_to(KEY, b"answer")
    assert seal.unwrap(*answer) == b"answer"
    with pytest.raises(ValueError, match="not that of the message"):
        seal.unwrap(*answer)


def test_numbers_begin_anew_after_the_last() -> None:
    seal = NtlmSeal(KEY, exchanges_keys=True)
    seal._sent._number = 0xFFFFFFFF
    assert [seal.wrap(b"x")[1][12:] for _ in range(2)] == [b"\xff" * 4, bytes(4)]


def test_it_does_not_pickle() -> None:
    with pytest.raises(TypeError, match="they hold keys"):
        pickle.dumps(NtlmSeal(KEY, exchanges_keys=True))


def test_an_older_cryptography_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.decrepit.ciphers.algorithms", None)
    monkeypatch.setitem(vars(algorithms), "ARC4", ARC4)
    older = runpy.run_path(ntlm_seal.__file__)["NtlmSeal"]
    assert older(KEY, exchanges_keys=True).wrap(PLAINTEXT) == (SEALED, SIGNATURE)
