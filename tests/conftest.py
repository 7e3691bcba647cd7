"""What every test gets: reproducible examples, no realm of this machine's, no quiet skip in CI."""

import faulthandler
import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run, so that a red suite is red for the one who looks into it.
settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("nightly", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

os.environ["KRB5_CONFIG"] = str(Path(__file__).with_name("krb5.conf"))
os.environ["KRB5CCNAME"] = f"FILE:{os.devnull}"

# CI installs all that the suite uses, so a skip there hides something, but for a few reasons: the
# recorded messages are no part of the project; a Windows test needs Windows, and there the tests of
# a machine without WMI, and of MIT Kerberos, have no place.
_ON_WINDOWS = ("Windows has WMI", "MIT Kerberos")
_ALLOWED_SKIPS = ("transcripts", *(_ON_WINDOWS if sys.platform == "win32" else ("Windows",)))


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not report.skipped or hasattr(report, "wasxfail") or not os.environ.get("CI"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not any(allowed in reason for allowed in _ALLOWED_SKIPS):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, which has all that the suite uses: {reason}"


# Seconds that Python may take to end when the tests have.
_LONGEST_END = 60.0
_STDERR = 2


def pytest_unconfigure() -> None:
    """Fail, and say where, if a thread that was left behind lets this process not end."""
    # By number: what pytest has in its place is closed by then.
    faulthandler.dump_traceback_later(_LONGEST_END, exit=True, file=_STDERR)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make a skip a failure in CI."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Make the skip of a whole module a failure in CI."""
    report = yield
    _refuse_skip(report)
    return report
