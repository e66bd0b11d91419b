"""Accuracy: real files with a known truth, seen by builtby, blint, syft and Detect It Easy in the same run."""

import argparse
import json
import resource
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from fetch import fetch, package_of
from peers import PEERS, Answers, Said, Tools, builtby

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GRADES = ("correct", "listed", "partial", "wrong", "nothing")
NAMES = {"ocamlopt": "ocaml", "mingw-gcc": "gcc", "appleclang": "clang", "bfd": "ld", "go-link": "go", "wasm-ld": "lld"}
"""The truth's names, where tools go by others."""
BEGIN, END = "<!-- identify -->\n", "<!-- end of identify -->"
HEAD = "| | compiler: " + " / ".join(GRADES) + " | linker: the same | CPU s |\n|---|---|---|---|"


def main() -> int:
    """Fetch, ask, grade, print, and with --write put the table into the documentation.

    Exit code 1 when builtby says anything wrong.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, help="the virtual environment of the peers; without it, builtby alone")
    parser.add_argument("--cache", type=Path, default=ROOT / "build/bench", help="where the files are kept")
    parser.add_argument("--truth", type=Path, default=HERE / "truth.json")
    parser.add_argument("--write", type=Path, help="a page whose table is replaced")
    parser.add_argument("-v", "--verbose", action="store_true", help="list what is not correct")
    args = parser.parse_args()
    args.cache.mkdir(parents=True, exist_ok=True)
    entries = collect(json.loads(args.truth.read_bytes()), args.cache)
    wrong, lines = 0, [HEAD]
    print(HEAD)
    for name, ask in PEERS.items() if args.peers else [("builtby", builtby)]:
        before = cpu()
        answers = ask([path for path, _ in entries], args.peers or Path())
        counts = tally(entries, answers, verbose=args.verbose or name == "builtby")
        lines.append(f"| {name} | {row(counts[0])} | {row(counts[1])} | {cpu() - before:.1f} |")
        print(lines[-1], flush=True)
        wrong += counts[0]["wrong"] + counts[1]["wrong"] if name == "builtby" else 0
    lines += ["", f"{len(entries)} files; {inferred(entries)}."]
    print(lines[-1])
    if args.write:
        page = args.write.read_text("utf-8")
        before_it, _, rest = page.partition(BEGIN)
        text = "\n".join(lines)
        args.write.write_text(f"{before_it}{BEGIN}\n{text}\n\n{END}{rest.partition(END)[2]}", "utf-8")
    return 1 if wrong else 0


def collect(truth: list[dict[str, Any]], cache: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Return the files that could be had, with their truth; say which could not."""
    entries = []
    for entry in truth:
        place, reason = fetch(entry, cache)
        if place is None:
            print(f"{entry['package']}: {reason}; not scored", file=sys.stderr)
        else:
            entries.append((place, entry))
    return entries


def cpu() -> float:
    """Seconds of CPU of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def tally(entries: list[tuple[Path, dict[str, Any]]], answers: Answers,
          *, verbose: bool) -> tuple[Counter[str], Counter[str]]:
    """Return the grades of a peer's answers, of compilers and of linkers."""
    compilers: Counter[str] = Counter()
    linkers: Counter[str] = Counter()
    for path, entry in entries:
        said = answers.get(path, Said())
        first = grade(entry, "compiler", "version", said.compilers, said)
        second = grade(entry, "linker", "linker_version", said.linkers, said)
        compilers[first] += 1
        linkers[second] += 1
        if verbose and (first not in ("correct", "nothing") or second == "wrong"):
            print(f"  {path.name}: {first}, linker {second}: {said}; truth {entry['compiler']} {entry['version']}, "
                  f"{entry['linker']} {entry['linker_version']}", file=sys.stderr)
    return compilers, linkers


def grade(entry: dict[str, Any], tool: str, version: str, claims: Tools, said: Said) -> str:
    """Grade claims. A version that the truth does not know is right when none is claimed."""
    wanted = NAMES.get(entry[tool], entry[tool])
    number = entry[version] if entry[version] not in ("?", "-", "") else None
    if wanted in ("-", "?", None):
        return "nothing" if not claims else "wrong" if wanted == "-" and tool == "compiler" else "partial"
    if not claims:
        return "partial" if tool == "compiler" and wanted in said.family else "nothing"
    right = [claim for claim in claims if claim[0] == wanted]
    if any(claim[1] == number for claim in right):
        return "correct" if len(claims) == 1 or (said.ranked and claims[0] in right) else "listed"
    if right and any(claim[1] is None or number is None for claim in right):
        return "partial"
    others = {name.split()[0] for name in entry["other_tools"]}
    return "listed" if not right and all(claim[0] in others for claim in claims) else "wrong"


def row(counts: Counter[str]) -> str:
    """Return the counts in the grades' order."""
    return " / ".join(str(counts[name]) for name in GRADES)


def inferred(entries: list[tuple[Path, dict[str, Any]]]) -> str:
    """Return how builtby's inferred compilers fare for Debian's packages, of whose files nothing is observed."""
    packages = {package_of(path): entry for path, entry in entries if package_of(path).exists()}
    counts: Counter[str] = Counter()
    for package, entry in packages.items():
        said = builtby([package], Path())[package]
        if not said.compilers:
            counts[grade(entry, "compiler", "version", said.inferred, said)] += 1
    return f"inferred for {counts.total()} Debian packages in whose files nothing is marked: {row(counts)}"


if __name__ == "__main__":
    sys.exit(main())
