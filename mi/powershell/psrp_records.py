"""psrpcore's events of a pipeline, as records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import psrpcore

from mi.powershell.error_record import ErrorRecord
from mi.powershell.psrp_values import from_psrp
from mi.powershell.records import Record, Stream
from mi.powershell.streams import record_of

__all__ = ["error_of", "record_of_event"]

_STREAMS: Final[Mapping[type[Any], Stream]] = {
    psrpcore.ErrorRecordEvent: Stream.ERROR,
    psrpcore.WarningRecordEvent: Stream.WARNING,
    psrpcore.VerboseRecordEvent: Stream.VERBOSE,
    psrpcore.DebugRecordEvent: Stream.DEBUG,
    psrpcore.InformationRecordEvent: Stream.INFORMATION,
    psrpcore.ProgressRecordEvent: Stream.PROGRESS,
}


def record_of_event(event: Any) -> Record | None:
    """Return what a pipeline has written, or None where the event says something else."""
    if isinstance(event, psrpcore.PipelineOutputEvent):
        return Record(Stream.OUTPUT, from_psrp(event.data))
    stream = _STREAMS.get(type(event))
    return None if stream is None else record_of(stream, from_psrp(event.record))


def error_of(reason: Any) -> ErrorRecord | None:
    """Return the error that has ended a pipeline or a pool, or None where there was none."""
    return None if reason is None else ErrorRecord.of(from_psrp(reason), is_terminating=True)
