"""A witness that is not ours: pypsrp runs commands and pipelines as it does on Windows."""

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from protocols.loopback import Endpoint
from protocols.loopback.service import Limits
from protocols.loopback.shells.quotas import Quotas

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # whatever it thinks of newer libraries is not our error
    from pypsrp.client import Client
    from pypsrp.complex_objects import PSInvocationState
    from pypsrp.exceptions import WSManFaultError
    from pypsrp.host import PSHost, PSHostUserInterface
    from pypsrp.powershell import PowerShell, RunspacePool
    from pypsrp.shell import Process, SignalCode, WinRS
    from pypsrp.wsman import WSMan


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as made:
        yield made
        assert all(one.is_sealed for one in made.exchanges)
        assert (made.open_shells, made.open_commands, made.refused_logons) == (0, 0, 0)


def wsman(endpoint: Endpoint, operation_timeout: int = 5) -> WSMan:
    return WSMan(
        endpoint.host,
        port=endpoint.port,
        username=endpoint.user.name,
        password=endpoint.user.password,
        ssl=False,
        auth="ntlm",
        encryption="always",
        no_proxy=True,
        operation_timeout=operation_timeout,
    )


@pytest.fixture
def connection(endpoint: Endpoint) -> Iterator[WSMan]:
    with wsman(endpoint) as made:
        yield made


@pytest.fixture
def pool(connection: WSMan) -> Iterator[RunspacePool]:
    with RunspacePool(connection) as made:
        yield made


def finished(pool: RunspacePool, script: str, **parameters: Any) -> PowerShell:
    """Run a script, or a command with parameters, and close it."""
    shell = PowerShell(pool)
    if parameters:
        shell.add_cmdlet(script).add_parameters(parameters)
    else:
        shell.add_script(script)
    shell.invoke()
    shell.close()
    return shell


# cmd


def test_processes_of_a_shell(connection: WSMan) -> None:
    with WinRS(
        connection, environment={"NAME": "wörld"}, codepage=65001, no_profile=True,
        working_directory=r"C:\Windows", idle_time_out=120, name="mine",
    ) as shell:  # fmt: skip
        assert shell.owner.startswith("WIN-LAB01\\")
        assert shell.idle_time_out == "PT120.000S"
        process = Process(shell, "echo", ["hello %NAME%&", "exit", "4"])
        process.invoke()
        process.signal(SignalCode.TERMINATE)
        assert (process.rc, process.stdout) == (4, "hello wörld\r\n".encode())

        process = Process(shell, "more")
        process.begin_invoke()
        process.send(b"one\r\n", end=False)
        process.send(b"two", end=True)
        process.end_invoke()
        process.signal(SignalCode.TERMINATE)
        assert (process.rc, process.stdout, process.stderr) == (0, b"one\r\ntwo", b"")

        process = Process(shell, "ping", ["-t", "localhost"])
        process.begin_invoke()
        process.poll_invoke()
        process.signal(SignalCode.CTRL_C)
        process.end_invoke()
        process.signal(SignalCode.TERMINATE)
        assert process.rc == 0xC000013A
        assert process.stdout.endswith(b"Control-C\r\n")


def test_a_shell_that_vanished_is_said_to_be_gone(endpoint: Endpoint, connection: WSMan) -> None:
    shell = WinRS(connection)
    shell.open()
    endpoint.shells.vanish()
    with pytest.raises(WSManFaultError) as caught:
        Process(shell, "echo", ["x"]).invoke()
    assert (caught.value.code, caught.value.provider) == (2150858843, "Shell provider")


def test_quotas_of_server_2008_r2() -> None:
    limits = Limits(quotas=Quotas(shells_per_user=1, operations_per_user=15, counts_ended=True))
    with Endpoint(limits=limits) as endpoint, wsman(endpoint) as connection:
        with WinRS(connection) as shell:
            with pytest.raises(WSManFaultError) as caught:
                WinRS(connection).open()
            assert caught.value.code == 2150859173
            for _ in range(13):
                process = Process(shell, "echo", ["x"])
                process.invoke()
                process.signal(SignalCode.TERMINATE)
            with pytest.raises(WSManFaultError) as caught:
                Process(shell, "echo", ["x"]).invoke()
            assert caught.value.code == 2150859174
        assert endpoint.open_shells == 0


def test_its_client_runs_commands_and_scripts(endpoint: Endpoint) -> None:
    endpoint.scripts["Get-Answer"] = lambda _: ["forty", 2]
    with Client(
        endpoint.host, port=endpoint.port, ssl=False, auth="ntlm", no_proxy=True,
        username=endpoint.user.name, password=endpoint.user.password,
    ) as client:  # fmt: skip
        assert client.execute_cmd("whoami")[::2] == (
            f"win-lab01\\{endpoint.user.name.lower()}\r\n", 0,
        )  # fmt: skip
        output, streams, had_errors = client.execute_ps("Get-Answer; Write-Error 'boom'")
        assert (output, had_errors) == ("forty\n2", False)  # no error ended it
        assert [str(one) for one in streams.error] == ["boom"]


