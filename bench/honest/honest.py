"""Records real builds and prints what is found in them above `info`: nothing should be.

    python bench/honest/honest.py [--only TEXT] [--work DIR] [--again]

`--again` runs nothing, and applies the rules of now to the records that are in DIR. Exit code 1: something was found,
or a build failed.
"""

import argparse
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from builtby.builds.book import NotARecordError, read
from builtby.builds.detect import findings
from builtby.builds.model import Record

HERE = Path(__file__).parent
LONGEST = 1800
"""Seconds for one step."""


class Build(NamedTuple):
    """One build: what is run before, and what is recorded."""

    name: str
    before: list[str]
    record: str
    files: dict[str, str]


def builds() -> Iterator[Build]:
    """Yield the builds, those for each of several packages one by one."""
    table: list[dict[str, Any]] = tomllib.loads((HERE / "builds.toml").read_text("utf-8"))["build"]
    for entry in table:
        for one in entry.get("each", [""]):
            yield Build(f"{entry['name']}: {one}" if one else entry["name"], entry["before"],
                        entry["record"].replace("{one}", one), entry.get("files", {}))


def run(build: Build, folder: Path) -> float:
    """Prepare and record a build; return the seconds that the recorded part took."""
    work = folder / "work"
    subprocess.run(["rm", "-rf", str(folder)], check=True)
    for name, text in build.files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text, "utf-8")
    work.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("wb") as log:
        for step in build.before:
            subprocess.run(["sh", "-c", step], cwd=work, stdout=log, stderr=log, check=True, timeout=LONGEST)
        began = time.monotonic()
        command = build.record.replace("{python}", sys.executable)
        subprocess.run([sys.executable, "-m", "builtby", "record", "--force", "-o", str(folder / "record"), "--", "sh",
                        "-c", command], cwd=work, stdout=log, stderr=log, check=True, timeout=LONGEST)
    return time.monotonic() - began


def told(build: Build, folder: Path, seconds: float) -> bool:
    """Print what was found; return whether the build was quiet."""
    try:
        record = read(folder / "record")
    except NotARecordError as error:
        print(f"{build.name:<34} {error}")
        return False
    began = time.monotonic()
    loud = [one for one in findings(record) if one.severity != "info"]
    judged = time.monotonic() - began
    print(f"{build.name:<34} {_size(record)} {seconds:6.1f} s, judged in {judged:5.2f} s: "
          f"{f'{len(loud)} findings' if loud else 'quiet'}", flush=True)
    for one in loud:
        whose = f"{one.owner or '-'} {one.hook or ''}"
        print(f"    {one.severity} {one.rule}: {one.message} [process {one.process}, {whose}]", flush=True)
    if record.exit_code != 0:
        print(f"    the build did not succeed: exit code {record.exit_code}")
    return not loud and record.exit_code == 0


def _size(record: Record) -> str:
    return (f"exit {record.exit_code}, {len(record.processes):>6,} programs, {len(record.files):>7,} uses of files, "
            f"{len(record.network):>4} addresses,")


def main() -> int:
    """Run what is asked for, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="builds with this text in their name")
    parser.add_argument("--work", type=Path, default=Path("build/honest"), help="where builds and records go")
    parser.add_argument("--again", action="store_true", help="only apply the rules to the records that are there")
    args = parser.parse_args()
    quiet = True
    for build in builds():
        if args.only in build.name:
            folder = args.work.resolve() / build.name.replace(": ", "-").replace(" ", "-")
            try:
                seconds = 0.0 if args.again else run(build, folder)
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                print(f"{build.name:<34} failed: {error}", flush=True)
                quiet = False
                continue
            quiet = told(build, folder, seconds) and quiet
    return 0 if quiet else 1


if __name__ == "__main__":
    sys.exit(main())
