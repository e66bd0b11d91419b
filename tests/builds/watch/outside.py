"""A process that is no child of the recorder: it swaps sources when it sees that the build wants it to.

Run as `outside.py HOW FOLDER`: for each file `go-NAME` that appears in FOLDER's `sync`, NAME in FOLDER's `src` is
swapped; `done-NAME` then says so. At `back-NAME` the original is put back, its time of modification too.
"""

import os
import sys
import time
from pathlib import Path

EVIL = b"int f(void) { return 666; }\n"


def rename(source: Path) -> None:
    source.rename(source.with_suffix(".bk"))
    draft = source.with_suffix(".tmp")
    draft.write_bytes(EVIL)
    draft.rename(source)


def back_rename(source: Path) -> None:
    source.with_suffix(".bk").rename(source)


def in_place(source: Path) -> None:
    source.with_suffix(".bk").write_bytes(source.read_bytes())
    times = source.stat()
    source.write_bytes(EVIL)
    os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))


def back_in_place(source: Path) -> None:
    times = source.stat()
    kept = source.with_suffix(".bk")
    source.write_bytes(kept.read_bytes())
    kept.unlink()
    os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))


WAYS = {"rename": (rename, back_rename), "in-place": (in_place, back_in_place)}


def fleeting(source: Path) -> None:
    """Change a file and put it back at once: nobody reads it meanwhile."""
    times, data = source.stat(), source.read_bytes()
    descriptor = os.open(source, os.O_RDWR)
    os.pwrite(descriptor, data[:-3].upper(), 0)
    os.pwrite(descriptor, data, 0)
    os.utime(descriptor, ns=(times.st_atime_ns, times.st_mtime_ns))
    os.close(descriptor)


def serve(how: str, folder: Path) -> None:
    (folder / "sync/ready").touch()
    until = time.monotonic() + 60
    while time.monotonic() < until and not (folder / "sync/end").exists():
        for asked in (folder / "sync").glob("*-*.c"):
            word, _, name = asked.name.partition("-")
            if word in ("go", "back"):
                if how == "fleeting":
                    fleeting(folder / "src" / name)
                else:
                    WAYS[how][word == "back"](folder / "src" / name)
                asked.rename(asked.with_name(f"done-{name}"))
        time.sleep(0.001)


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]))
