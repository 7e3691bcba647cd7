"""Input that is bred for what it reaches in a decoder (libFuzzer, by atheris).

    python -m tests.fuzz.coverage_guided SECONDS [DECODER …]

Each decoder gets so many seconds, in a process of its own; by default, all of them do. What a
decoder fails on is printed, and kept in build/fuzz. Needs the dependency group `fuzz`.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["main"]

_KEPT = Path("build", "fuzz")
_LARGEST = 60_000
_SLOW = 20  # seconds after which libFuzzer takes an input for a hang
_MEMORY = 2_000  # MB, likewise


def _escaped(token: bytes) -> str:
    """Return a token as libFuzzer's dictionaries have it."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in token[:64]) + '"'


def _fuzz(name: str, seconds: str) -> None:
    """Fuzz one decoder; it does not return."""
    import atheris  # noqa: PLC0415 - not there but in a soak

    with atheris.instrument_imports(include=["mi", "protocols"]):
        import mi  # noqa: PLC0415 - instrumented
        from tests.fuzz.decoders import DECODERS  # noqa: PLC0415 - likewise

    logging.disable(logging.CRITICAL)
    decoder = DECODERS[name]

    def try_one(data: bytes) -> None:
        try:
            decoder.read(data)
        except mi.MIError:
            return

    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(decoder.seeds()):
            Path(folder, str(number)).write_bytes(seed)
        tokens = Path(folder, "..", f"{Path(folder).name}.dict")
        tokens.write_text("\n".join(map(_escaped, decoder.tokens)) + "\n")
        options = [
            f"-max_total_time={seconds}", f"-max_len={_LARGEST}", f"-timeout={_SLOW}",
            f"-rss_limit_mb={_MEMORY}", f"-artifact_prefix={_KEPT}/{name.replace(' ', '-')}-",
            f"-dict={tokens}", "-verbosity=0", "-print_final_stats=1", folder,
        ]  # fmt: skip
        atheris.Setup([sys.argv[0], *options], try_one)
        atheris.Fuzz()


def main(seconds: str, names: list[str]) -> int:
    """Fuzz decoders one after the other; return how many failed."""
    from tests.fuzz.decoders import DECODERS  # noqa: PLC0415 - not instrumented, unlike above

    _KEPT.mkdir(parents=True, exist_ok=True)
    failed = 0
    for name in names or DECODERS:
        done = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.coverage_guided", "--one", name, seconds],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        counts = [line for line in done.stderr.splitlines() if "number_of_executed_units" in line]
        inputs = counts[0].split()[-1] if counts else "?"
        print(f"{name}: {inputs} inputs, {'failed' if done.returncode else 'fine'}", flush=True)
        if done.returncode:
            failed += 1
            print(done.stderr[-4_000:], flush=True)
    return failed


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        _fuzz(*sys.argv[2:])
    sys.exit(main(sys.argv[1], sys.argv[2:]))
