"""`mi events`: what it asks for, what it prints, and how far it says that it has got."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import mi

QUERY = "SELECT * FROM __InstanceCreationEvent WITHIN 5"
USUAL = {
    "read_existing": True,
    "rendered_text": True,
    "ignore_channel_errors": False,
    "follow": False,
}


def logged(number: int, message: str | None = "It stopped.", bookmark: str = "") -> mi.Indication:
    event = mi.Instance("Event", {
        "ProviderName": "SCM", "EventID": 7036, "Level": 4, "EventRecordID": number,
        "TimeCreated": datetime(2026, 11, 1, 6, 30, number, tzinfo=UTC), "Channel": "System",
    })  # fmt: skip
    event.add("Message", message, mi.CimType.STRING)
    event.add("EventData", mi.Instance("EventData", {"param1": "Spooler"}))
    return mi.Indication(event, bookmark or f"<mark{number}/>")


def happened(name: str) -> mi.Indication:
    event = mi.Instance("__InstanceCreationEvent")
    event.add("SECURITY_DESCRIPTOR", None, mi.CimType.UINT8_ARRAY)
    event.add("TargetInstance", mi.Instance("Win32_Process", {"Name": name}))
    return mi.Indication(event)


# What is asked


def test_a_channel_is_read_as_it_is_and_no_further(cli: Any) -> None:
    result = cli("events", "server01", "System", "Application", answer=[])
    assert (result.code, result.out, result.err) == (0, "", "")
    assert cli.session.calls == [
        ("subscribe_event_log", (("System", "Application"), None), USUAL),
    ]  # fmt: skip
    assert cli.session.log == ["operation closed", "session closed", "application closed"]


def test_following_begins_with_what_is_yet_to_be_written(cli: Any) -> None:
    cli("events", "server01", "System", "-f", answer=[])
    assert cli.session.calls[0][2] == USUAL | {"follow": True, "read_existing": False}


def test_all_of_it_can_be_said(cli: Any) -> None:
    cli("events", "server01", "System", "--follow", "--read-existing", "--raw",
        "--ignore-channel-errors", "--timeout", "5", "--deadline", "9", answer=[])  # fmt: skip
    assert cli.session.calls[0][2] == {
        "read_existing": True, "rendered_text": False, "ignore_channel_errors": True,
        "follow": True, "timeout": 5.0, "deadline": 9.0,
    }  # fmt: skip


def test_a_query_follows_what_wmi_tells(cli: Any) -> None:
    cli("events", "server01", "--query", QUERY, "-n", "root/wmi", answer=[])
    assert cli.session.calls == [("subscribe", (QUERY,), {"namespace": "root/wmi"})]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("System", "--query", QUERY),
        ("--query", QUERY, "--bookmark", "file"),
        ("System", "--count", "0"),
        ("System", "--output", "table"),
    ],
)
def test_what_makes_no_sense_is_refused_without_asking_anybody(
    cli: Any, arguments: tuple[str, ...]
) -> None:
    result = cli("events", "server01", *arguments)
    assert (result.code, cli.session.calls) == (2, [])


# What is printed


def test_an_event_is_a_line(cli: Any) -> None:
    result = cli("events", "server01", "System", answer=[logged(1), logged(2, None)])
    assert result.out == (
        "2026-11-01T06:30:01+00:00  System  7036  4  SCM  It stopped.\n"
        "2026-11-01T06:30:02+00:00  System  7036  4  SCM  -\n"
    )


def test_a_message_stays_on_its_line(cli: Any) -> None:
    result = cli("events", "server01", "System", answer=[logged(1, "a\nb\x1b[31m")])
    assert result.out.endswith("  a\\nb\\x1b[31m\n")


def test_without_messages_there_is_the_data(cli: Any) -> None:
    result = cli("events", "server01", "System", "--raw", answer=[logged(1, None)])
    assert result.out.endswith('  SCM  {"__CLASS": "EventData", "param1": "Spooler"}\n')


def test_the_properties_can_be_chosen(cli: Any) -> None:
    result = cli("events", "server01", "System", "-p", "EventRecordID, Level", answer=[logged(1)])
    assert result.out == "1  4\n"


def test_what_wmi_tells_is_printed_by_name(cli: Any) -> None:
    result = cli("events", "server01", "-q", QUERY, answer=[happened("mi.exe")])
    target = '{"__CLASS": "Win32_Process", "Name": "mi.exe"}'
    assert result.out == f"TargetInstance={target}\n"


def test_events_are_printed_for_programs_too(cli: Any) -> None:
    result = cli("events", "server01", "System", "-o", "jsonl", answer=[logged(1), logged(2)])
    assert [json.loads(line)["EventRecordID"] for line in result.out.splitlines()] == [1, 2]
    result = cli("events", "server01", "System", "-o", "csv", "-p", "Level", answer=[logged(1)])
    assert result.out == "Level\n4\n"


def test_it_ends_after_so_many_events(cli: Any) -> None:
    result = cli("events", "server01", "System", "-c", "2", "-p", "EventRecordID",
                 answer=[logged(1), logged(2), logged(3)])  # fmt: skip
    assert (result.code, result.out) == (0, "1\n2\n")
    assert cli.session.log[0] == "operation closed"


def test_what_came_before_an_error_is_printed(cli: Any) -> None:
    answer = [logged(1), mi.ConnectionFailed("it broke")]
    result = cli("events", "server01", "System", "-p", "EventRecordID", answer=answer)
    assert (result.code, result.out, result.err) == (4, "1\n", "mi: error: it broke\n")


# The bookmark


def test_a_bookmark_is_kept_and_gone_on_from(cli: Any, tmp_path: Path) -> None:
    file = tmp_path / "system.mark"
    cli("events", "server01", "System", "--bookmark", str(file), answer=[logged(1), logged(2)])
    assert cli.session.calls[-1][1] == (("System",), None)
    assert file.read_text() == "<mark2/>\n"
    cli("events", "server01", "System", "-f", "--bookmark", str(file), answer=[])
    assert cli.session.calls[-1][1] == (("System",), "<mark2/>")
    assert [one.name for one in tmp_path.iterdir()] == ["system.mark"]


def test_a_bookmark_is_kept_only_after_its_event_was_printed(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mark"
    seen: list[str] = []

    class Watched:
        encoding = "utf-8"

        def write(self, text: str) -> None:
            if text.startswith("2"):
                raise OSError("the disk is full")

        def flush(self) -> None:
            seen.append(file.read_text() if file.exists() else "")

        def isatty(self) -> bool:
            return False

    monkeypatch.setattr("sys.stdout", Watched())
    with pytest.raises(OSError, match="full"):
        cli("events", "server01", "System", "--bookmark", str(file), "-p", "EventRecordID",
            answer=[logged(1), logged(2)])  # fmt: skip
    assert seen[0] == ""
    assert file.read_text() == "<mark1/>\n"


def test_events_without_a_bookmark_leave_the_old_one(cli: Any, tmp_path: Path) -> None:
    file = tmp_path / "mark"
    without = logged(2)._replace(bookmark=None)
    cli("events", "server01", "System", "--bookmark", str(file), answer=[logged(1), without])
    assert file.read_text() == "<mark1/>\n"


def test_a_link_to_the_bookmark_stays_a_link(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "mark")
    cli("events", "server01", "System", "--bookmark", str(tmp_path / "link"), answer=[logged(1)])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "mark").read_text() == "<mark1/>\n"


def test_an_empty_file_is_no_bookmark(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "mark").write_text("\n")
    cli("events", "server01", "System", "--bookmark", str(tmp_path / "mark"), answer=[])
    assert cli.session.calls[0][1] == (("System",), None)


def test_a_file_that_cannot_be_used_is_told(cli: Any, tmp_path: Path) -> None:
    result = cli("events", "server01", "System", "--bookmark", str(tmp_path), answer=[])
    assert (result.code, cli.session.calls) == (2, [])
    assert "--bookmark" in result.err
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    result = cli("events", "server01", "System", "--bookmark", str(tmp_path / "binary"))
    assert result.code == 2
    nowhere = str(tmp_path / "no" / "file")
    result = cli("events", "server01", "System", "--bookmark", nowhere, answer=[logged(1)])
    assert (result.code, "--bookmark" in result.err) == (2, True)


def test_nothing_is_left_of_a_bookmark_that_could_not_be_kept(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, target: Path) -> None:
        raise PermissionError("it is read-only")

    monkeypatch.setattr(Path, "replace", refuse)
    file = str(tmp_path / "mark")
    result = cli("events", "server01", "System", "--bookmark", file, answer=[logged(1)])
    assert (result.code, list(tmp_path.iterdir())) == (2, [])
