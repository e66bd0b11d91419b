"""Records of large and of hostile builds."""

import msgspec

from builtby.builds.model import Endpoint, FileUse, Finding, Record
from tests.builds.documents.builds import CC1, GCC, LD, build, digest, process

HOSTILE = (
    "<script>window.struck=1</script>", "</script><img src=x onerror=window.struck=1>", "\"'><svg onload=struck()>",
    "bell\x07\x1b[31m", "turn\u202eled", "long" * 2000, "--><!--", "{{constructor}}", "", "a\nb\tc",
)


def large(programs: int = 6000, files: int = 40_000) -> Record:
    """Return a build of thousands of compilers, two at a time, and tens of thousands of files."""
    ran = [process(1, 0, ("make",), "/usr/bin/make", started=0.0, ended=programs / 20 + 1)]
    uses = []
    for number in range(2, programs + 2):
        ran.append(process(number, 1, (CC1, f"unit{number}.c", "-o", f"/tmp/cc{number:06d}.s"), CC1, tool=GCC,
                           started=number / 20, ended=number / 20 + 0.09))
        uses.append(FileUse(f"/src/app/unit{number}.c", "read", digest(number), number, 100))
        uses.append(FileUse(f"/src/app/unit{number}.o", "write", digest(number + 100_000), number, 200))
    last = programs + 2
    ran.append(process(last, 1, ("ld",), "/usr/bin/ld", tool=LD, started=programs / 20 + 0.5, ended=programs / 20 + 1))
    uses += [FileUse(f"/src/app/unit{number}.o", "read", digest(number + 100_000), last, 200)
             for number in range(2, programs + 2)]
    uses += [FileUse(f"/usr/include/deep/header{number}.h", "read", digest(number + 200_000), 2 + number % programs, 9)
             for number in range(files - len(uses))]
    uses.append(FileUse("/src/app/app", "write", digest(7), last, 10_000))
    return build(processes=tuple(ran), files=tuple(uses), seconds=programs / 20 + 1)


def hostile() -> Record:
    """Return a build whose every name is meant to do harm on a page."""
    record = build()
    worst = tuple(process(100 + number, 1, (name, name), f"/usr/bin/{name}", cwd=name, package=name, exit_code=1)
                  for number, name in enumerate(HOSTILE))
    return msgspec.structs.replace(
        record, command=HOSTILE, processes=(*record.processes, *worst), unobserved=HOSTILE, backend=HOSTILE[0],
        files=(*record.files, *(FileUse(f"/src/app/{name}", access, digest(90), 3) for name in HOSTILE
                                for access in ("read", "write"))),
        network=tuple(Endpoint(name, name, 1, 101) for name in HOSTILE),
        findings=tuple(Finding(name, "high", name, 101, name, name, owner=name, hook=name) for name in HOSTILE),
        host=dict.fromkeys(("system", "kernel", "machine"), HOSTILE[1]))
