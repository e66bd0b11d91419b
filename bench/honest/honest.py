"""Records real builds and prints what is found in them above `info`: nothing should be.

    python bench/honest/honest.py [NAME…] [--work DIR] [--resume | --again] [--list]

NAME: a part of a build's name; all builds without one. `--resume` leaves out what succeeded and has a result in DIR.
`--again` runs nothing, and applies the rules of now to the records that are in DIR. A build that fails, or takes more
than `--minutes` for a step, is said, and the next one goes on. At the end stands a table of the results in Markdown.
Exit code 1: something was found, a build failed, or was asked for and has no result; 2: no build has such a name.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from builtby.builds.book import NotARecordError, read
from builtby.builds.detect import findings
from builtby.builds.model import Finding, Record

HERE = Path(__file__).parent
LAST_LINES = 6
"""Of the log of a build that failed: what is shown."""


class Build(NamedTuple):
    """One build: what is run before, and what is recorded."""

    name: str
    what: str
    before: list[str]
    record: str
    files: dict[str, str]

    @property
    def folder(self) -> str:
        """The name as a folder's."""
        return self.name.replace(": ", "-").replace(" ", "-")


class Result(msgspec.Struct, frozen=True):
    """What came of a build. `failed`: why there is nothing to judge, or the build did not succeed; empty if it did."""

    name: str
    what: str
    seconds: float
    programs: int = 0
    files: int = 0
    packages: int = 0
    """Dependencies whose code ran, as the rules tell them apart."""
    complete: bool = False
    loud: tuple[str, ...] = ()
    failed: str = ""

    @property
    def quiet(self) -> bool:
        return not self.loud and not self.failed

    def verdict(self) -> str:
        """Return it in a word or two."""
        return self.failed or (f"{len(self.loud)} findings" if self.loud else "quiet")


class FailedError(Exception):
    """A step before the recorded one did not succeed, or took too long."""


def builds() -> Iterator[Build]:
    """Yield the builds, those for each of several packages one by one."""
    table: list[dict[str, Any]] = tomllib.loads((HERE / "builds.toml").read_text("utf-8"))["build"]
    for entry in table:
        for one in entry.get("each", [""]):
            yield Build(f"{entry['name']}: {one}" if one else entry["name"], entry.get("what", {}).get(one, "") if one
                        else entry.get("what", ""), entry["before"],
                        entry["record"].replace("{one}", one), entry.get("files", {}))


def run(build: Build, folder: Path, longest: float) -> float:
    """Prepare and record a build; return the seconds that the recorded part took. Raises FailedError."""
    work = folder / "work"
    _remove(folder)
    work.mkdir(parents=True)
    for name, text in build.files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text, "utf-8")
    for step in build.before:
        if _step(["sh", "-c", step], work, longest) != 0:
            raise FailedError(f"before it: `{step}` did not succeed")
    began = time.monotonic()
    command = build.record.replace("{python}", sys.executable)
    _step([sys.executable, "-m", "builtby", "record", "-q", "--force", "-o", str(folder / "record"), "--", "sh", "-c",
           command], work, longest)
    return time.monotonic() - began


def _step(command: list[str], work: Path, longest: float) -> int:
    """Run a command, and end all that it started when it takes too long. Raises FailedError."""
    with (work.parent / "log").open("ab") as log, subprocess.Popen(
            command, cwd=work, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True) as running:
        try:
            return running.wait(longest)
        except subprocess.TimeoutExpired as error:
            raise FailedError(f"took more than {longest / 60:.0f} minutes") from error
        finally:
            if running.returncode is None:
                os.killpg(running.pid, signal.SIGKILL)


def _remove(folder: Path) -> None:
    """Remove a build's folder; Go's modules are in folders that may not be written."""
    for path, _, _ in os.walk(folder):
        os.chmod(path, 0o700)  # noqa: PTH101  # os.walk gives text
    shutil.rmtree(folder, ignore_errors=True)