# PSRP


def test_a_pipeline_has_objects_and_streams(endpoint: Endpoint, pool: RunspacePool) -> None:
    endpoint.scripts["Get-Objects"] = lambda _: [1, "zwei", 3.5, True, [1, 2], {"a": "b"}, b"\x00"]
    assert finished(pool, "Get-Objects").output == [
        1, "zwei", 3.5, True, [1, 2], {"a": "b"}, b"\x00",
    ]  # fmt: skip
    shell = finished(
        pool,
        "Write-Error 'boom' -Category PermissionDenied; Write-Warning w; Write-Verbose v -Verbose;"
        " Write-Debug d -Debug; Write-Information i; Write-Progress A S -PercentComplete 5",
    )
    streams = shell.streams
    assert shell.state == PSInvocationState.COMPLETED
    assert [str(one) for one in streams.error] == ["boom"]
    assert streams.error[0].reason == "WriteErrorException"
    assert [one.message for one in streams.warning] == ["w"]
    assert [one.message for one in streams.verbose] == ["v"]
    assert [one.message for one in streams.debug] == ["d"]
    assert [one.message_data for one in streams.information] == ["i"]
    assert [(one.activity, one.percent_complete) for one in streams.progress] == [("A", 5)]
    assert finished(pool, "Write-Output", InputObject="by name").output == ["by name"]


def test_a_pipeline_that_fails(pool: RunspacePool) -> None:
    shell = finished(pool, "throw 'bad'")
    assert shell.state == PSInvocationState.FAILED
    assert [str(one) for one in shell.streams.error] == ["bad"]
    shell = finished(pool, "Nosuch-Command")
    assert shell.streams.error[0].fq_error == "CommandNotFoundException"


def test_input_and_long_values_go_in_pieces(endpoint: Endpoint, pool: RunspacePool) -> None:
    endpoint.scripts["Get-Lengths"] = lambda run: [len(value) for value in run.input]
    shell = PowerShell(pool)
    shell.add_cmdlet("Get-Lengths")
    shell.invoke(value for value in ("x" * 200_000, "y"))
    shell.close()
    assert shell.output == [200_000, 1]
    endpoint.scripts["Get-Long"] = lambda _: "ü" * 300_000
    assert finished(pool, "Get-Long").output == ["ü" * 300_000]


def test_a_pipeline_is_stopped(pool: RunspacePool) -> None:
    shell = PowerShell(pool)
    shell.add_script("Start-Sleep 100")
    shell.begin_invoke()
    shell.stop()
    assert shell.state == PSInvocationState.STOPPED
    assert finished(pool, "'the pool lives'").output == ["the pool lives"]
    assert pool.get_available_runspaces() == 1


def test_a_pool_is_left_found_and_taken_over(endpoint: Endpoint) -> None:
    with wsman(endpoint) as first, wsman(endpoint) as second:
        pool = RunspacePool(first)
        pool.open()
        pool.disconnect()
        pool.connect()
        assert finished(pool, "'again'").output == ["again"]
        assert pool.is_alive()
        pool.disconnect()
        [found] = RunspacePool.get_runspace_pools(second)
        found.connect()
        assert finished(found, "'elsewhere'").output == ["elsewhere"]
        found.close()


def test_a_script_asks_the_user(endpoint: Endpoint, connection: WSMan) -> None:
    class User(PSHostUserInterface):  # type: ignore[misc]  # pypsrp says nothing of its types
        lines: list[str]

        def ReadLine(self, runspace: Any, pipeline: Any) -> str:  # noqa: N802 - its name
            return "typed"

        def WriteLine2(self, runspace: Any, pipeline: Any, value: str) -> None:  # noqa: N802
            self.lines.append(value)

    user = User()
    user.lines = []
    host = PSHost(None, None, False, "here", None, user, "1.0")  # noqa: FBT003 - its order
    with RunspacePool(connection, host=host) as pool:
        assert finished(pool, "Read-Host; Write-Host hello").output == ["typed"]
    assert user.lines == ["hello"]


def test_a_session_configuration_runs_what_it_has(endpoint: Endpoint, connection: WSMan) -> None:
    endpoint.shells.configurations["JEA"] = {"Get-Answer": lambda _: 42}
    with RunspacePool(connection, configuration_name="JEA") as pool:
        assert finished(pool, "Get-Answer").output == [42]
        assert finished(pool, "Write-Output 1").state == PSInvocationState.FAILED
    with pytest.raises(WSManFaultError):
        RunspacePool(connection, configuration_name="Nosuch").open()
