"""`make bench-speed`: builtby and its peers over the same files, in the same run; prints a Markdown table.

CPU seconds are those of all processes of a command; memory is the most that they held together. Medians.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import image
from measure import Cost, adopt_orphans, median_of, run

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BEGIN, END = "<!-- speed -->\n", "<!-- end of speed -->"
TREES = ["/usr/bin", "/usr/lib"]
QUIET = {"SYFT_CHECK_FOR_APP_UPDATE": "false"}


class Entry(NamedTuple):
    """A command to measure. Entries of one name are parts of one measurement, and are added up."""

    name: str
    command: list[str]
    repeat: bool = True


def main() -> int:
    """Measure, print, and with --write put the tables into the documentation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, help="the virtual environment of the peers")
    parser.add_argument("--cache", type=Path, default=ROOT / "build/bench", help="where the image is kept")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--limit", type=float, default=900, help="seconds after which a command is stopped")
    parser.add_argument("--only", choices=["tree", "image", "start"], action="append")
    parser.add_argument("--write", type=Path, help="a page whose tables are replaced")
    args = parser.parse_args()
    adopt_orphans()
    only = args.only or ["tree", "image", "start"]
    tables = []
    if "tree" in only:
        tables.append(table(f"`{' '.join(TREES)}`", measure(tree(args.peers), args), base="builtby -j 1"))
    if "image" in only:
        archive = image.build(args.cache)
        entries = over_image(args.peers, archive, image.layers(args.cache))
        size = f"an OCI archive of /usr, {archive.stat().st_size / 1e6:,.0f} MB compressed"
        tables.append(table(size, measure(entries, args), base="builtby -j 1"))
    if "start" in only:
        tables.append(start(args))
    machine = f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, {args.repeat} runs each.\n"
    text = "\n".join([machine, *tables])
    print(text)
    if args.write:
        page = args.write.read_text("utf-8")
        before, _, rest = page.partition(BEGIN)
        args.write.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}", "utf-8")
    return 0


def builtby(jobs: int, *targets: str) -> Entry:
    """Return a scan by builtby that writes the whole result."""
    return Entry(f"builtby -j {jobs}", [sys.executable, "-m", "builtby", "scan", *targets, "-j", str(jobs), "-q",
                                        "-f", "json", "-o", os.devnull])


def tree(peers: Path | None) -> list[Entry]:
    """Return what is measured over folders."""
    entries = [builtby(1, *TREES), builtby(2, *TREES)]
    if peers:
        syft = str(peers / "bin/syft")
        entries += [Entry("syft", [syft, "scan", f"dir:{folder}", "-q", "-o", "syft-json"]) for folder in TREES]
        entries.append(Entry("Detect It Easy", [str(peers / "bin/python"), str(HERE / "die_all.py"), *TREES], False))
    if shutil.which("file"):
        entries.append(Entry("file", ["sh", "-c", f"find {' '.join(TREES)} -type f | file -f - >/dev/null"]))
    return entries


def over_image(peers: Path | None, archive: Path, layers: list[Path]) -> list[Entry]:
    """Return what is measured over the image."""
    entries = [
        builtby(1, str(archive)), builtby(2, str(archive)),
        Entry("decompressing alone (ISA-L)", [sys.executable, str(HERE / "decompress.py"), *map(str, layers)]),
    ]
    if peers:
        syft = str(peers / "bin/syft")
        entries.append(Entry("syft", [syft, "scan", f"oci-archive:{archive}", "-q", "-o", "syft-json"]))
    return entries


def measure(entries: list[Entry], args: argparse.Namespace) -> dict[str, Cost]:
    """Run everything, turn about, so that a slow minute of the machine meets all alike."""
    run(entries[0].command, args.limit)  # fills the page cache
    found: dict[str, list[list[Cost]]] = {}
    for turn in range(args.repeat):
        for entry in entries:
            if turn and not entry.repeat:
                continue
            cost = run(entry.command, args.limit, QUIET)
            print(f"{entry.name}: {cost.cpu:.2f} s CPU, {cost.wall:.2f} s, exit {cost.code}", file=sys.stderr)
            turns = found.setdefault(entry.name, [])
            if len(turns) <= turn:
                turns.append([])
            turns[turn].append(cost)
    return {name: median_of([total(parts) for parts in turns]) for name, turns in found.items()}


def total(parts: list[Cost]) -> Cost:
    """Return the cost of parts that ran one after another."""
    codes = [part.code for part in parts]
    return Cost(sum(p.wall for p in parts), sum(p.cpu for p in parts), max(p.memory for p in parts),
                None if None in codes else max(code for code in codes if code is not None))


def table(title: str, costs: dict[str, Cost], base: str) -> str:
    """Return a Markdown table; ratios are against `base`."""
    rows = [f"### {title}\n", "| | CPU s | wall s | CPU, times builtby's | memory MB |", "|---|---:|---:|---:|---:|"]
    for name, cost in costs.items():
        late = " (stopped)" if cost.code is None else ""
        rows.append(f"| {name} | {cost.cpu:.2f}{late} | {cost.wall:.2f} | {cost.cpu / costs[base].cpu:.2f} "
                    f"| {cost.memory / 1e6:,.0f} |")
    return "\n".join(rows) + "\n"


def start(args: argparse.Namespace) -> str:
    """Return how long the program takes to answer, as a table."""
    program = shutil.which("builtby", path=str(Path(sys.executable).parent)) or "builtby"
    rows = ["### Start\n", "| | wall ms | CPU ms |", "|---|---:|---:|"]
    for option in ("--version", "--help"):
        cost = median_of([run([program, option], args.limit) for _ in range(10)])
        rows.append(f"| `builtby {option}` | {cost.wall * 1000:.0f} | {cost.cpu * 1000:.0f} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(main())
