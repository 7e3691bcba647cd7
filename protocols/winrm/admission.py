"""Who may log on to a WinRM service when."""

from __future__ import annotations

from mi.options import DestinationOptions
from protocols.security import admission
from protocols.winrm.authentication import Logon
from protocols.winrm.endpoint import Address
from protocols.winrm.handshake import Method

__all__ = ["Admission"]


class Admission(admission.Admission[Method]):
    """What became of the credentials of a session, for all its connections."""

    def __init__(self, options: DestinationOptions, address: Address) -> None:
        super().__init__(Logon(options, address))
