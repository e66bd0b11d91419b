"""Exposures shaped like real ones, and records that carry them."""

from msgspec.structs import replace

from builtby.model import (
    Action,
    AdvisoryData,
    BuiltBy,
    Exposure,
    ExposureClass,
    ExposureStatus,
    Mark,
    Present,
    Record,
    Role,
    Target,
)
from builtby.reports.results import Results
from tests.reports.records import GCC, LD, artifact

V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
GO = BuiltBy("go", "1.19.8", Role.COMPILER, language="go", purl="pkg:golang/stdlib@1.19.8", confidence=1.0,
             marks=(Mark("go.buildinfo", "go1.19.8", 4096, rule="go/buildinfo"),))
BUILD_HOST = Exposure(
    "CVE-2023-29402", ("GHSA-3fvh-w9rf-2m6w", "GO-2023-1839"), "go", "1.19.8", ExposureClass.BUILD_HOST,
    ExposureStatus.AFFECTED, Action.UPDATE_BUILDER, 9.8, "critical", V3, False, ("1.19.10", "1.20.5"), "2023-06-08",
    "go-toolchain", "1.19.8 is before 1.19.10; the package cmd/go runs where the program is built",
    url="https://pkg.go.dev/vuln/GO-2023-1839")
LINKED = replace(
    BUILD_HOST, id="CVE-2023-24540", aliases=("GO-2023-1752",), class_=ExposureClass.ARTIFACT_LINKED,
    action=Action.UPDATE_AND_REBUILD, fixed_in=("1.19.9", "1.20.4"), product="go-stdlib",
    rule="1.19.8 is before 1.19.9; html/template is linked", url=None)
EXPLOITED = replace(
    LINKED, id="CVE-2023-44487", aliases=("GO-2023-2102",), severity=7.5, rating="high", kev=True,
    cvss="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", fixed_in=("1.20.10", "1.21.3"), published="2023-10-10",
    rule="1.19.8 is before 1.20.10; net/http is linked")
NOT_LINKED = replace(
    LINKED, id="CVE-2023-29403", aliases=("GO-2023-1840",), status=ExposureStatus.NOT_LINKED, action=Action.NONE,
    severity=7.8, rating="high", cvss="CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", fixed_in=("1.19.10", "1.20.5"),
    reason="none of its packages is linked: runtime.setuid")
CODEGEN = Exposure(
    "CVE-2023-4039", (), "gcc", "12.2.0-14+deb12u1", ExposureClass.ARTIFACT_CODEGEN, ExposureStatus.UNVERIFIED,
    Action.UPDATE_AND_REBUILD, 4.8, "medium", "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N", False, (), "2023-09-13",
    "gcc", "12.2.0 is in the range; AArch64 only, with -fstack-protector", "vendor-patched: unverified")
OTHER_MACHINE = replace(CODEGEN, status=ExposureStatus.NOT_AFFECTED, action=Action.NONE,
                        reason="only AArch64, and this is x86-64")
VENDOR = replace(BUILD_HOST, id="CVE-2022-27943", aliases=(), tool="gcc", version="12.2.0-14+deb12u1",
                 product="gcc", status=ExposureStatus.FIXED_BY_VENDOR, action=Action.NONE, severity=5.5,
                 rating="medium", cvss="AV:N/AC:M/Au:N/C:N/I:N/A:P", fixed_in=("12.2.0-14",), url=None,
                 reason="Debian: fixed in 12.2.0-14")
UNSCORED = replace(LINKED, id="GO-2024-9999", aliases=(), severity=None, rating="unknown", cvss=None, fixed_in=(),
                   class_=ExposureClass.UNKNOWN, action=Action.READ, rule="1.19.8 is in the range", published=None)
OLD = Exposure(
    "EOL-go-1.19", (), "go", "1.19.8", ExposureClass.END_OF_LIFE, ExposureStatus.AFFECTED, Action.UPDATE_AND_REBUILD,
    None, "unknown", None, False, ("1.26",), "2023-09-06", "go", "support of 1.19 ended on 2023-09-06",
    "support ended on 2023-09-06")
RUNTIME = replace(
    LINKED, id="CVE-2024-22019", aliases=("BIT-node-2024-22019",), tool="node", version="18.19.0", product="nodejs",
    class_=ExposureClass.RUNTIME, action=Action.UPDATE_RUNTIME, severity=7.5, rating="high",
    fixed_in=("18.19.1", "20.11.1"))

DATA = AdvisoryData("embedded", "2026-08-23", 2836, ("ld", "maturin"))
IMAGE = Target("registry.example/team/app:1.0", "oci-layout", "sha256:" + "e" * 64)
TARGETS = (Target("/srv/app", "directory"), IMAGE)

NODE = Present(1, "node", "18.19.0", Role.RUNTIME, "usr/bin/node", None, "pkg:generic/node@18.19.0",
               exposures=(RUNTIME,))
GCC_HERE = Present(1, "gcc", "12.2.0", Role.COMPILER, "usr/bin/gcc-12", "pkg:deb/debian/gcc-12@12.2.0-14%2Bdeb12u1",
                   "pkg:generic/gcc@12.2.0", exposures=(CODEGEN,), not_exposed=(VENDOR,))

RECORDS: tuple[Record, ...] = (
    artifact(1, "usr/bin/server", GO, exposures=(EXPLOITED, LINKED, UNSCORED, BUILD_HOST, OLD),
             not_exposed=(NOT_LINKED,)),
    artifact(2, "usr/bin/hello", GO, exposures=(BUILD_HOST, OLD), not_exposed=(
        NOT_LINKED, replace(EXPLOITED, status=ExposureStatus.NOT_LINKED, action=Action.NONE,
                            reason="none of its packages is linked: net/http"))),
    artifact(3, "opt/ünï code/lib x.so", GCC, LD, exposures=(CODEGEN,), package="pkg:deb/debian/app@1.0-1"),
    artifact(4, "opt/dist.tar.gz!/bin/tool", GO, target=1, layer="sha256:" + "a" * 64, exposures=(BUILD_HOST,),
             not_exposed=(NOT_LINKED,)),
    artifact(5, "usr/lib/other.so", GCC, target=1, not_exposed=(OTHER_MACHINE,)),
    artifact(6, "usr/bin/clean", GCC), NODE, GCC_HERE,
)


def exposed(records: tuple[Record, ...] = RECORDS, targets: tuple[Target, ...] = TARGETS,
            data: AdvisoryData | None = DATA, **more: int) -> Results:
    """Return results that were judged."""
    gathered = Results(targets, **more)
    for record in records:
        gathered.add(record)
    gathered.advisories = data
    return gathered
