"""Records shaped like real ones, for every kind of thing an output has to show."""

import io

from builtby.model import Artifact, BuiltBy, Claim, Mark, Present, Record, Role, Skipped, Target
from builtby.reports.base import ReportOptions
from builtby.reports.registry import find
from builtby.reports.results import Results

GCC = BuiltBy(
    "gcc", "12.2.0", Role.COMPILER, vendor="Debian 12.2.0-14+deb12u1", language="c", purl="pkg:generic/gcc@12.2.0",
    cpe="cpe:2.3:a:gnu:gcc:12.2.0:*:*:*:*:*:*:*", confidence=0.95, share=0.97, flags=("-O2", "-g"),
    marks=(Mark("elf.comment", "GCC: (Debian 12.2.0-14+deb12u1) 12.2.0", 12345, rule="gcc/comment"),),
)
RUSTC = BuiltBy(
    "rustc", "1.98.1", Role.COMPILER, language="rust", purl="pkg:generic/rust@1.98.1",
    marks=(Mark("elf.comment", "rustc version 1.98.1 (48a229cea 2026-05-27)", 777, rule="rustc/comment", count=3),),
)
CRT = BuiltBy(
    "gcc", "8.5.0", Role.RUNTIME, detail="crt and libgcc", purl="pkg:generic/gcc@8.5.0",
    marks=(Mark("elf.comment", "GCC: (GNU) 8.5.0 20210514 (Red Hat 8.5.0-28)", 700, rule="gcc/comment"),),
)
GO = BuiltBy("go", None, Role.COMPILER, version_range=">=1.13,<1.18", language="go", confidence=0.7)
LD = BuiltBy("ld", None, Role.LINKER, claim=Claim.INFERRED, confidence=0.5)
SETUPTOOLS = BuiltBy(
    "setuptools", "75.8.0", Role.PACKAGER, purl="pkg:pypi/setuptools@75.8.0",
    marks=(Mark("wheel.generator", "setuptools (75.8.0)", None, "x.dist-info/WHEEL", "setuptools/generator"),),
)
DEBIAN = BuiltBy("gcc", "12.2.0", Role.COMPILER, claim=Claim.DECLARED, confidence=0.8)

TARGETS = (Target("/srv/app", "directory"), Target("image.tar", "oci-layout", "sha256:" + "e" * 64))


def artifact(number: int, path: str, *made: BuiltBy, target: int = 0, **more: object) -> Artifact:
    fields: dict[str, object] = {"layer": None, "format": "elf", "facts": {"machine": "x86-64"}} | more
    return Artifact(target=target, path=path, sha256=f"{number:064x}", size=1000 + number, built_by=made, **fields)  # type: ignore[arg-type]  # a test's shorthand


RECORDS: tuple[Record, ...] = (
    artifact(3, "usr/bin/rg", RUSTC, CRT, target=1, layer="sha256:" + "a" * 64),
    artifact(1, "usr/bin/app", GCC, LD, package="pkg:deb/debian/app@1.0-1"),
    artifact(2, "=cmd|'/c calc'!A1", GO),
    Skipped(0, "usr/bin/secret", "permission denied"),
    artifact(4, "lib/naïve\\xff.so"),
    artifact(5, "dist/x-1.0-py3-none-any.whl", SETUPTOOLS, format="wheel", facts={}),
    artifact(6, "usr/bin/dpkg", DEBIAN, target=1),
    Present(1, "gcc", "12.2.0", Role.COMPILER, "usr/bin/gcc-12", "pkg:deb/debian/gcc-12@12.2.0-14",
            "pkg:generic/gcc@12.2.0"),
    Present(0, "python", None, Role.RUNTIME, "usr/bin/python3"),
    Skipped(1, "layer/a.tar.gz", "truncated after 12 bytes"),
)


def results(records: tuple[Record, ...] = RECORDS, targets: tuple[Target, ...] = TARGETS, **more: int) -> Results:
    gathered = Results(targets, **more)
    for record in records:
        gathered.add(record)
    return gathered


def render(name: str, gathered: Results | None = None, options: ReportOptions | None = None) -> bytes:
    stream = io.BytesIO()
    find(name).write(gathered or results(), stream, options or ReportOptions())
    return stream.getvalue()
