"""What each call is on the wire: a kind of call is supported by having a row here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mi.calls import (
    AssociatorInstances,
    Call,
    CreateInstance,
    DeleteInstance,
    EnumerateClasses,
    EnumerateInstances,
    GetClass,
    GetInstance,
    Invoke,
    ModifyInstance,
    QueryInstances,
    ReferenceInstances,
    Subscribe,
    SubscribeEventLog,
    TestConnection,
)
from mi.shell_calls import (
    ConnectShell,
    DisconnectShell,
    EnumerateShells,
    FollowCommand,
    OpenShell,
    ReceiveOutput,
    ReconnectShell,
    RunCommand,
    SendInput,
    SignalCommand,
)
from protocols.wsman.classes import Declaration
from protocols.wsman.conversation import Conversation
from protocols.wsman.enumeration import Enumeration
from protocols.wsman.identify import Identification
from protocols.wsman.invocation import Invocation
from protocols.wsman.shell import Connection, Disconnection, Listing, Opening, Reconnection
from protocols.wsman.shell_commands import Execution, Input, Reception, Signalling
from protocols.wsman.subscription import Subscription
from protocols.wsman.transfer import Creation, Deletion, Modification, Retrieval

__all__ = ["CONVERSATIONS"]

CONVERSATIONS: Final[dict[type[Call[Any]], Callable[..., Conversation]]] = {
    TestConnection: Identification,
    GetInstance: Retrieval,
    CreateInstance: Creation,
    ModifyInstance: Modification,
    DeleteInstance: Deletion,
    Invoke: Invocation,
    EnumerateInstances: Enumeration,
    QueryInstances: Enumeration,
    AssociatorInstances: Enumeration,
    ReferenceInstances: Enumeration,
    GetClass: Declaration,
    EnumerateClasses: Enumeration,
    Subscribe: Subscription,
    SubscribeEventLog: Subscription,
    OpenShell: Opening,
    ConnectShell: Connection,
    DisconnectShell: Disconnection,
    ReconnectShell: Reconnection,
    EnumerateShells: Listing,
    RunCommand: Execution,
    FollowCommand: Execution,
    ReceiveOutput: Reception,
    SendInput: Input,
    SignalCommand: Signalling,
}
"""What each call is on the wire."""
