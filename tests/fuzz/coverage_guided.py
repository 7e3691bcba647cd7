"""Input that is bred for what it reaches in a decoder (libFuzzer, by atheris).

    python -m tests.fuzz.coverage_guided SECONDS [DECODER …]
    python -m tests.fuzz.coverage_guided --cases COUNT [DECODER …]

Each decoder gets so many seconds, or so many inputs, which are the same each time; by default, all
of them do. Each has a process of its own. What a decoder fails on is printed, and kept in
build/fuzz. Needs the dependency group `fuzz`.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fuzz.decoders import Decoder

__all__ = ["main"]

_KEPT = Path("build", "fuzz")
_LARGEST = 60_000
_SLOW = 20  # seconds after which libFuzzer takes an input for a hang
_MEMORY = 2_000  # MB, likewise
_SHOWN = 4_000  # characters of what is said of a failure
_COUNT = "number_of_executed_units"


def _escaped(token: bytes) -> str:
    """Return a token as libFuzzer's dictionaries have it."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in token[:64]) + '"'


def _fuzz(atheris: Any, decoder: Decoder, name: str, bound: list[str], folder: Path) -> None:
    """Fuzz one decoder; it does not return."""
    import mi  # noqa: PLC0415 - instrumented

    def try_one(data: bytes) -> None:
        try:
            decoder.read(data)
        except mi.MIError:
            return

    seeds = folder / "seeds"
    seeds.mkdir()
    for number, seed in enumerate(decoder.seeds()):
        (seeds / str(number)).write_bytes(seed)
    tokens = folder / "tokens"
    tokens.write_text("\n".join(map(_escaped, decoder.tokens)) + "\n")
    options = [
        *bound, f"-max_len={_LARGEST}", f"-timeout={_SLOW}", f"-rss_limit_mb={_MEMORY}",
        f"-artifact_prefix={_KEPT}/{name.replace(' ', '-')}-", f"-dict={tokens}",
        "-verbosity=0", "-print_final_stats=1", str(seeds),
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options], try_one)
    atheris.Fuzz()


@contextmanager
def _in_a_process(said: Path) -> Iterator[bool]:
    """Do what is within in another process alone, whose words go to a file.

    It has what was loaded and instrumented here, for that takes longer than many an input.
    """
    sys.stdout.flush()
    process = os.fork()
    if process:
        yield False
        _, status = os.waitpid(process, 0)
        said.with_suffix(".code").write_text(str(os.waitstatus_to_exitcode(status)))
        return
    words = os.open(said, os.O_WRONLY | os.O_CREAT)
    os.dup2(words, 1)
    os.dup2(words, 2)
    try:
        yield True
    except BaseException:  # noqa: BLE001 - whatever it is, it is told
        traceback.print_exc()
    finally:
        os._exit(1)  # it is ended by what is within


def main(bound: list[str], names: list[str]) -> int:
    """Fuzz decoders one after the other; return how many failed.

    Args:
        bound: libFuzzer's options that say when it is enough.
        names: of the decoders; all if there are none.
    """
    import atheris  # noqa: PLC0415 - not there but in a soak, and in CI

    instrumented = atheris.instrument_imports(include=["mi", "protocols"])
    with redirect_stderr(StringIO()), instrumented:  # it names each module
        from tests.fuzz.decoders import DECODERS  # noqa: PLC0415 - instrumented

    logging.disable(logging.CRITICAL)
    _KEPT.mkdir(parents=True, exist_ok=True)
    failed = 0
    for name in names or DECODERS:
        decoder = DECODERS[name]
        decoder.seeds()  # some ask an endpoint, once for all
        with tempfile.TemporaryDirectory() as folder:
            said = Path(folder, "said")
            with _in_a_process(said) as is_it:
                if is_it:
                    _fuzz(atheris, decoder, name, bound, Path(folder))
            words = said.read_text(errors="replace")
            is_fine = said.with_suffix(".code").read_text() == "0"
        counts = [line for line in words.splitlines() if _COUNT in line]
        inputs = counts[0].split()[-1] if counts else "?"
        print(f"{name}: {inputs} inputs, {'fine' if is_fine else 'failed'}", flush=True)
        if not is_fine:
            failed += 1
            print(words[-_SHOWN:], flush=True)
    return failed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.coverage_guided")
    parser.add_argument("--cases", action="store_true", help="count inputs and not seconds")
    parser.add_argument("bound", type=int)
    parser.add_argument("decoder", nargs="*")
    given = parser.parse_args()
    # The same inputs each time where they are counted; else others each time.
    counted, timed = ["-seed=1", f"-runs={given.bound}"], [f"-max_total_time={given.bound}"]
    sys.exit(min(1, main(counted if given.cases else timed, given.decoder)))
