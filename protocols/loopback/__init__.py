"""Endpoints on 127.0.0.1 over an in-memory CIM repository, for tests, demo and documentation.

`with Endpoint() as endpoint:` gives a WS-Management server that behaves as Windows does, and
`with DcomEndpoint() as endpoint:` one of WMI over DCOM.
"""

from protocols.loopback.dcom import DcomEndpoint
from protocols.loopback.disturbances import Cut, Disturbance, Drip, Replace, Say, Slow, Stall
from protocols.loopback.exchange import Exchange
from protocols.loopback.http import Endpoint
from protocols.loopback.population import sample_repository
from protocols.loopback.powershell.script_run import ScriptRun
from protocols.loopback.repository import Repository
from protocols.loopback.service import Limits
from protocols.loopback.shells.invocation import Invocation
from protocols.loopback.shells.quotas import Quotas

__all__ = [
    "Cut",
    "DcomEndpoint",
    "Disturbance",
    "Drip",
    "Endpoint",
    "Exchange",
    "Invocation",
    "Limits",
    "Quotas",
    "Replace",
    "Repository",
    "Say",
    "ScriptRun",
    "Slow",
    "Stall",
    "sample_repository",
]
