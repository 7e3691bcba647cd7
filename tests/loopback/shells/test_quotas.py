"""Each kind of server allows what Windows of its time allows."""

from mi.options import ServerKind
from protocols.loopback.shells.quotas import QUOTAS


def test_server_2008_r2_has_fifteen_operations_and_five_shells() -> None:
    old, new = QUOTAS[ServerKind.WINRM2], QUOTAS[ServerKind.WINRM3]
    assert (old.operations_per_user, old.shells_per_user, old.counts_ended) == (15, 5, True)
    assert (new.operations_per_user, new.idle_timeout, new.counts_ended) == (1500, 7200.0, False)
