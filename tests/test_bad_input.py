"""Envelopes that are malformed, truncated, oversized or hostile: one clear `MIError` for each.

Never a hang, never somebody else's exception, never a part that is passed off as the whole: what
came before is given, then the error. Afterwards nothing is open on the server, and the session can
be used. Whatever is said here is tried by the public API alone.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

import mi
from protocols.loopback import Endpoint, Replace
from tests.hostile import BOMB, against, endless_pages, is_clear, refused
from tests.sessions import (
    SERVICES,
    actions,
    is_at_rest,
    on_time,
    session_with,
)

PROJECT = Path(__file__).parents[1]
LARGEST = 4 * 512_000 + 65_536
"""Bytes that a reply may have where nobody said otherwise."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


@pytest.fixture
def session(endpoint: Endpoint) -> Iterator[mi.Session]:
    with session_with(endpoint) as one:
        one.get_class("Win32_Service")
        yield one


def is_usable(endpoint: Endpoint, session: mi.Session) -> None:
    endpoint.undisturb()
    assert is_at_rest(endpoint)
    assert len(session.query_instances(SERVICES).all()) > 100


# Envelopes, sealed as they should be


def instead(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def reworded(envelope: bytes) -> bytes:
        assert old in envelope
        return envelope.replace(old, new, 1)

    return reworded


def with_name(text: bytes) -> Callable[[bytes], bytes]:
    """A page whose first instance has this name, markup or not."""
    return lambda envelope: re.sub(
        rb"(<p:Name>)[^<]*", lambda found: found[1] + text, envelope, count=1
    )


ENVELOPES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda _: b"", "not well formed|begins with no element"),
    "a word": (lambda _: b"OK", "begins with no element"),
    "half of it": (lambda text: text[: len(text) // 2], "not well formed"),
    "without its end": (lambda text: text[:-1], "not well formed"),
    "two of them": (lambda text: text + text, "not well formed"),
    "something after it": (lambda text: text + b"<more/>", "not well formed"),
    "a web page": (lambda _: b"<html><body>Sign in</body></html>", "not a SOAP 1.2 envelope"),
    "SOAP 1.1": (
        lambda text: text.replace(
            b"http://www.w3.org/2003/05/soap-envelope", b"http://schemas.xmlsoap.org/soap/envelope/"
        ),
        "SOAP 1.1",
    ),
    "two bodies": (instead(b"</s:Body>", b"</s:Body><s:Body/>"), "must hold a Header and one Body"),
    "no body": (lambda text: re.sub(rb"<s:Body>.*</s:Body>", b"", text, flags=re.DOTALL), "Body"),
    "a doctype": (lambda text: b"<!DOCTYPE x>" + text, "a DOCTYPE in line 1, which is refused"),
    "an external doctype": (
        lambda text: b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">' + text,
        "a DOCTYPE",
    ),
    "an entity bomb": (lambda text: BOMB + with_name(b"&a9;")(text), "a DOCTYPE"),
    "an external entity": (
        lambda text: (
            b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + with_name(b"&e;")(text)
        ),
        "a DOCTYPE",
    ),
    "an entity that nobody declared": (with_name(b"&e;"), "Entity 'e' not defined"),
    "an instruction": (lambda text: b"<?evil now?>" + text, "a processing instruction"),
    "an instruction within": (with_name(b"<?evil now?>"), "a processing instruction"),
    "300 elements in one another": (with_name(b"<a>" * 300 + b"</a>" * 300), "[Dd]epth"),
    "100,000 elements in one another": (
        with_name(b"<a>" * 100_000 + b"</a>" * 100_000),
        "[Dd]epth",
    ),
    "100,000 attributes": (
        with_name(b"<a %s/>" % b" ".join(b"a%d=''" % n for n in range(100_000))),
        "Name: it holds an element a instead of text",
    ),
    "a name of 40,000 characters": (with_name(b"<%s/>" % (b"n" * 40_000)), "Name: it holds"),
    "a namespace of 200,000 characters": (
        lambda _: b"<a xmlns='%s'/>" % (b"n" * 200_000),
        "not a SOAP 1.2 envelope",
    ),
    "a value twice": (with_name(b"a</p:Name><p:Name>"), "Name: it has several values"),
    "an instance without its class": (
        lambda text: re.sub(rb"<s:Body>.*</s:Body>", b"<s:Body><x/></s:Body>", text),
        "holds no page of items|holds no instance|declares no class|Win32_Service|class",
    ),
    "bytes that are not UTF-8": (with_name(b"\xff\xfe\xfd"), "not well formed"),
    "UTF-8 that is too long": (with_name(b"\xc0\xaf"), "not well formed"),
    "half a character": (with_name(b"\xe2\x82"), "not well formed"),
    "another encoding": (
        lambda text: b'<?xml version="1.0" encoding="utf-7"?>' + text,
        "must be UTF-8 or UTF-16",
    ),
    "no relation": (
        lambda text: re.sub(rb"<a:RelatesTo>.*?</a:RelatesTo>", b"", text),
        "does not say which message it answers",
    ),
    "a relation to nothing": (
        lambda text: re.sub(rb"<a:RelatesTo>.*?</", b"<a:RelatesTo></", text),
        "answers another message",
    ),
    "a relation to another message": (
        instead(b"<a:RelatesTo>uuid:", b"<a:RelatesTo>uuid:0"),
        "answers another message",
    ),
    "two relations": (
        instead(b"<a:RelatesTo>", b"<a:RelatesTo>uuid:1</a:RelatesTo><a:RelatesTo>"),
        "answers another message",
    ),
    "relations without end": (
        instead(b"<a:RelatesTo>", b"<a:RelatesTo>u</a:RelatesTo>" * 10_000 + b"<a:RelatesTo>"),
        "answers another message: u, u, .* instead of uuid:",
    ),
    "a relation that would turn the line around": (
        instead(b"<a:RelatesTo>", "<a:RelatesTo>\u202e\u200b\x85\x9b31m".encode()),
        "answers another message: \ufffd",
    ),
    "a number that is none": (
        lambda text: re.sub(rb"(<p:ProcessId>)[^<]*", rb"\g<1>many", text),
        "Win32_Service.ProcessId: 'many' is not the text of a uint32",
    ),
    "a number of 5,000 digits": (
        lambda text: re.sub(rb"(<p:ProcessId>)[^<]*", rb"\g<1>" + b"9" * 5000, text),
        "ProcessId: the number has too many digits",
    ),
    "a number that does not fit": (
        lambda text: re.sub(rb"(<p:ProcessId>)[^<]*", rb"\g<1>4294967296", text),
        "ProcessId: 4294967296",
    ),
    "spaces without end": (lambda text: text + b" " * LARGEST, "larger than the"),
}


@pytest.mark.parametrize("what", ENVELOPES)
def test_a_page_that_cannot_be_believed_is_an_error_after_what_came_before(
    endpoint: Endpoint, session: mi.Session, what: str
) -> None:
    reworded, said = ENVELOPES[what]
    services = session.query_instances(SERVICES)
    first = next(services)
    endpoint.disturb(Replace("Pull", envelope=reworded))
    came, error = refused(services)
    assert first["Name"]
    assert came == []
    assert isinstance(error, mi.ProtocolError)
    is_clear(error, said)
    is_usable(endpoint, session)


@pytest.mark.parametrize("what", ENVELOPES)
def test_the_same_as_the_only_reply_is_an_error_and_no_result(
    endpoint: Endpoint, session: mi.Session, what: str
) -> None:
    reworded, said = ENVELOPES[what]
    service = next(session.query_instances(SERVICES))
    endpoint.disturb(Replace("Get", envelope=reworded))
    with on_time(), pytest.raises(mi.MIError) as caught:
        session.get_instance(service)
    is_clear(caught.value, said)
    assert not caught.value.outcome_unknown
    is_usable(endpoint, session)


def test_what_can_be_read_of_a_page_comes_before_the_error(
    endpoint: Endpoint, session: mi.Session
) -> None:
    def spoiled(envelope: bytes) -> bytes:
        parts = envelope.split(b"<p:ProcessId>")
        return b"<p:ProcessId>".join([*parts[:4], b"x" + parts[4], *parts[5:]])

    whole = session.query_instances(SERVICES).all()
    services = session.query_instances(SERVICES)
    first = next(services)
    endpoint.disturb(Replace("Pull", envelope=spoiled))
    came, error = refused(services)
    assert [first, *came] == whole[:4]
    is_clear(error, "ProcessId: 'x")
    with pytest.raises(type(error)):  # and again, whenever more is asked for
        next(services)
    is_usable(endpoint, session)


def test_all_gives_no_part_for_the_whole(endpoint: Endpoint, session: mi.Session) -> None:
    endpoint.disturb(Replace("Pull", envelope=ENVELOPES["half of it"][0]))
    services = session.query_instances(SERVICES)
    with pytest.raises(mi.ProtocolError):
        services.all()
    came, _ = refused(services)
    assert len(came) == 1
    is_usable(endpoint, session)


# Characters that XML 1.0 forbids


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        (b"a\x01b\x0bc", "a\ufffdb\ufffdc"),
        (b"a&#0;b&#x1F;c", "a\ufffdb\ufffdc"),
        (b"a\xed\xa0\x80b", "a\ufffdb"),  # half a surrogate pair
        (b"a&#xD83D;&#xDE00;b", "a\U0001f600b"),  # both halves, as two characters
        (b"a\xef\xbf\xbeb&#xFFFF;", "a\ufffdb\ufffd"),
    ],
)
def test_forbidden_characters_are_replaced_told_and_logged(
    endpoint: Endpoint,
    session: mi.Session,
    caplog: pytest.LogCaptureFixture,
    sent: bytes,
    received: str,
) -> None:
    services = session.query_instances(SERVICES)
    assert not next(services).is_repaired
    endpoint.disturb(Replace("Pull", envelope=with_name(sent)))
    with caplog.at_level(logging.WARNING, "mi.serial"):
        second = next(services)
    assert second["Name"] == received
    assert second.is_repaired
    assert "characters that XML 1.0 forbids" in caplog.text
    assert len(services.all()) > 100
    is_usable(endpoint, session)


