"""Bytecode that says which compiler's format it is: Erlang's BEAM, Lua's and OCaml's.

Surfaces: `beam.compiler` (the version of Erlang's application `compiler`), `beam.module`, `lua.bytecode` (`5.4`,
`jit 2`), `ocaml.magic` (`Caml1999X030`).
Sources: Erlang/OTP's beam_lib and the external term format; lundump.h of Lua 5.1 to 5.4, lj_bcdump.h of LuaJIT 2;
OCaml's utils/config.mlp.
"""

from struct import unpack_from

from builtby.formats.base import Format, Reading
from builtby.sources.view import View

_MOST_CHUNKS = 64
_MOST_INFO = 64 << 10
_ATOMS = (b"AtU8", b"Atom")
_VERSION_KEY = b"\x00\x07versionk"
"""An atom of seven letters, then a string whose length stands in the two bytes that follow."""
_LONGEST_VERSION = 32
_TRAILER = 12
_OCAML = b"Caml1999"


def read_beam(view: View, _path: str) -> Reading:
    """Return the module and the version of the compiler that a BEAM file names."""
    reading, place = Reading("beam"), 12
    for _ in range(_MOST_CHUNKS):
        head = view.read(place, 8)
        if len(head) < 8:
            return reading
        name, size = unpack_from(">4sI", head)
        if name in _ATOMS:
            length = view.read(place + 12, 1)
            module = view.read(place + 13, length[0]) if length else b""
            if length and len(module) == length[0] > 0:
                reading.add("beam.module", module, place + 13)
        elif name == b"CInf":
            _add_version(view.read(place + 8, min(size, _MOST_INFO)), place + 8, reading)
        place += 8 + (size + 3 & ~3)
    return reading


def _add_version(info: bytes, offset: int, reading: Reading) -> None:
    at = info.find(_VERSION_KEY) + len(_VERSION_KEY)
    length = int.from_bytes(info[at : at + 2], "big")
    version = info[at + 2 : at + 2 + length]
    if at >= len(_VERSION_KEY) and 0 < length == len(version) <= _LONGEST_VERSION:
        reading.add("beam.compiler", version, offset + at + 2)


def read_lua(view: View, _path: str) -> Reading:
    """Return the version of the format: Lua's is that of its release, LuaJIT has its own."""
    reading, head = Reading("lua"), view.read(0, 5)
    if len(head) < 5:
        return reading
    if head[1:3] == b"LJ":
        reading.add("lua.bytecode", f"jit {head[3]}", 0)
    else:
        reading.add("lua.bytecode", f"{head[4] >> 4}.{head[4] & 15}", 0)
    return reading


def read_ocaml(view: View, _path: str) -> Reading:
    """Return the magic number of a unit or library, which it begins with, or of a program, which ends with it."""
    reading = Reading("ocaml")
    at_end = view.read(view.size - _TRAILER, _TRAILER)
    place = 0 if view.read(0, len(_OCAML)) == _OCAML else view.size - _TRAILER
    if place == 0 or at_end.startswith(_OCAML):
        reading.add("ocaml.magic", view.read(place, _TRAILER), max(place, 0))
    return reading


def _is_beam(_path: str, head: bytes) -> bool:
    return head[8:12] == b"BEAM"


def _is_ocaml(_path: str, head: bytes) -> bool:
    return not head.startswith(b"#!") or b"ocamlrun" in head[: head.find(b"\n")]


FORMATS = (
    Format("beam", read_beam, magics=(b"FOR1",), accepts=_is_beam),
    Format("lua", read_lua, magics=(b"\x1bLua", b"\x1bLJ")),
    Format("ocaml", read_ocaml, magics=(b"Caml1999O", b"Caml1999A", b"#!"), accepts=_is_ocaml),
)
