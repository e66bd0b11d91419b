"""Feeds builtby hostile and huge inputs, and measures time and memory. `python bench/hostile.py` writes hostile.md.

Every case runs in a process of its own; memory is the largest sum of the proportional sizes (Pss) of it and all its
workers, read twenty times a second. `python bench/hostile.py NAME …` runs some cases and prints them.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests import bombs  # noqa: E402  # the tests' own
from tests.bombs import GIB, GOOD, entry, header, image, many, write, zeros  # noqa: E402
from tests.pipeline.parts import elf  # noqa: E402

TINY = elf(padding=b"@NUMBER@")


class Case(NamedTuple):
    """An input: makes a target in a folder, or, as `piped`, bytes for standard input."""

    says: str
    make: Callable[[Path], Path] | None = None
    piped: Callable[[], Iterator[bytes]] | None = None
    jobs: tuple[int, ...] = (1,)


def padded(size: int, number: int) -> bytes:
    """Return an ELF file of about `size` bytes that does not compress to nothing."""
    return elf(padding=(b"%d" % number + os.urandom(4096) * (size // 4096))[:size])


def layer(megabytes: int, number: int) -> Iterator[bytes]:
    """Yield a layer of programs of all sizes, and of text between them."""
    made = 0
    while made < megabytes << 20:
        number += 1
        size = (20 << 10, 200 << 10, 2 << 20, 20 << 20)[number % 4]
        yield entry(f"usr/bin/{number}", padded(size, number)) + entry(f"usr/share/{number}.txt", b"text\n" * 20000)
        made += size + 100_000
    yield bytes(1024)


def folder_of(count: int) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / "many").mkdir()
        for number in range(count):
            (folder / "many" / f"{number}").touch()
        (folder / "many" / "good").write_bytes(GOOD)
        return folder / "many"

    return make


def layers(*made: Callable[[], Iterator[bytes]]) -> Callable[[Path], Path]:
    return lambda folder: image(folder / "image", [bombs.gzipped(chain(make())) for make in made])


def file(name: str, make: Callable[[], Iterator[bytes]]) -> Callable[[Path], Path]:
    return lambda folder: write(folder / name, make())


CASES = {
    "image-5GB": Case("an image of 5 GB in 10 layers", layers(*(
        lambda n=n: layer(500, n * 100_000) for n in range(10))), jobs=(1, 2)),
    "elf-4GB": Case("an ELF file of 4 GiB in a layer", layers(lambda: bombs.large_member(4 * GIB))),
    "elfs-500k": Case("500,000 small ELF files in a layer", layers(
        lambda: many(500_000, TINY, "usr/bin/{}")), jobs=(1, 2)),
    "elfs-500k-tar": Case("500,000 small ELF files in a tar archive in a folder",
                          lambda folder: file("x.tar", lambda: many(500_000, TINY, "usr/bin/{}"))(folder).parent),
    "tar-10M": Case("a tar archive of 10 million members on standard input", piped=lambda: many(10_000_000)),
    "layer-10M": Case("a layer of 10 million members", layers(lambda: many(10_000_000))),
    "layers-whiteouts": Case("a layer of 1 million whiteouts with long names", layers(
        lambda: iter([entry("usr/bin/good", GOOD)]), lambda: many(1_000_000, name="usr/" + "w" * 60 + "/.wh.{}"))),
    "databases": Case("100 package databases of 92 MB each in a layer", layers(lambda: bombs.databases(100))),
    "deep-paths": Case("20,000 files, each 1,000 folders deep in its own", layers(
        lambda: iter([entry("low/good", GOOD)]), lambda: bombs.deep_paths(20_000))),
    "folder-1M": Case("a folder of 1 million files", folder_of(1_000_000)),
    "gz-bomb": Case("a .gz of an ELF file of 70 GiB", file("x.gz", lambda: zeros("gz", 70 * GIB, GOOD))),
    "tar.gz-bomb": Case("a .tar.gz with a member of 70 GiB", file(
        "x.tar.gz", lambda: zeros("gz", 70 * GIB, header("zeros", 70 * GIB)))),
    "tar.xz-bomb": Case("a .tar.xz with a member of 70 GiB", file(
        "x.tar.xz", lambda: zeros("xz", 70 * GIB, header("zeros", 70 * GIB)))),
    "tar.bz2-bomb": Case("a .tar.bz2 with a member of 70 GiB", file(
        "x.tar.bz2", lambda: zeros("bz2", 70 * GIB, header("zeros", 70 * GIB)))),
    "tar.zst-bomb": Case("a .tar.zst with a member of 70 GiB", file(
        "x.tar.zst", lambda: zeros("zst", 70 * GIB, header("zeros", 70 * GIB)))),
    "zip-of-zips": Case("a zip of zips: 16 in one another five levels deep, a million in all", file(
        "x.zip", lambda: iter([bombs.zip_of_zips(5, 16, bytes(1 << 20))]))),
    "zip-overlap": Case("a zip of 65,535 members that share their bytes", file(
        "x.zip", lambda: iter([bombs.overlapping_zip(65_535, bytes(64 << 20))]))),
    "hole-1T": Case("an ELF file of 1 TiB, most of it a hole, in a folder", lambda folder: bombs.hole(
        folder / "large", 1 << 40).parent),
    "nested-1000": Case("1,000 gzip files in one another", file("x.gz", lambda: iter([bombs.nested(1000, "gz")]))),
}


class Measured(NamedTuple):
    """What a run took, and said."""

    seconds: float
    megabytes: float
    artifacts: int
    skipped: list[str]


SCAN = """
import sys, time, json
from builtby import scan
from builtby.model import Artifact, Skipped
from builtby.scanning import Options
count, reasons = 0, {}
for record in scan(sys.argv[2], options=Options(jobs=int(sys.argv[1]))):
    if isinstance(record, Artifact): count += 1
    if isinstance(record, Skipped) and len(reasons) < 5: reasons[record.reason] = None
