from protocols.security.missing_kerberos import INSTALL, not_installed


def test_who_asks_for_kerberos_without_its_libraries_is_told_how_to_get_them() -> None:
    error = not_installed(ImportError("No module named 'gssapi'"))
    assert "No module named 'gssapi'" in error.message
    assert error.advice == INSTALL
    assert "[kerberos]" in INSTALL
