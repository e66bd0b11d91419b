"""The sources that an artifact's debug data name, of whatever format it is."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from builtby.attested.model import Attested
from builtby.formats import ar_members, macho, macho_image, msf, pe, pe_image
from builtby.formats.base import Reading
from builtby.formats.dotnet_documents import documents
from builtby.formats.dotnet_pdb import open_embedded
from builtby.formats.dotnet_tables import Metadata, open_metadata
from builtby.formats.dwarf_lines import Lines
from builtby.formats.dwarf_sections import as_image
from builtby.formats.elf_image import MAGIC as ELF
from builtby.formats.elf_image import Image, open_image
from builtby.formats.pdb_checksums import PdbFile, source_files
from builtby.formats.pe_debug import read_debug
from builtby.sources.view import View

_MOST_MEMBERS = 20_000
_UNIT = re.compile(r"/@/[^/]+\Z")
"""rustc's name for a part of a crate that is compiled alone: no file."""
_OLD = "DWARF before version 5 holds no checksums: compile with -gdwarf-5"
_NONE = "its compiler wrote no checksum: GCC writes none, rustc none that LLVM keeps in DWARF"
_STRIPPED = "it has no debug data: compile with -g and do not strip, or give the file that holds them"
_UNKNOWN = "the PDB has no checksum for it, or one of an unknown kind"


class Found(NamedTuple):
    """What was found: the kind of debug data, each source once, and what was in the way."""

    kind: str
    sources: list[Attested]
    problems: list[str]


def read(view: View) -> Found:
    """Return the sources of an artifact. Never raises on bad bytes."""
    head = view.read(0, 64)
    if head[:8] == b"!<arch>\n":
        return _archive(view)
    if head[:4] == ELF:
        elf = open_image(view)
        return _dwarf([elf]) if elf is not None else _broken("ELF file")
    if head[:2] == b"MZ":
        return _portable_executable(view)
    if head.startswith(msf.MAGIC):
        return _pdb("pdb", lambda problems: source_files(view, problems))
    if head[:4] == b"BSJB":
        metadata = open_metadata(view, 0)
        return _portable(metadata) if metadata else _broken("portable PDB")
    slices = macho_image.slices(view)
    images = [image for base in slices if (image := macho_image.open_image(view, base)) is not None]
    if images:
        return _dwarf([as_image(image.view, image.bits, image.order, macho.dwarf_sections(image)) for image in images])
    return Found("", [], ["no format whose debug data are known: ELF, PE, Mach-O, PDB, portable PDB, or an archive"])


def _broken(what: str) -> Found:
    return Found("", [], [f"the {what} is truncated or not valid"])


def _archive(view: View) -> Found:
    members, problem = ar_members.members(view)
    images: list[Image] = []
    for member in members[:_MOST_MEMBERS]:
        part = ar_members.SubView(view, member.offset, member.size)
        if part.read(0, 4) == ELF and (image := open_image(part)) is not None:
            images.append(image)
    found = _dwarf(images)
    more = [f"only {_MOST_MEMBERS} members were read"] if len(members) > _MOST_MEMBERS else []
    return found._replace(problems=[*found.problems, *([problem] if problem else []), *more])


def _portable_executable(view: View) -> Found:
    image = pe_image.open_image(view)
    if image is None:
        return _broken("PE file")
    reading = Reading("pe")
    place = read_debug(image, reading)
    metadata = open_embedded(view, place) if place[1] else None
    if metadata is not None:
        return _portable(metadata)
    found = _dwarf([as_image(view, image.bits, "<", pe.dwarf_sections(image))])
    names = [surface.value for surface in reading.surfaces if surface.kind == "pe.debug.pdb"]
    if found.kind or not names:
        return found
    name = names[0].replace("\\", "/").rpartition("/")[2]
    return Found("", [], [f"its debug data are in another file, {name}: give that one"])


def _dwarf(images: list[Image]) -> Found:
    known: dict[tuple[str, str | None], Attested] = {}
    problems: dict[str, None] = {}
    there = False
    for image in images:
        lines = Lines(image)
        there = there or lines.there
        for file in lines.files():
            if _UNIT.search(file.path):
                continue
            why = "" if file.md5 else _OLD if file.version < 5 else _NONE
            known.setdefault((file.path, file.md5), Attested(file.path, "md5" if file.md5 else None, file.md5, why))
        if lines.problem:
            problems[lines.problem] = None
    if not there:
        return Found("", [], [_STRIPPED])
    return Found("dwarf", list(known.values()), list(problems))


def _portable(metadata: Metadata) -> Found:
    return _pdb("portable-pdb", lambda problems: documents(metadata, problems))


def _pdb(kind: str, files: Callable[[dict[str, None]], Iterator[PdbFile]]) -> Found:
    problems: dict[str, None] = {}
    known = {(file.path, file.digest): Attested(file.path, file.algorithm, file.digest, "" if file.digest else _UNKNOWN)
             for file in files(problems)}
    return Found(kind, list(known.values()), list(problems) or ([] if known else ["its debug data name no sources"]))
