"""Compares reachability with govulncheck's binary mode, program by program, advisory by advisory, function by function.

    python bench/reach/compare.py --records DIR --govulncheck PATH [--every-version] PROGRAM…

DIR holds `go-stdlib.json`, an array of OSV records; a vulnerability database in govulncheck's layout is made of it.
`--every-version` takes every advisory as if it were of every version of Go, so that a current Go is compared too.
Only advisories of the standard library are compared. Exit code 1: an advisory is linked for one of the two only.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from builtby.advisories.reach import Linkage, Reach, reach
from builtby.advisories.records import Advisory, from_osv
from builtby.advisories.versions import Unordered, within
from builtby.formats import elf, macho, pe
from builtby.formats.base import Reading
from builtby.sources.view import BytesView

_LEVELS = ("module", "package", "symbol")


class Theirs(NamedTuple):
    """What govulncheck found: the finest level of each advisory, and the functions."""

    levels: dict[str, int]
    symbols: set[str]
    problem: str


def records_of(folder: Path, *, every: bool) -> list[dict[str, Any]]:
    """Return the records that were not withdrawn, on request with every version affected."""
    records = [r for r in json.loads((folder / "go-stdlib.json").read_bytes()) if not r.get("withdrawn")]
    for affected in (item for record in records if every for item in record["affected"]):
        affected["ranges"] = [{"type": "SEMVER", "events": [{"introduced": "0"}]}]
    return records


def write_database(folder: Path, records: list[dict[str, Any]]) -> None:
    """Write the records in the layout of a Go vulnerability database."""
    (folder / "index").mkdir()
    (folder / "ID").mkdir()
    for record in records:
        (folder / "ID" / f"{record['id']}.json").write_text(json.dumps({"summary": "", "details": "", **record}))
    known = [{"id": record["id"], "modified": record["modified"]} for record in records]
    (folder / "index/db.json").write_text(json.dumps({"modified": max(entry["modified"] for entry in known)}))
    (folder / "index/modules.json").write_text(json.dumps([{"path": "stdlib", "vulns": known}]))


def theirs(command: Path, database: Path, program: Path) -> Theirs:
    """Run govulncheck on a program."""
    arguments = [str(command), "-db", database.as_uri(), "-mode", "binary", "-format", "json", str(program)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    levels: dict[str, int] = {}
    symbols = set()
    for message in messages(done.stdout):
        if "finding" not in message:
            continue
        frame = message["finding"]["trace"][0]
        level = 2 if "function" in frame else int("package" in frame)
        levels[message["finding"]["osv"]] = max(levels.get(message["finding"]["osv"], 0), level)
        if level == 2:
            name = ".".join(frame[key] for key in ("receiver", "function") if key in frame).replace("*", "")
            symbols.add(f"{frame['package']}.{name}")
    return Theirs(levels, symbols, done.stderr.strip())


def messages(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects that stand one behind the other in a text."""
    decoder, text = json.JSONDecoder(), text.strip()
    while text:
        message, end = decoder.raw_decode(text)
        yield message
        text = text[end:].lstrip()


def ours(program: Path, advisories: list[Advisory]) -> tuple[str, Reading, dict[str, Reach]]:
    """Return the program's Go, its reading, and the answer for every advisory whose range that is in."""
    data = program.read_bytes()
    form = elf if data[:4] == b"\x7fELF" else pe if data[:2] == b"MZ" else macho
    reading = form.FORMAT.read(BytesView(data), str(program))
    version = next((surface.value for surface in reading.surfaces if surface.kind == "go.buildinfo"), "none")
    answers = {}
    for advisory in advisories:
        hit = [item for item in advisory.affected if any(within("go", version, i) for i in item.intervals)]
        if hit:
            answers[advisory.id] = reach([one for item in hit for one in item.imports], reading.facts)
    return version, reading, answers


def compare(program: Path, advisories: list[Advisory], found: Theirs) -> int:
    """Print one program's figures and differences. Return how many advisories are linked for one of the two only."""
    try:
        version, reading, answers = ours(program, advisories)
    except Unordered as error:
        print(f"{program.name}: {error}")
        return 0
    counts = {linkage.value: sum(answer.linkage is linkage for answer in answers.values()) for linkage in Linkage}
    reached = [sum(level >= least for level in found.levels.values()) for least in range(3)]
    print(f"{program.name} ({version}): {len(answers)} in range; builtby {counts}; govulncheck "
          f"{dict(zip(_LEVELS, reached, strict=True))} {found.problem}")
    linked = {name for name, answer in answers.items() if answer.linkage is Linkage.LINKED}
    named = {name for name, level in found.levels.items() if level == 2}
    for name in sorted(linked ^ named):
        print(f"  {name}: {'builtby' if name in linked else 'govulncheck'} only: {answers.get(name)}")
    asked = {f"{i.path}.{s}" for a in advisories for item in a.affected for i in item.imports for s in i.symbols}
    missed = (found.symbols & asked) - set(reading.facts.get("go.symbols", "").split())
    if missed:  # the other way tells nothing: where there are exported ones, govulncheck prints no others
        print(f"  functions that only govulncheck finds: {sorted(missed)}")
    return len(linked ^ named)


def main() -> int:
    """Compare all programs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--govulncheck", type=Path, required=True, help="its path")
    parser.add_argument("--every-version", action="store_true")
    parser.add_argument("programs", type=Path, nargs="+")
    options = parser.parse_args()
    records = records_of(options.records, every=options.every_version)
    advisories = [from_osv(record) for record in records]
    with tempfile.TemporaryDirectory() as folder:
        write_database(Path(folder), records)
        differences = sum(compare(program, advisories, theirs(options.govulncheck.resolve(), Path(folder), program))
                          for program in options.programs)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