def judged(build: Build, folder: Path, seconds: float) -> Result:
    """Apply the rules to a build's record."""
    try:
        record = read(folder / "record")
    except NotARecordError as error:
        return Result(build.name, build.what, seconds, failed=f"no record: {error}")
    loud = tuple(_line(one) for one in findings(record) if one.severity != "info")
    failed = "" if record.exit_code == 0 else f"the build's exit code is {record.exit_code}"
    return Result(build.name, build.what, seconds, len(record.processes), len(record.files), _packages(record),
                  record.complete, loud, failed)


def _packages(record: Record) -> int:
    from builtby.builds.detect.build import Build as Judged

    looked = Judged(record)
    owners = (looked.owner(one.id) for one in record.processes)
    return len({owner.purl.partition("@")[0] for owner in owners if owner.purl and owner.within == "hook"})


def _line(one: Finding) -> str:
    return f"{one.severity} {one.rule}: {one.message} [process {one.process}, {one.owner or '-'} {one.hook or ''}]"


def say(result: Result, folder: Path) -> None:
    """Print a line of a build, and what was found."""
    whole = "" if result.complete or result.failed else " (the record is not complete)"
    print(f"{result.seconds:6.1f} s, {result.programs:>6,} programs, {result.files:>8,} uses of files: "
          f"{result.verdict()}{whole}", flush=True)
    for line in result.loud:
        print(f"    {line}")
    log = folder / "log"
    if result.failed and log.exists():
        for line in log.read_text("utf-8", "replace").splitlines()[-LAST_LINES:]:
            print(f"    | {line}")


def table(results: Sequence[Result]) -> str:
    """Return the results as a table in Markdown."""
    head = "| build | what runs | seconds | programs | packages whose code ran | uses of files | above info |\n" \
        "|---|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| {one.name} | {one.what} | {one.seconds:.0f} | {one.programs:,} | {one.packages:,} | {one.files:,} | "
        f"{one.failed or len(one.loud) or 'none'} |\n" for one in results)


def one_build(build: Build, work: Path, args: argparse.Namespace) -> Result | None:
    """Run or judge one build; None when it is to be judged and was never run."""
    folder = work / build.folder
    kept = folder / "result.json"
    known = _known(kept)
    if args.resume and known is not None and not known.failed:
        return known
    if args.again:
        if known is None:
            return None
        result = judged(build, folder, known.seconds)
    else:
        try:
            result = judged(build, folder, run(build, folder, args.minutes * 60))
        except FailedError as error:
            result = Result(build.name, build.what, 0.0, failed=str(error))
    kept.write_bytes(msgspec.json.encode(result))
    return result


def _known(kept: Path) -> Result | None:
    """Return the result that is kept, None where there is none that can be read."""
    try:
        return msgspec.json.decode(kept.read_bytes(), type=Result)
    except (OSError, msgspec.DecodeError):
        return None


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="builds with this text in their name")
    parser.add_argument("--work", type=Path, default=Path("build/honest"), help="where builds and records go")
    parser.add_argument("--minutes", type=float, default=30, help="the longest that a step may take")
    parser.add_argument("--list", action="store_true", help="print the builds' names, and run nothing")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--resume", action="store_true", help="leave out builds that succeeded")
    which.add_argument("--again", action="store_true", help="only apply the rules to the records that are there")
    return parser.parse_args()


def main() -> int:
    """Run what is asked for, and return the exit code."""
    args = arguments()
    wanted = [one for one in builds() if not args.names or any(name in one.name for name in args.names)]
    if args.list or not wanted:
        print("\n".join(one.name for one in wanted) or "no build has such a name; --list prints them")
        return 0 if wanted else 2
    results = []
    for number, build in enumerate(wanted, start=1):
        print(f"[{number}/{len(wanted)}] {build.name:<28} ", end="", flush=True)
        result = one_build(build, args.work.resolve(), args)
        if result is None:
            print("not run yet")
            continue
        say(result, args.work / build.folder)
        results.append(result)
    print(f"\n{table(results)}")
    quiet = sum(one.quiet for one in results)
    print(f"{quiet} of {len(wanted)} builds succeeded and were quiet")
    return 0 if quiet == len(wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
