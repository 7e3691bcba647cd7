"""Scripts of PowerShell, as a session begins them."""

import pytest

from mi.errors import InvalidParameter, NotSupported, TypeMismatch
from tests.mi.conftest import Fake


def test_powershell_is_refused_by_a_closed_session_and_says_where(fake: Fake) -> None:
    session, _ = fake()
    with pytest.raises(TypeMismatch, match="server01: PowerShell: the parameters of a script"):
        session.powershell("x", 5)  # type: ignore[arg-type]  # a caller's mistake
    with pytest.raises(InvalidParameter, match=r"server01: PowerShell: .* no disconnected script"):
        session.resume_powershell("x")  # type: ignore[arg-type]  # likewise
    session.close()
    with pytest.raises(InvalidParameter, match="server01: PowerShell: the session is closed"):
        session.start_powershell("x")


def test_powershell_is_not_supported_where_the_protocol_has_no_shells(fake: Fake) -> None:
    session, _ = fake(refusal=NotSupported("no row for it"))
    for engine in ("process", "runspace"):
        with pytest.raises(NotSupported, match="no row for it"):
            session.powershell("x", engine=engine)


def test_what_keeps_powershell_open_is_kept_with_the_session(fake: Fake) -> None:
    session, channel = fake()
    assert session.start_powershell("x")._calls.far is session.start_powershell("y")._calls.far
    assert session.start_powershell("x")._calls.far.envelope_size == 512000
    other, _ = fake(max_envelope_size=150)
    assert other.start_powershell("x")._calls.far.envelope_size == 153600
    assert channel.runs == []
