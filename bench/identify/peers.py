"""What builtby and its peers say of a file, brought to one shape."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

LIMIT = 900
"""Seconds for a command; blint, of which one process sees one file, has fewer."""
_A_FILE = 240
_DIE = r"""
import sys, die
flags = die.ScanFlags.DEEP_SCAN | die.ScanFlags.RESULT_AS_JSON
for path in sys.argv[1:]:
    print((die.scan_file(path, flags, str(die.database_path / "db")) or "{}").replace("\n", " "))
"""
_LANGUAGES = {"rust": "rustc", "go": "go", "rust-crate": "rustc"}


Tools = tuple[tuple[str, str | None], ...]
"""Names and versions."""


class Said(NamedTuple):
    """A peer's answer. `family`: tools of which it only tells the language or the name; `ranked`: the first counts."""

    compilers: Tools = ()
    linkers: Tools = ()
    family: tuple[str, ...] = ()
    ranked: bool = False
    inferred: Tools = ()


Answers = dict[Path, Said]


def _output(command: list[str], limit: int = LIMIT) -> str:
    """Return what a command prints; nothing when it takes too long."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit).stdout
    except subprocess.TimeoutExpired:
        return ""


def _json(command: list[str]) -> dict[str, Any]:
    try:
        report: dict[str, Any] = json.loads(_output(command))
    except ValueError:
        return {}
    return report


def builtby(files: list[Path], _peers: Path) -> Answers:
    """One scan of all files."""
    report = _json([sys.executable, "-m", "builtby", "scan", "--quiet", "-f", "json", *map(str, files)])
    found = dict.fromkeys(files, Said(ranked=True))
    for artifact in report.get("artifacts", ()):
        path = files[artifact["target"]]
        if artifact["path"] in (path.name, str(path)) or found[path] == Said(ranked=True):
            found[path] = _of(artifact["built_by"])
    return found


def _of(built_by: list[dict[str, Any]]) -> Said:
    def tools(role: str, *, inferred: bool) -> Tools:
        return tuple((one["tool"], one["version"]) for one in built_by
                     if one["role"] == role and (one["claim"] == "inferred") == inferred)

    linkers = tools("linker", inferred=False) or tools("linker", inferred=True)
    return Said(tools("compiler", inferred=False), linkers, (), True, tools("compiler", inferred=True))


def blint(files: list[Path], peers: Path) -> Answers:
    """One process a file; its toolchain section lists compilers and linkers in no order of importance."""
    found: Answers = {}
    for path in files:
        with tempfile.TemporaryDirectory() as folder:
            _output([str(peers / "bin/blint"), "-q", "-i", str(path), "-o", folder], _A_FILE)
            metadata = next(Path(folder).glob("*-metadata.json"), None)
            toolchain = json.loads(metadata.read_bytes()).get("toolchain") if metadata else None
        found[path] = _toolchain(toolchain or {})
    return found


def _toolchain(found: dict[str, Any]) -> Said:
    # A product's name ("VS2022 v17.14.34 build 35228") is right, but is not the compiler's version.
    tools = [(one["name"], _number(one["version"]) if str(one.get("version"))[:1].isdigit() else None)
             for one in found.get("compilers", ())]
    linkers = [(one["name"], one.get("version")) for one in found.get("linkers", ())]
    linkers += [one for one in tools if one[0] in ("lld", "mold", "gold", "ld", "link")]
    family = [_LANGUAGES[one["name"]] for one in found.get("runtimes", ()) if one["name"] in _LANGUAGES]
    return Said(tuple(one for one in tools if one not in linkers), tuple(linkers), tuple(family))


def syft(files: list[Path], peers: Path) -> Answers:
    """One process a file; Go's version stands with each module, Rust's crates tell the language."""
    found: Answers = {}
    for path in files:
        report = _json([str(peers / "bin/syft"), "-q", "-o", "json", f"file:{path}"])
        packages = report.get("artifacts", ())
        versions = {str((one.get("metadata") or {}).get("goCompiledVersion", "")) for one in packages} - {""}
        family = {_LANGUAGES[one["type"]] for one in packages if one["type"] in _LANGUAGES}
        compilers = tuple(("go", version.removeprefix("go")) for version in sorted(versions))
        found[path] = Said(compilers, (), tuple(sorted(family)))
    return found


def die(files: list[Path], peers: Path) -> Answers:
    """Detect It Easy, one process for all files, through its Python binding."""
    lines = _output([str(peers / "bin/python"), "-c", _DIE, *map(str, files)]).splitlines()
    return {path: _detected(line) for path, line in zip(files, lines, strict=False)}


def _detected(line: str) -> Said:
    values = [value for part in json.loads(line).get("detects", ()) for value in part.get("values", ())]

    def of(kind: str) -> Tools:
        return tuple((_name(value["name"]), _number(value["version"])) for value in values if value["type"] == kind)

    languages = tuple(_name(value["name"]) for value in values if value["type"] == "Language")
    return Said(of("Compiler"), of("Linker"), languages)


def _name(text: str) -> str:
    known = {"gnu linker": "ld", "microsoft linker": "link", "visual c/c++": "msvc", "microsoft visual c/c++": "msvc",
             "ghc": "ghc", "rust": "rustc", "apple clang": "clang"}
    lowered = text.lower()
    return next((name for start, name in known.items() if lowered.startswith(start)), lowered.split(" ")[0])


def _number(text: str) -> str | None:
    match = re.search(r"\d[\w.-]*", text)
    return match.group() if match else None


PEERS: dict[str, Callable[[list[Path], Path], Answers]] = {"builtby": builtby, "blint": blint, "syft": syft, "die": die}
