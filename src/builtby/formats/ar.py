r"""`ar` archives: static libraries, import libraries, Rust's .rlib, Go's packages. (A .deb is one too, but no library.)

An archive is one artifact: the surfaces of its members (objects of any format that is known, bitcode too) stand on
it, `times` summed over the members, offsets from the archive's start. Of more than 16 members an even sample is read.
Of objects of one machine the counts of `elf.cfi` and the fact `codegen` are those of all that were read (elf_frames).

Its own surfaces: `go.object` (`go object linux amd64 go1.26.8 GOAMD64=v1 X:…`, the first line of `__.PKGDEF`),
`rust.metadata` (`rustc 1.95.0 (59807616e 2026-04-14)`, from `lib.rmeta`).
Facts: `members`, `members.read`, `thin=yes`, `type=archive`, and `machine` when the members agree.

Source: System V, GNU (also thin and 64-bit symbol tables) and BSD variants as binutils and LLVM describe them.
"""

from builtby.formats import registry
from builtby.formats.ar_members import MAGIC, THIN, Member, SubView, members
from builtby.formats.base import Format, Reading, Region, Surface
from builtby.formats.elf_frames import Frames, add_frames, frames_of
from builtby.formats.elf_regions import merge
from builtby.sources.view import View

_GO_FIRST = (b"__.PKGDEF", b"__.PKGDEF/")
_RUST_FIRST, _RUST_LONG = (b"lib.rmeta", b"lib.rmeta/"), "rust.metadata.bin"
"""What holds the metadata of Go's and Rust's archives; the last is too long a name for a header."""
_MOST_READ = 16
_MOST_SURFACES = 4096
_MOST_REGIONS = 4096
_MOST_EXTRA = 128
_GO_HEAD = 512
_RUST_HEAD = 16 << 10
_LEFT_OUT = ("elf.sections", "elf.note.gnu_build_id")
"""What tells of one object only, and would be another text for each."""


def read(view: View, path: str) -> Reading:
    """Return what stands in an archive's members."""
    reading = Reading("ar", facts={"type": "archive"})
    found, reading.problem = members(view)
    reading.facts["members"] = str(len(found))
    if view.read(0, 8) == THIN:
        reading.facts["thin"] = "yes"
        return reading
    sum_ = _Sum(reading)
    rust_long = any(_RUST_LONG.encode() in names for names in {member.names for member in found})
    step = max(-(-len(found) // _MOST_READ), 1)
    for index, member in enumerate(found):
        if member.raw in _GO_FIRST:
            _add_go(view, member, reading)
        elif member.raw in _RUST_FIRST or (rust_long and member.name == _RUST_LONG):
            _add_rust(view, member, reading)
        elif index % step == 0:
            sum_.take(view, member)
    sum_.finish(view.size)
    return reading


def _add_go(view: View, member: Member, reading: Reading) -> None:
    line = view.read(member.offset, min(member.size, _GO_HEAD)).partition(b"\n")[0]
    if line.startswith(b"go object "):
        reading.add("go.object", line, member.offset)


def _add_rust(view: View, member: Member, reading: Reading) -> None:
    """The metadata starts with a header, then a length and the version; an object may be wrapped around it."""
    raw = view.read(member.offset, min(member.size, _RUST_HEAD))
    start = raw.find(b"rust\0\0\0")
    at = raw.find(b"rustc ", max(start, 0), start + 64 if start >= 0 else None)
    if start >= 0 and at > 0:
        reading.add("rust.metadata", raw[at : at + raw[at - 1]], member.offset + at)


class _Sum:
    """Adds up what the members' readings hold."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._surfaces: dict[tuple[str, str], Surface] = {}
        self._ranges: dict[str, list[tuple[int, int]]] = {}
        self._machines: set[str] = set()
        self._frames: list[Frames] = []
        self._read = 0

    def take(self, view: View, member: Member) -> None:
        """Read one member, if its format is known."""
        inner = SubView(view, member.offset, member.size)
        form = registry.identify(member.name, inner.read(0, registry.HEAD))
        if form is None or form is FORMAT or not form.magics:
            return
        reading = form.read(inner, member.name)
        self._read += 1
        self._machines |= {reading.facts["machine"]} if "machine" in reading.facts else set()
        for surface in reading.surfaces:
            if surface.kind == "elf.cfi":
                frames = frames_of(surface)
                self._frames.append(frames._replace(offset=frames.offset + member.offset))
            elif surface.kind not in _LEFT_OUT:
                self._add(surface, member.offset)
        for region in reading.regions:
            ranges = self._ranges.setdefault(region.kind, [])
            if len(ranges) < _MOST_REGIONS:
                ranges.append((region.offset + member.offset, region.size))

    def _add(self, surface: Surface, base: int) -> None:
        key = (surface.kind, surface.value)
        known = self._surfaces.get(key)
        if known is not None:
            extra = known.extra
            if surface.extra and surface.extra != extra and len(extra) < _MOST_EXTRA:
                extra = tuple(dict.fromkeys(extra + surface.extra))
            self._surfaces[key] = known._replace(times=known.times + surface.times, extra=extra)
        elif len(self._surfaces) < _MOST_SURFACES:
            offset = None if surface.offset is None else surface.offset + base
            self._surfaces[key] = surface._replace(offset=offset)

    def finish(self, size: int) -> None:
        """Put the sum into the reading."""
        reading = self._reading
        reading.surfaces += self._surfaces.values()
        reading.facts["members.read"] = str(self._read)
        if len(self._machines) == 1:
            machine = reading.facts["machine"] = self._machines.pop()
            self._add_frames(machine)
        for kind, ranges in self._ranges.items():
            reading.regions += [Region(kind, start, end - start) for start, end in merge(ranges, size)]


    def _add_frames(self, machine: str) -> None:
        if self._frames:
            gcc, llvm = (sum(counts) for counts in list(zip(*self._frames, strict=True))[:2])
            add_frames(self._reading, Frames(gcc, llvm, self._frames[0].offset), machine)


def _accepts(path: str, head: bytes) -> bool:
    return not head.startswith(b"debian-binary", 8)


FORMAT = Format("ar", read, magics=(MAGIC, THIN), accepts=_accepts)
