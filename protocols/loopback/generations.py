"""What older Windows does not do, and how it says so.

WinRM before 3 (Windows 7, Server 2008 R2) has no class declarations, neither creates nor deletes
instances, and takes a DMTF URI for the classes of the standard's version 2 alone (MS-WSMV, notes
to 3.1.4). What it says of the URI of all classes, nobody has recorded: here it does not know it.
"""

from __future__ import annotations

from typing import Final

from mi.options import ServerKind
from protocols.loopback.operation import Operation
from protocols.loopback.refusals import refuse
from protocols.loopback.resources import Family
from protocols.wsman.dialects import DIALECTS
from protocols.wsman.namespaces import ACTION_CREATE, ACTION_DELETE

__all__ = ["STACKS", "check_generation"]

STACKS: Final = {ServerKind.WINRM3: "3.0", ServerKind.WINRM2: "2.0"}
"""The version of the stack that Identify tells, for each kind that the endpoint can be."""

_MODERN: Final = DIALECTS[ServerKind.WINRM3]


def check_generation(operation: Operation, kind: ServerKind) -> None:
    """Refuse what a server of this kind does not do.

    Raises:
        Refusal: it is this.
    """
    if kind is not ServerKind.WINRM2:
        return
    resource = operation.resource
    is_dmtf = resource.dialect == _MODERN
    if resource.family is Family.SCHEMA or (is_dmtf and resource.family is Family.ALL_CLASSES):
        raise refuse("RESOURCE_NOT_FOUND")
    if is_dmtf and resource.family is Family.CLASS:
        raise refuse("URI_NON_DMTF_CLASS")
    is_shell = resource.family is Family.SHELL
    if operation.request.action in (ACTION_CREATE, ACTION_DELETE) and not is_shell:
        raise refuse("ACTION_MISMATCH")
