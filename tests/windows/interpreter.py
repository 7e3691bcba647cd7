"""A genuine Windows Python, put together from what PyPI and Debian have.

Nobody packages one for Debian. But a game engine's wheel for Windows brings CPython's library and
its extension modules, built by the PSF, to ship with games; the modules written in Python are those
of any CPython of the same version; and the program that calls the library is a few lines of C.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

__all__ = ["VERSION", "build", "missing"]

VERSION = (3, 11)
_WHEEL = "panda3d==1.10.16"
_WHEEL_HASH = "37acfb92655c4226879f95c988e2ef1449a53c54486d6c1ebc00e2772429af82"
_LIBRARY = "python311.dll"
# What Wine has of its own, and what needs a screen.
_LEFT_OUT = ("api-ms-win-", "vcruntime", "tcl", "tk", "_tkinter")
_PLATFORM = [
    "--only-binary=:all:", "--platform=win_amd64", "--python-version=3.11", "--implementation=cp",
]  # fmt: skip
_COMPILER = "x86_64-w64-mingw32-gcc"
_READER = "x86_64-w64-mingw32-objdump"
_NATIVE = Path(__file__).with_name("native")
_PROJECT = Path(__file__).parents[2]
_NO_MODULES = ("test", "lib-dynload", "site-packages", "dist-packages", "config-*", "__pycache__",
               "tkinter", "idlelib", "turtledemo", "ensurepip", "lib2to3")  # fmt: skip
# What the suite does not import on Windows: it builds no wheel there, and needs no other witness.
_NOT_NEEDED = ("hatchling", "impacket")
_NOT_INSTALLED = ("kerberos",)  # extras; Windows has Kerberos of its own
# What packages need on Windows alone; pip looks at the machine that it runs on to see if they do.
_FOR_WINDOWS = ("colorama", "sspilib", "tzdata")


def missing() -> str | None:
    """Return what this machine lacks to build it, or None."""
    if sys.version_info[:2] != VERSION:
        return f"Python {VERSION[0]}.{VERSION[1]}, whose modules it uses"
    if not shutil.which(_COMPILER):
        return f"{_COMPILER} (Debian's gcc-mingw-w64-x86-64)"
    return None


def build(folder: Path) -> Path:
    """Put it together in `folder`, unless it is there already; return its program."""
    program = folder / "python.exe"
    stamp = folder / "stamp"
    state = _state()
    if not stamp.exists() or stamp.read_text() != state:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _unpack(_wheel(folder.parent / "wheels"), folder)
        _copy_modules(folder / "Lib")
        _compile(folder)
        _install(folder / "Lib" / "site-packages")
        stamp.write_text(state)
    return program


def _state() -> str:
    """Return what tells whether it must be put together anew."""
    sources = [Path(__file__), _PROJECT / "pyproject.toml", *sorted(_NATIVE.iterdir())]
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.read_bytes())
    return f"{sys.version}\n{digest.hexdigest()}\n"


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    subprocess.run(command, check=True)


def _wheel(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{_WHEEL} --hash=sha256:{_WHEEL_HASH}\n")
    _pip("download", "--no-deps", "--require-hashes", *_PLATFORM, "--dest", str(folder),
         "--requirement", str(requirements))  # fmt: skip
    (wheel,) = folder.glob("panda3d-*-win_amd64.whl")
    return wheel


def _unpack(wheel: Path, folder: Path) -> None:
    (folder / "DLLs").mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            name = member.removeprefix("deploy_libs/")
            if name != member and not name.lower().startswith(_LEFT_OUT):
                target = folder / name if name == _LIBRARY else folder / "DLLs" / name
                target.write_bytes(archive.read(member))


def _copy_modules(library: Path) -> None:
    shutil.copytree(
        sysconfig.get_path("stdlib"), library, ignore=shutil.ignore_patterns(*_NO_MODULES)
    )
    # The library is 3.11.9's, and calls it on the class; with older modules that does not work.
    metadata = library / "importlib" / "metadata" / "__init__.py"
    text = metadata.read_text("utf-8")
    method = "    def invalidate_caches(cls):"
    if f"@classmethod\n{method}" not in text:
        metadata.write_text(text.replace(method, f"    @classmethod\n{method}"), "utf-8")


def _compile(folder: Path) -> None:
    definitions = folder / "python3.def"
    definitions.write_text(_forwards(folder / _LIBRARY))
    for target, source, *options in (
        ("python.exe", "python.c", "-municode"),
        ("python3.dll", "python3.c", "-shared", "-nostdlib", "-Wl,--entry,DllMainCRTStartup",
         str(definitions)),
        ("bcryptprimitives.dll", "bcryptprimitives.c", "-shared", "-ladvapi32"),
    ):  # fmt: skip
        command = [_COMPILER, "-O1", "-s", "-o", str(folder / target), str(_NATIVE / source)]
        subprocess.run([*command, *options], check=True)


def _forwards(library: Path) -> str:
    """Return the linker's list of all that `library` exports, each forwarded to it."""
    shown = subprocess.run(
        [_READER, "-p", str(library)], check=True, capture_output=True, text=True
    )
    table = shown.stdout.partition("[Ordinal/Name Pointer] Table")[2].partition("\n\n")[0]
    names = re.findall(r"(_?Py\w+)$", table, re.MULTILINE)
    lines = [f"    {name} = {library.stem}.{name}" for name in names]
    return "\n".join(["LIBRARY python3.dll", "EXPORTS", *lines, ""])


def _install(folder: Path) -> None:
    project = tomllib.loads((_PROJECT / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]
    wanted = [
        *project["project"]["dependencies"],
        *(one for name in extras if name not in _NOT_INSTALLED for one in extras[name]),
        *(one for one in project["dependency-groups"]["test"] if isinstance(one, str)),
    ]
    needed = [one for one in wanted if not one.startswith(_NOT_NEEDED)]
    _pip("install", "--target", str(folder), *_PLATFORM, *needed, *_FOR_WINDOWS)
