"""How programs are called and coloured on the page."""

import posixpath

from builtby.builds.model import Process

KINDS = {
    "compiler": "compiler", "assembler": "assembler", "linker": "linker, archiver", "build": "build system, packager",
    "runtime": "interpreter", "made": "made by the build", "other": "other programs", "forked": "ran no program",
}
"""Kinds of programs with a colour of their own."""
_ROLES = {
    "compiler": "compiler", "assembler": "assembler", "linker": "linker", "archiver": "linker", "runtime": "runtime",
    "build-system": "build", "packager": "build", "package-manager": "build", "generator": "build",
    "image-builder": "build",
}


def kind(process: Process, made: frozenset[str]) -> str:
    """Return the kind of a program, a key of KINDS."""
    if not process.executable:
        return "forked"
    if process.executable in made:
        return "made"
    return _ROLES.get(process.tool.role, "other") if process.tool else "other"


def name(process: Process) -> str:
    """Return what people call a program: of a script, the script."""
    if not process.executable:
        return "forked"
    if process.script:
        return posixpath.basename(process.script) or "without a name"
    called = posixpath.basename(process.argv[0]) if process.argv else ""
    own = called or posixpath.basename(process.executable) or "without a name"
    runs = _runs(process.argv) if process.tool is not None and process.tool.role == "runtime" else ""
    return f"{own} {runs}".rstrip()


def _runs(argv: tuple[str, ...]) -> str:
    """Return the script or module that an interpreter was told to run; nothing where options hide it."""
    words = argv[1:3]
    if len(words) == 2 and words[0] in ("-m", "-jar"):
        return posixpath.basename(words[1])
    return posixpath.basename(words[0]) if words and not words[0].startswith("-") else ""


def executable(process: Process) -> str:
    """Return what an executable is called by itself, whatever script it ran: `gcc`, `cc1 of gcc`, `dash`."""
    own = posixpath.basename(process.executable or "") or "without a name"
    if process.tool is None:
        return own
    return process.tool.tool if process.tool.tool in own.split("-") else f"{own} of {process.tool.tool}"


def titled(process: Process) -> str:
    """Return a program with its tool and version: `cc1 (gcc 12.2.0)`."""
    own = name(process)
    if process.tool is None:
        return own
    told = f"{process.tool.tool} {process.tool.version or ''}".strip()
    return told if process.tool.tool == own else f"{own} ({told})"
