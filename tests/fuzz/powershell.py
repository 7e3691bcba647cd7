"""What PowerShell on the far side writes, and what reads it."""

from __future__ import annotations

from functools import cache
from typing import Final
from uuid import UUID

import psrpcore
from psrpcore import types as ps

from mi.powershell import clixml
from mi.powershell.error_record import ErrorRecord
from mi.powershell.exchange import Exchange, reading
from mi.powershell.fragments import FragmentReader
from mi.powershell.mixed_output import MixedOutput
from mi.powershell.process_output import ProcessOutput
from mi.powershell.psrp_records import error_of, record_of_event
from mi.powershell.records import InformationRecord

__all__ = [
    "CLIXML",
    "CLIXML_TOKENS",
    "ERROR_OUTPUT",
    "read_clixml",
    "read_error_output",
    "read_remoting",
    "remoting",
]

_PIPELINE: Final = UUID(int=1)
_LIMIT: Final = 1_000_000

_OBJECT: Final = (
    b'<Obj RefId="0"><TN RefId="0"><T>System.Management.Automation.ErrorRecord</T></TN>'
    b'<ToString>It broke.</ToString><MS><Obj N="Exception" RefId="1"><TN RefId="1"><T>X</T></TN>'
    b'<Props><S N="Message">It _x000D__x000A_ broke.</S></Props></Obj>'
    b'<S N="FullyQualifiedErrorId">Id</S><I32 N="ErrorCategory_Category">13</I32>'
    b'<Obj N="InvocationInfo" RefId="2"><TNRef RefId="1"/><Props><I32 N="ScriptLineNumber">1</I32>'
    b'</Props></Obj><Ref N="TargetObject" RefId="0"/></MS></Obj>'
)
_VALUES: Final = (
    b"<S>a</S><C>97</C><B>true</B><DT>2026-11-24T12:00:00.1234567Z</DT><TS>P1DT2H3M4.5S</TS>"
    b"<By>1</By><SB>-1</SB><U16>1</U16><I16>-1</I16><U32>1</U32><I32>-1</I32><U64>1</U64><I64>-1"
    b"</I64><Sg>1.5</Sg><Db>INF</Db><D>1.50</D><BA>AQID</BA><G>00000000-0000-0000-0000-000000000001"
    b"</G><URI>http://x</URI><Nil/><Version>5.1</Version><XD>&lt;x/&gt;</XD><SBK>x</SBK><SS>ab</SS>"
)
_CONTAINERS: Final = (
    b'<Obj RefId="5"><TN RefId="9"><T>System.DayOfWeek</T><T>System.Enum</T></TN><ToString>Monday'
    b'</ToString><I32>1</I32></Obj><Obj RefId="6"><LST><I32>1</I32><Ref RefId="6"/></LST></Obj>'
    b'<Obj RefId="7"><DCT><En><S N="Key">k</S><Ref N="Value" RefId="6"/></En></DCT></Obj>'
    b'<Obj S="progress" RefId="8"><MS><I64 N="SourceId">1</I64><PR N="Record"><AV>x</AV><AI>0</AI>'
    b"<Nil/><PI>-1</PI><PC>40</PC><T>Processing</T><SR>-1</SR><SD>y</SD></PR></MS></Obj>"
)
_OPENING: Final = (
    b'<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
)
CLIXML: Final = tuple(
    _OPENING + content + b"</Objs>" for content in (_OBJECT, _VALUES, _CONTAINERS)
)
CLIXML_TOKENS: Final = (
    b'<Obj RefId="0">', b"</Obj>", b'<Ref RefId="0"/>', b'<TNRef RefId="0"/>', b"<LST>", b"<DCT>",
    b"<MS>", b"<Props>", b"</MS>", b'<S S="Error">', b"</S>", b"_xD83D_", b"_x000D_", b"&#0;",
    b"#< CLIXML\r\n", b"</Objs>", b"<Objs>", b"<!DOCTYPE x>", b"\xff", b"9" * 40, b' N="Key"',
)  # fmt: skip
_LINES: Final = (
    b"Get-Item : It is not there.", b"At line:1 char:1", b"+ Get-Item",
    b"    + CategoryInfo          : ObjectNotFound: (C:\\x:String) [Get-Item], ItemNot \n   Found",
    b"    + FullyQualifiedErrorId : PathNotFound", b" ",
)  # fmt: skip
_PRINTED: Final = b"".join(b'<S S="Error">' + line + b"_x000D__x000A_</S>" for line in _LINES)
ERROR_OUTPUT: Final = (
    b"\r\n".join(_LINES),
    b"#< CLIXML\r\n" + _OPENING + _PRINTED + _CONTAINERS + b'<S S="warning">w</S></Objs>',
    b"fatal\n#< CLIXML\r\n" + _OPENING + b'<S S="Error">cut',
)


def read_clixml(data: bytes) -> None:
    """Read values, and what they are where they are records."""
    for record in clixml.read(data, limit=_LIMIT):
        repr(record)
        str(ErrorRecord.of(record.value))
        InformationRecord.of(record.value)


def read_error_output(data: bytes) -> None:
    """Read it in two pieces, and as one."""
    text = data.decode("utf-8", "replace")
    for cut in (len(text) // 2, 0):
        output = MixedOutput()
        repr([output.feed(text[:cut]), output.feed(text[cut:]), output.finish()])
    whole = ProcessOutput("x")
    whole.feed("stdout", data)
    whole.feed("stderr", data)
    whole.finish()


# Remoting


def _opened() -> tuple[Exchange, psrpcore.ServerRunspacePool]:
    exchange = Exchange(psrpcore.ClientRunspacePool(), _LIMIT)
    server = psrpcore.ServerRunspacePool()
    core = psrpcore.ClientPowerShell(exchange.pool, pipeline_id=_PIPELINE).add_script("x")
    for step in (lambda pool: pool.open(), lambda _: core.start()):
        for payload in exchange.prepare(step):
            server.receive_data(
                psrpcore.PSRPPayload(payload.data, psrpcore.StreamType.default, None)
            )
        if _PIPELINE not in server.pipeline_table:
            psrpcore.ServerPipeline(server, _PIPELINE)
        list(iter(server.next_event, None))
        while (answer := server.data_to_send()) is not None:
            exchange.receive(FragmentReader(), answer.data)
    return exchange, server


def read_remoting(data: bytes) -> None:
    """Read messages of a pipeline, and of its pool."""
    exchange, _ = _opened()
    for event in exchange.receive(FragmentReader(), data, _PIPELINE):
        with reading():
            repr(record_of_event(event))
            if isinstance(event, (psrpcore.PipelineStateEvent, psrpcore.RunspacePoolStateEvent)):
                repr(error_of(event.reason))
            if isinstance(event, psrpcore.PipelineHostCallEvent):
                repr(event.method_parameters)


@cache
def remoting() -> tuple[bytes, ...]:
    """What a pipeline says."""
    _, server = _opened()
    one = server.pipeline_table[_PIPELINE]
    one.start()
    one.write_output({"a": [1, "x", None], "b": ps.PSCustomObject(Name="y")})
    one.write_error(ps.NETException(Message="It broke."), fully_qualified_error_id="Id")
    one.write_warning("careful")
    one.write_information("told", "script", tags=["PSHOST"])
    one.write_progress("Copying", 1, "half", percent_complete=50)
    one.host_call(ps.HostMethodIdentifier.ReadLine)
    one.stop()
    found = []
    while (payload := server.data_to_send(4096)) is not None:
        found.append(payload.data)
    return (*found, b"".join(found))
