"""A large, realistic scan: real advisories of the embedded data, told of versions of tools that people have."""

from functools import cache
from typing import NamedTuple

from builtby.advisories.rank import ranked
from builtby.advisories.records import Advisory
from builtby.advisories.store import Store, embedded
from builtby.model import (
    Action,
    AdvisoryData,
    Artifact,
    BuiltBy,
    Claim,
    Exposure,
    ExposureClass,
    ExposureStatus,
    Mark,
    Present,
    Role,
    Skipped,
    Target,
)
from builtby.reports.results import Results

ACTIONS = {
    ExposureClass.BUILD_HOST: Action.UPDATE_BUILDER, ExposureClass.ARTIFACT_CODEGEN: Action.UPDATE_AND_REBUILD,
    ExposureClass.ARTIFACT_LINKED: Action.UPDATE_AND_REBUILD, ExposureClass.RUNTIME: Action.UPDATE_RUNTIME,
    ExposureClass.PLATFORM: Action.UPDATE_BOTH,
}


class Made(NamedTuple):
    """One version of a tool in the fleet. `every`: how rare it is. `advised`: how many advisories it has."""

    tool: str
    version: str
    role: Role
    product: str
    advised: int
    every: int
    eol: str = ""
    vendor: str | None = None


GO, C, WHEEL, JAVA = (
    (Made("go", "1.19.8", Role.COMPILER, "go-stdlib", 28, 5, "2023-09-06"),
     Made("go", "1.21.13", Role.COMPILER, "go-stdlib", 17, 3, "2024-08-13"),
     Made("go", "1.24.6", Role.COMPILER, "go-toolchain", 6, 2), Made("go", "1.26.1", Role.COMPILER, "", 0, 1)),
    (Made("gcc", "8.5.0", Role.COMPILER, "gcc", 6, 9, vendor="Red Hat 8.5.0-28"),
     Made("gcc", "12.2.0", Role.COMPILER, "gcc", 2, 2, vendor="Debian 12.2.0-14+deb12u1"),
     Made("gcc", "14.2.0", Role.COMPILER, "", 0, 1), Made("clang", "16.0.6", Role.COMPILER, "llvm", 3, 4)),
    (Made("setuptools", "58.1.0", Role.PACKAGER, "setuptools", 3, 3),
     Made("setuptools", "75.8.0", Role.PACKAGER, "setuptools", 1, 1),
     Made("maturin", "1.7.4", Role.BUILD_SYSTEM, "", 0, 4)),
    (Made("maven", "3.6.3", Role.BUILD_SYSTEM, "maven", 2, 2, "2024-01-01"),
     Made("gradle", "6.9.4", Role.BUILD_SYSTEM, "gradle", 11, 1, "2023-02-10")),
)
KINDS = (("elf", "usr/lib/app{0}/lib/libcore{1}.so", C), ("elf", "usr/local/bin/service-{0}-{1}", GO),
         ("wheel", "opt/wheels/pkg_{0}-{1}.0-py3-none-any.whl", WHEEL), ("jar", "srv/app{0}/lib/module-{1}.jar", JAVA))
INSTALLED = (Made("node", "18.19.0", Role.RUNTIME, "nodejs", 60, 1, "2025-04-30"),
             Made("python", "3.9.2", Role.RUNTIME, "cpython", 70, 1, "2025-10-31"),
             Made("java", "11.0.20", Role.RUNTIME, "openjdk", 60, 1), Made("docker", "20.10.5", Role.IMAGE_BUILDER,
                                                                           "moby", 24, 1, "2023-12-10"),
             Made("git", "2.30.2", Role.PACKAGE_MANAGER, "git", 30, 1), Made("gcc", "12.2.0", Role.COMPILER, "", 0, 1))


@cache
def store() -> Store:
    """Return the data that is part of the package."""
    return Store(embedded())


@cache
def exposures(made: Made, *, unsure: bool = False) -> tuple[Exposure, ...]:
    """Return a version's exposures."""
    records = sorted(store().of_product(made.product), key=lambda record: (record.published or "", record.id))
    named = {record.name: record for record in records if not record.withdrawn}
    found = [_exposure(record, made, unsure=unsure) for record in list(named.values())[-made.advised or len(named):]]
    if made.eol:
        line = ".".join(made.version.split(".")[:2])
        found.append(Exposure(
            f"EOL-{made.tool}-{line}", (), made.tool, made.version, ExposureClass.END_OF_LIFE, ExposureStatus.AFFECTED,
            Action.UPDATE_AND_REBUILD, None, "unknown", None, False, ("1.26.1",) if made.tool == "go" else (), made.eol,
            made.tool, f"support of {made.tool} {line} ended on {made.eol}"))
    return ranked(found)


def _exposure(record: Advisory, made: Made, *, unsure: bool) -> Exposure:
    fixed = tuple(dict.fromkeys(part.fixed for one in record.affected for part in one.intervals if part.fixed))[:3]
    return Exposure(
        record.name, tuple(sorted(record.names - {record.name})), made.tool, made.version, record.class_,
        ExposureStatus.UNVERIFIED if unsure else ExposureStatus.AFFECTED, ACTIONS.get(record.class_, Action.READ),
        record.score, record.rating, record.cvss, record.name in store().exploited, fixed, record.published,
        record.product, f"{made.version} is before {fixed[0]}" if fixed else f"{made.version} is in the range",
        f"{made.vendor}: unverified" if unsure else None, record.links[0] if record.links else None)


def artifact(number: int, target: int = 0) -> Artifact:
    """Return the artifact of that number: always the same."""
    form, name, choices = KINDS[number % 7 % len(KINDS)]
    made = next(one for one in choices if number // 7 % one.every == 0)
    unsure = made.vendor is not None
    known = exposures(made, unsure=unsure) if made.advised or made.eol else ()
    skips = number % 3
    none = tuple(_settled(exposure) for exposure in known[:skips] if exposure.product == "go-stdlib")
    tool = BuiltBy(made.tool, made.version, made.role, vendor=made.vendor,
                   marks=(Mark(f"{form}.mark", f"{made.tool} {made.version}", 64, rule=f"{made.tool}/mark"),))
    linker = BuiltBy("ld", "2.40", Role.LINKER, claim=Claim.INFERRED, confidence=0.4)
    built_by = () if number % 11 == 10 else (tool, linker) if form == "elf" else (tool,)
    return Artifact(
        target, name.format(number // 40, number), None, f"{number:064x}", 5000 + number * 7919 % 9_000_000, form,
        None, built_by, {}, known[len(none):] if built_by else (), none if built_by else ())


def _settled(exposure: Exposure) -> Exposure:
    from msgspec.structs import replace

    return replace(exposure, status=ExposureStatus.NOT_LINKED, action=Action.NONE,
                   reason="none of its packages is linked")


def fleet(artifacts: int = 20_000) -> Results:
    """Return a scan of so many artifacts, with some 300 distinct advisories."""
    results = Results((Target("registry.example/shop/frontend:2026.11", "oci-layout", "sha256:" + "5e" * 32),
                       Target("/srv/backend", "directory")))
    for number in range(artifacts):
        results.add(artifact(number, number % 2))
    for made in INSTALLED:
        known = exposures(made) if made.advised else ()
        results.add(Present(0, made.tool, made.version, made.role, f"usr/bin/{made.tool}", exposures=known))
    results.add(Skipped(1, "var/cache/blob.tar.gz", "truncated after 1,204 bytes"))
    results.add(Skipped(1, "etc/secret.key", "permission denied"))
    results.advisories = AdvisoryData("embedded", "2026-08-23", len(store().advisories), ("ld", "maturin"))
    return results
