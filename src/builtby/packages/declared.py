"""What a `.buildinfo` document declares of one file: only the tools that fit the file."""

import re

from builtby.marks.load import catalogue, tables
from builtby.model import BuiltBy, Claim, Mark, Role
from builtby.packages.buildinfo import BuildInfo
from builtby.packages.facts import Packaged
from builtby.packages.versions import upstream

CERTAIN, AMBIGUOUS, POSSIBLE = 0.9, 0.6, 0.5
"""Confidence: the one compiler that was there, one of several, and a build system that was there."""
_BY_LANGUAGE = {
    "c": "gcc", "c++": "gcc", "fortran": "gcc", "go": "go", "rust": "rustc", "haskell": "ghc", "ocaml": "ocaml",
    "pascal": "fpc", "d": "ldc",
}
_BUILD_SYSTEMS = ("cmake", "meson")


def declared(artifact: Packaged, document: BuildInfo) -> tuple[BuiltBy, ...]:
    """Return the compiler, linker and build system of a packaged file, as its package's document declares them.

    Nothing is claimed of a role that the file's own bytes already tell with a version. Being installed is not being
    used: a compiler counts only where the file shows its language, and of several C compilers the default one with
    less confidence.
    """
    if artifact.format != "elf":
        return ()
    language = _language(artifact)
    tool = _BY_LANGUAGE.get(language or "")
    claims = []
    if tool and not _told(artifact, Role.COMPILER) and not (tool == "gcc" and artifact.by_llvm):
        claims.append(_compiler(document, tool, language))
    if artifact.is_c and not _told(artifact, Role.LINKER):
        claims.append(_claim(document, "ld", Role.LINKER, AMBIGUOUS, None, _packages(document, "ld")))
    systems = [name for name in _BUILD_SYSTEMS if _packages(document, name)]
    if artifact.is_c and len(systems) == 1 and not _told(artifact, Role.BUILD_SYSTEM):
        packages = _packages(document, systems[0])
        claims.append(_claim(document, systems[0], Role.BUILD_SYSTEM, POSSIBLE, None, packages))
    return tuple(claim for claim in claims if claim)


def _language(artifact: Packaged) -> str | None:
    """The file's language: what its bytes show, else C or C++ where that is the only sensible reading."""
    shown = sorted(artifact.languages - {"c", "c++", "assembler"})
    if len(shown) == 1:
        return shown[0]
    return artifact.language if not shown and artifact.is_c else None


def _told(artifact: Packaged, role: Role) -> bool:
    return any(tool.role is role and tool.version and tool.claim is not Claim.INFERRED for tool in artifact.observed)


def _packages(document: BuildInfo, tool: str) -> dict[str, str]:
    """The tool's packages that were installed: name to series (empty where the name has none)."""
    pattern = re.compile(tables()["deb-toolchain"][tool])
    matches = ((name, pattern.fullmatch(name)) for name in document.installed)
    return {name: (match[1] or "" if pattern.groups else "") for name, match in matches if match}


def _compiler(document: BuildInfo, tool: str, language: str | None) -> BuiltBy | None:
    packages = _packages(document, tool)
    default = document.installed.get(tables()["deb-toolchain"].get(f"{tool} default", ""))
    confidence = CERTAIN
    if default:
        number = upstream("deb", default) or ""
        chosen = {name: series for name, series in packages.items() if series and f"{number}.".startswith(f"{series}.")}
        confidence = CERTAIN if len(packages) == 1 else AMBIGUOUS
        packages = chosen
    if tool == "gcc" and any(re.fullmatch(r"clang(?:-\d+)?", name) for name in document.installed):
        confidence = AMBIGUOUS
    return _claim(document, tool, Role.COMPILER, confidence, language, packages)


def _claim(document: BuildInfo, tool: str, role: Role, confidence: float, language: str | None,
           packages: dict[str, str]) -> BuiltBy | None:
    """One claim; with several versions installed and no default among them, none is chosen."""
    versions = {upstream("deb", document.installed[name]): name for name in sorted(packages)}
    if not versions:
        return None
    number, package = next(iter(versions.items())) if len(versions) == 1 else (None, "")
    full = document.installed.get(package)
    known = next((entry for entry in catalogue().tools if entry.tool == tool), None)
    purl, cpe = (known.purl, known.cpe) if known else (None, None)
    return BuiltBy(
        tool=tool, version=number, role=role, language=language,
        vendor=f"{document.origin} {full.partition(':')[2] or full}" if document.origin and full else None,
        purl=purl.replace("{version}", number) if purl and number else None,
        cpe=cpe.replace("{version}", number) if cpe and number else None,
        claim=Claim.DECLARED, confidence=confidence if number else POSSIBLE,
        marks=tuple(
            Mark("deb.buildinfo", f"{name} (= {document.installed[name]})",
                 path=f"{document.source}_{document.version.rpartition(':')[2]}_{document.architecture}.buildinfo")
            for name in sorted(packages)
        ),
    )