def test_repair_hides_nothing_else(endpoint: Endpoint, session: mi.Session) -> None:
    services = session.query_instances(SERVICES)
    next(services)
    endpoint.disturb(Replace("Pull", envelope=with_name(b"a\x01b&unknown;")))
    came, error = refused(services)
    assert came == []
    is_clear(error, "Entity 'unknown' not defined")


# Class declarations

DECLARATIONS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "no declaration": (
        lambda text: re.sub(rb"<s:Body>.*</s:Body>", b"<s:Body><x/></s:Body>", text),
        "holds no declaration of Win32_Service",
    ),
    "another class": (
        lambda text: re.sub(rb'CLASS NAME="[^"]*"', b'CLASS NAME="%s"' % (b"n" * 9_000), text),
        "sent the declaration of nnn",
    ),
    "an unknown type": (
        lambda text: re.sub(rb'TYPE="[^"]*"', b'TYPE="uint128"', text),
        "'uint128'",
    ),
    "half of it": (lambda text: text[: len(text) // 2], "not well formed"),
    "a doctype": (lambda text: BOMB + text, "a DOCTYPE"),
    "a relation to another message": (
        instead(b"<a:RelatesTo>uuid:", b"<a:RelatesTo>uuid:0"),
        "answers another message",
    ),
}


@pytest.mark.parametrize("what", DECLARATIONS)
def test_a_declaration_that_cannot_be_believed_is_an_error_and_is_not_kept(
    endpoint: Endpoint, what: str
) -> None:
    reworded, said = DECLARATIONS[what]
    with session_with(endpoint) as session:
        endpoint.disturb(Replace("Get", envelope=reworded))
        came, error = refused(session.query_instances(SERVICES))
        assert came == []
        assert isinstance(error, mi.ProtocolError)
        is_clear(error, said)
        is_usable(endpoint, session)
        assert actions(endpoint).count("Get") == 2


# Pages without end


def test_empty_pages_without_end_end_with_the_time_out() -> None:
    with against(endless_pages("")) as session:
        services = session.query_instances(SERVICES, timeout=0.5)
        with on_time():
            came, error = refused(services)
        assert came == []
        assert isinstance(error, mi.OperationTimeout)


def test_empty_pages_without_end_end_with_a_cancel() -> None:
    with against(endless_pages("")) as session:
        services = session.query_instances(SERVICES, timeout=None)
        timer = threading.Timer(0.2, services.cancel)
        timer.start()
        _, error = refused(services)
        timer.join(60)
        assert isinstance(error, mi.OperationCancelled)


def test_items_without_end_are_given_for_as_long_as_they_are_wanted() -> None:
    items = '<p:X xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/X"/>' * 10
    with against(endless_pages(items)) as session:
        flags = mi.OperationFlags.NO_RTTI
        with session.enumerate_instances("X", flags=flags) as found:
            assert len(list(islice(found, 2_000))) == 2_000
