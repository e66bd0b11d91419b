"""Fuzzes every format, archive reader, database reader and the marks: `make fuzz`.

python fuzz/run.py [--runs N] [--jobs N] [--keep] [NAME …]
Every target starts from the fixtures and the corpus under fuzz/corpus. What crashes, or takes more than a second or
100 MB, is kept under fuzz/corpus/NAME/ as crash-…, to be replayed by the tests ever after. --keep adds to the
corpus the shortest inputs that reached something new. The name `everything` is a target that stands for all: good for
a short run.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from fuzz.targets import CORPUS, Target, named  # noqa: E402

KEPT = 24 << 10
"""Bytes of corpus that are kept for one target."""
LONGEST = 32 << 10


class Result(NamedTuple):
    """What came of fuzzing a target."""

    name: str
    runs: int
    seconds: float
    crash: str


def fuzz(target: Target, runs: int, *, keep: bool) -> Result:
    """Fuzz one target in a process of its own."""
    own = CORPUS / target.name
    with tempfile.TemporaryDirectory(prefix="builtby-fuzz-") as name:
        learned, seeds = Path(name) / "learned", Path(name) / "seeds"
        learned.mkdir()
        plant(seeds, target.seeds())
        started = time.monotonic()
        options = [f"-runs={runs}", f"-max_len={LONGEST}", "-timeout=60", "-rss_limit_mb=2048", "-print_final_stats=1",
                   f"-artifact_prefix={name}/", "-seed=1", "-verbosity=1"]
        folders = [learned, seeds, *([own] if own.is_dir() else [])]
        done = subprocess.run(
            [sys.executable, "-m", "fuzz.one", target.name, *options, *map(str, folders)],
            cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
        seconds = time.monotonic() - started
        crash = kept_crash(Path(name), own) if done.returncode else ""
        if done.returncode and not crash:
            crash = "failed"
        if crash:
            print(reason(done.stderr + done.stdout), file=sys.stderr)
        elif keep:
            learn(target, own, learned)
        counted = re.search(r"number_of_executed_units: (\d+)", done.stderr)
        return Result(target.name, int(counted[1]) if counted else 0, seconds, crash)


def reason(output: str) -> str:
    """Return the Python traceback, or the end, of a failed run's output."""
    start = output.find("Uncaught Python exception")
    return output[start : start + 4000] if start >= 0 else output[-3000:]


def plant(folder: Path, seeds: list[bytes]) -> None:
    """Write seeds into a folder, each by its digest."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)


def kept_crash(folder: Path, own: Path) -> str:
    """Move an input that broke something to where the tests find it; return its name."""
    for found in [*folder.glob("crash-*"), *folder.glob("timeout-*"), *folder.glob("oom-*")]:
        own.mkdir(parents=True, exist_ok=True)
        name = f"crash-{found.name.partition('-')[2][:16]}"
        shutil.copy(found, own / name)
        return name
    return ""


def learn(target: Target, own: Path, learned: Path) -> None:
    """Keep the shortest inputs that reached what none before had reached, up to KEPT bytes, and every crash."""
    known = [path for path in own.glob("*") if not path.name.startswith("crash-")]
    found = {path.read_bytes() for path in [*known, *learned.iterdir()]} - set(target.seeds())
    for old in known:
        old.unlink()
    left = KEPT
    for data in sorted(found, key=lambda data: (len(data), data)):
        left -= len(data)
        if left < 0:
            break
        plant(own, [data])


def results(targets: list[Target], runs: int, jobs: int, *, keep: bool) -> Iterator[Result]:
    """Fuzz targets, `jobs` at a time, and yield what came of it."""
    with ThreadPoolExecutor(jobs) as executor:
        yield from executor.map(lambda target: fuzz(target, runs, keep=keep), targets)


def main() -> int:
    """Fuzz what was asked for; exit with 1 when something broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200_000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("names", nargs="*")
    wanted = parser.parse_args()
    broken = 0
    for result in results(named(wanted.names), wanted.runs, wanted.jobs, keep=wanted.keep):
        broken += bool(result.crash)
        figures = f"{result.runs:>9,} executions {result.seconds:>7.1f} s"
        print(f"{result.name:32} {figures}  {result.crash or 'ok'}", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
