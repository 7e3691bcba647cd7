"""What a decoded value is, by the stream it was written to."""

from typing import Any

import pytest

from mi.powershell.error_record import ErrorRecord
from mi.powershell.objects import PowerShellObject
from mi.powershell.records import InformationRecord, ProgressRecord, Stream
from mi.powershell.streams import record_of

_PROGRESS = ProgressRecord("Copying", 1, "half", "a file", 0, 50, 9, is_completed=True)
_WRITTEN = PowerShellObject(
    {
        "Activity": "Copying",
        "ActivityId": 1,
        "StatusDescription": "half",
        "CurrentOperation": "a file",
        "ParentActivityId": 0,
        "PercentComplete": 50,
        "SecondsRemaining": 9,
        "Type": 1,
    }
)


@pytest.mark.parametrize(
    ("stream", "value", "expected"),
    [
        (Stream.OUTPUT, [1], [1]),
        (Stream.ERROR, "bad", ErrorRecord("bad")),
        (Stream.WARNING, "careful", "careful"),
        (Stream.WARNING, PowerShellObject({"Message": "careful"}), "careful"),
        (Stream.VERBOSE, PowerShellObject({"InformationalRecord_Message": "more"}), "more"),
        (Stream.DEBUG, PowerShellObject(text="inside"), "inside"),
        (Stream.DEBUG, PowerShellObject({"Message": [1]}), ""),
        (Stream.INFORMATION, "told", InformationRecord("told")),
        (Stream.PROGRESS, PowerShellObject({"SourceId": 1, "Record": _PROGRESS}), _PROGRESS),
        (Stream.PROGRESS, _WRITTEN, _PROGRESS),
        (Stream.PROGRESS, "Copying", ProgressRecord("Copying")),
        (Stream.PROGRESS, 5, ProgressRecord("")),
        (
            Stream.PROGRESS,
            PowerShellObject({"RecordType": 1}),
            ProgressRecord("", is_completed=True),
        ),
    ],
)
def test_a_value_is_what_its_stream_holds(stream: Stream, value: Any, expected: Any) -> None:
    assert tuple(record_of(stream, value)) == (stream, expected)
