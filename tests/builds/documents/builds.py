"""A small build as a record, made by hand so that tests run anywhere."""

from typing import Any

import msgspec

from builtby.builds.model import (
    SCHEMA,
    Endpoint,
    Environment,
    FileUse,
    Finding,
    Notable,
    Process,
    Record,
    ToolUsed,
)

GCC = ToolUsed("gcc", "12.2.0", "compiler", "pkg:generic/gcc@12.2.0")
LD = ToolUsed("ld", "2.40", "linker", "pkg:generic/binutils@2.40")
MAKE = ToolUsed("make", "4.3", "build-system", "pkg:generic/make@4.3")
CC1 = "/usr/lib/gcc/x86_64-linux-gnu/12/cc1"


def digest(number: int) -> str:
    return f"{number:064x}"


def process(number: int, parent: int, argv: tuple[str, ...], executable: str | None, **more: Any) -> Process:  # noqa: ANN401
    given = {
        "id": number, "parent": parent, "pid": 1000 + number, "argv": argv, "cwd": "/src/app", "executable": executable,
        "sha256": digest(1000 + len(executable)) if executable else None, "tool": None, "package": None,
        "as_packaged": None, "script": None, "script_sha256": None, "environment": 0, "started": number / 10,
        "ended": number / 10 + 0.5, "exit_code": 0} | more
    return msgspec.convert(given, Process)


def build(**more: Any) -> Record:  # noqa: ANN401
    """Return the record of `make`, which compiles and links one file, and fetches something."""
    record = Record(
        SCHEMA, "seccomp-notify", True, ("what daemons do",), ("make", "-j2"), "/src/app", 0, "2026-01-31T12:00:00Z",
        2.5, {"system": "Linux", "kernel": "6.1.0", "machine": "x86_64", "builtby": "0.1.0"},
        processes=(
            process(1, 0, ("make", "-j2"), "/usr/bin/make", tool=MAKE, package="pkg:deb/debian/make@4.3",
                    as_packaged=True, started=0.0, ended=2.5),
            process(2, 1, ("/bin/sh", "-c", "gcc -c app.c"), "/usr/bin/dash"),
            process(3, 2, (CC1, "-quiet", "app.c", "-o", "/tmp/ccAbCdEf.s"), CC1, tool=GCC, as_packaged=False),
            process(4, 1, ("ld", "-o", "app", "app.o"), "/usr/bin/ld.bfd", tool=LD),
            process(5, 1, ("./app", "--version"), "/src/app/app", parent_claim="inferred"),
            process(6, 2, (), None, exit_code=None, ended=None),
        ),
        files=(
            FileUse("/src/app/app.c", "read", digest(1), 3, 120),
            FileUse("/usr/include/stdio.h", "read", digest(2), 3, 30_000),
            FileUse("/tmp/ccAbCdEf.s", "write", None, 3),
            FileUse("/tmp/ccAbCdEf.s", "read", digest(3), 4, 900),
            FileUse("/tmp/ccAbCdEf.s", "remove", None, 4),
            FileUse("/src/app/app.o", "write", digest(4), 4, 2000),
            FileUse("/src/app/app.o", "read", digest(4), 4, 2000),
            FileUse("/src/app/app.new", "rename", digest(5), 4, 9000, to="/src/app/app"),
            FileUse("/src/app/app", "read", digest(5), 5, 9000),
        ),
        network=(
            Endpoint("files.example.org", "192.0.2.7", 443, 2, host_claim="inferred", times=3),
            Endpoint("files.example.org", "", 53, 2, kind="dns", host_claim="recorded"),
            Endpoint(None, "/run/nscd/socket", None, 2, kind="unix"),
        ),
        notable=(Notable("ptrace", 2, "of 17", refused=True),),
        findings=(
            Finding("compiler-differs", "critical", "high", 3, CC1, "cc1 is not what its package shipped"),
            Finding("egress", "medium", "low", 2, None, "a script turned to files.example.org", blocked=True),
        ),
        environments=(Environment(("CFLAGS", "PATH"), {"CFLAGS": "-O2", "PATH": "/usr/bin"}),),
        survivors=(6,),
    )
    return msgspec.structs.replace(record, **more)


EMPTY = Record(SCHEMA, "strace", False, ("everything",), ("true",), "/", None, "2026-01-31T12:00:00Z", 0.0, {})