print(json.dumps([count, list(reasons)]))
"""


def memory(pid: int) -> float:
    """Return the megabytes of a process and all its children."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0
    own = sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    return own + sum(memory(int(child)) for child in children)


def run(case: Case, target: Path, jobs: int) -> Measured:
    """Scan, and watch the memory."""
    command = [sys.executable, "-c", SCAN, str(jobs), "-" if case.piped else str(target)]
    started, peak = time.monotonic(), 0.0
    process = subprocess.Popen(command, stdin=subprocess.PIPE if case.piped else None, stdout=subprocess.PIPE)
    feeder = os.fork() if case.piped else 0
    if case.piped and feeder == 0:
        feed(process, case.piped)
    if process.stdin is not None:
        process.stdin.close()
    while process.poll() is None:
        peak = max(peak, memory(process.pid))
        time.sleep(0.05)
    assert process.stdout is not None
    count, reasons = json.loads(process.stdout.read() or "[-1, []]")
    if feeder:
        os.waitpid(feeder, 0)
    return Measured(time.monotonic() - started, peak, count, reasons)


def feed(process: subprocess.Popen[bytes], make: Callable[[], Iterator[bytes]]) -> None:
    """Write to a scan's standard input until it is closed, in a process of its own."""
    assert process.stdin is not None
    try:
        for chunk in make():
            process.stdin.write(chunk)
        process.stdin.close()
    except BrokenPipeError:
        pass
    os._exit(0)


def measure(name: str) -> Iterator[str]:
    """Yield a row of the table for each number of workers."""
    case, folder = CASES[name], Path(tempfile.mkdtemp(prefix="builtby-bench-"))
    try:
        target = case.make(folder) if case.make else folder
        for jobs in case.jobs:
            found = run(case, target, jobs)
            said = "; ".join(found.skipped).replace(str(folder), "…")[:160] or "nothing"
            figures = f"{jobs} | {found.seconds:.0f} | {found.megabytes:.0f} | {found.artifacts:,}"
            yield f"| {case.says} | {figures} | {said} |"
    finally:
        shutil.rmtree(folder)


HEAD = """# Hostile and huge inputs

Written by `python bench/hostile.py`. Seconds are wall time; megabytes are those of all processes together, at most.

| input | workers | seconds | MB | artifacts | what is said |
|---|---|---|---|---|---|
"""


def main() -> None:
    """Run the named cases, or all of them and write them down."""
    rows = []
    for name in sys.argv[1:] or CASES:
        for row in measure(name):
            rows.append(row)
            print(row, flush=True)
    if not sys.argv[1:]:
        (Path(__file__).parent / "hostile.md").write_text(HEAD + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
