import pytest
from urllib3 import HTTPHeaderDict

from mi.errors import (
    AccessDenied,
    AuthenticationFailed,
    ConnectionFailed,
    LimitsExceeded,
    MIError,
    NotSupported,
    ProtocolError,
)
from mi.results import ErrorCategory, Result
from protocols.winrm.adapter import Answer
from protocols.winrm.endpoint import Address
from protocols.winrm.status import shortened, status_error

HTTP = Address("http", "server01", 5985, "/wsman")
HTTPS = Address("https", "server01", 5986, "/wsman")


def error(
    status: int, body: bytes = b"", *, address: Address = HTTP, is_sealed: bool = True, **more: str
) -> MIError:
    headers = HTTPHeaderDict({name.replace("_", "-"): value for name, value in more.items()})
    return status_error(Answer(status, headers, body, "?"), address, is_sealed=is_sealed)


@pytest.mark.parametrize(
    ("status", "kind", "message", "advice"),
    [
        (200, ProtocolError, "holds no message", "http_url_prefix"),
        (204, ProtocolError, "holds no message", "http_url_prefix"),
        (302, NotSupported, "elsewhere", "never followed"),
        (307, NotSupported, "elsewhere", "never followed"),
        (400, ProtocolError, "malformed", "HTTPS"),
        (401, AuthenticationFailed, "although it accepted", "this scheme"),
        (403, AccessDenied, "refuses to talk", "port and the transport"),
        (404, ConnectionFailed, "nothing is served", "http_url_prefix"),
        (405, ConnectionFailed, "takes no messages", "http_url_prefix"),
        (407, ConnectionFailed, "proxy", "without it"),
        (408, ConnectionFailed, "gave up waiting", "Try again"),
        (413, LimitsExceeded, "larger than the server takes", "MaxEnvelopeSizekb"),
        (415, ProtocolError, "this kind of content", "HTTPS"),
        (418, ProtocolError, "does not have", "WS-Management service"),
        (500, MIError, "without saying why", "event log"),
        (503, MIError, "stopped or overloaded", "Start the WinRM service"),
    ],
)
def test_each_status_means_something_and_has_its_advice(
    status: int, kind: type[MIError], message: str, advice: str
) -> None:
    found = error(status)
    assert type(found) is kind
    assert message in found.message
    assert f"HTTP status {status}" in found.message
    assert advice in str(found.advice)


def test_the_status_is_the_native_code_but_where_winrm_has_a_code_for_it() -> None:
    assert (error(404).native_code, error(404).native_type) == (404, "HTTP")
    assert (error(413).native_code, error(413).native_type) == (0x80338111, "WINRM")
    assert error(413).result is Result.SERVER_LIMITS_EXCEEDED


def test_an_overloaded_service_is_a_resource_that_is_not_to_be_had() -> None:
    assert error(503).category is ErrorCategory.RESOURCE_UNAVAILABLE
    assert error(500).category is ErrorCategory.NOT_SPECIFIED


@pytest.mark.parametrize("status", [401, 500])
def test_where_nothing_was_sealed_that_may_be_the_reason(status: int) -> None:
    assert "packet_privacy" in str(error(status, is_sealed=False).advice)
    assert "packet_privacy" not in str(error(status, is_sealed=False, address=HTTPS).advice)


def test_a_redirect_names_the_place_as_mi_does() -> None:
    found = error(302, Location="https://else\there:5986/wsman")
    assert found.result is Result.NOT_SUPPORTED
    assert "REDIRECT_LOCATION: https://else here:5986/wsman)" in found.message


def test_a_page_is_told_by_its_title() -> None:
    page = b"<html><head><TITLE lang='en'>\n Not  Found </TITLE></head><body>x</body></html>"
    found = error(404, page, is_sealed=False, Content_Type="text/html; charset=us-ascii")
    assert found.message.endswith("(HTTP status 404: Not Found)")


def test_a_page_without_a_title_is_told_by_its_words() -> None:
    page = b"<style>p {color: red}</style><p>Access\x00 <b>denied</b> by \xff policy</p>"
    found = error(403, page, is_sealed=False, Content_Type="Text/HTML")
    assert found.message.endswith(
        "(HTTP status 403: Access denied by \N{REPLACEMENT CHARACTER} policy)"
    )


def test_a_page_is_not_repeated_where_nothing_of_it_is_believed_or_it_is_no_text() -> None:
    assert "secret" not in error(404, b"secret", Content_Type="text/plain").message
    assert "secret" not in error(404, b"secret", is_sealed=False).message


def test_long_texts_are_shortened() -> None:
    assert shortened("a" * 200) == "a" * 200
    assert shortened("a" * 201) == "a" * 200 + " …"
    assert shortened(" a\r\nb\x1b[0m ") == "a b [0m"
