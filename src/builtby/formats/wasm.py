"""WebAssembly: modules, objects and components.

Surfaces:

- `wasm.producers`: `processed-by clang 18.1.8`, `language C11`, `sdk Emscripten 3.1.6`: field, name and version.
- `wasm.layout`: `type=module sections=type import … customs=name producers imports=env wasi_snapshot_preview1`.
- `wasm.imports` and `wasm.exports`: names on one line, imports by module: `env: abort memory`.
- `wasm.custom`: the names of custom sections. `wasm.module_name`, `wasm.features`, `wasm.build_id`,
  `wasm.source_map`. `wasm.dwarf.producer` (dwarf_sections). `go.buildinfo*` (gobuildinfo).

Regions: `wasm.data` (data segments), `wasm.symbols` (names of functions).
Facts: `type` (`module`, `object`, `shared`, `component`), `machine` (`wasm32`, `wasm64`), `os` (`wasi`), `modules`.
"""

from collections.abc import Iterable

from builtby.formats.base import Format, Reading, Region
from builtby.formats.dwarf_sections import read_dwarf
from builtby.formats.elf_regions import merge
from builtby.formats.gobuildinfo import MAGIC as GO_MAGIC
from builtby.formats.gobuildinfo import read_buildinfo
from builtby.formats.wasm_sections import (
    COMPONENT,
    CUSTOM,
    DATA,
    EXPORT,
    IMPORT,
    MAGIC,
    MEMORY,
    MODULE,
    NAMES,
    Part,
    Reader,
    exports,
    imports,
    limits,
    parts,
)
from builtby.sources.view import View

_MOST_BYTES = 1 << 20
_MOST_NAMES = 2000
_MOST_SHOWN = 48
_MOST_MODULES = 32
_MOST_TABLES = 256
_MOST_PRODUCERS = 64
_MOST_CUSTOM = 256
_MOST_SEARCHED = 64 << 20
_WIDE = 4


def read(view: View, path: str) -> Reading:
    """Return what stands in a file that begins with wasm's magic."""
    reading = Reading("wasm")
    found, whole = parts(view)
    if not whole:
        reading.problem = "a section is truncated or not valid"
    for part in [part for part in found if part.number == CUSTOM][:_MOST_CUSTOM]:
        _read_custom(view, part, reading)
    modules = _read_names(view, [part for part in found if part.layer == MODULE], reading)
    _tell(view, found, modules, reading)
    _read_go(view, found, reading)
    _add_regions(view, found, reading)
    read_dwarf(view, 32, "<", [(p.name, p.offset, p.size) for p in found if p.name.startswith(".debug_")], reading)
    return reading


def _read_names(view: View, found: list[Part], reading: Reading) -> list[str]:
    """Add imports and exports. Return the names of the modules that are imported from."""
    modules: dict[str, list[str]] = {}
    for part in [part for part in found if part.number in (IMPORT, EXPORT, MEMORY)][:_MOST_TABLES]:
        raw = view.read(part.offset, min(part.size, _MOST_BYTES))
        if part.number == IMPORT:
            for module, name, _ in imports(raw, _MOST_NAMES):
                modules.setdefault(module, []).append(name)
        elif part.number == EXPORT:
            reading.add("wasm.exports", " ".join(exports(raw, _MOST_SHOWN)), part.offset)
        elif _is_wide(view, part):
            reading.facts["machine"] = "wasm64"
    names = list(modules)[:_MOST_MODULES]
    for module in names:
        reading.add("wasm.imports", f"{module}: {' '.join(modules[module][:_MOST_SHOWN])}")
    return names


def _is_wide(view: View, part: Part) -> bool:
    reader = Reader(view.read(part.offset, 16))
    return bool(reader.number() and limits(reader) & _WIDE)


def _read_custom(view: View, part: Part, reading: Reading) -> None:
    reading.add("wasm.custom", part.name, part.offset)
    raw = view.read(part.offset, min(part.size, 64 << 10))
    if part.name == "producers":
        for value in producers(raw):
            reading.add("wasm.producers", value, part.offset)
    elif part.name == "target_features":
        reader = Reader(raw)
        features = [chr(reader.byte()) + reader.text() for _ in range(min(reader.number(), 64))]
        reading.add("wasm.features", " ".join(features), part.offset)
    elif part.name == "build_id":
        reading.add("wasm.build_id", raw[1:65].hex(), part.offset)
    elif part.name == "sourceMappingURL":
        reading.add("wasm.source_map", Reader(raw).text(), part.offset)
    elif part.name == "name" and raw[:1] == b"\0":
        reader = Reader(raw[1:])
        reader.number()
        reading.add("wasm.module_name", reader.text(), part.offset)


def producers(raw: bytes) -> Iterable[str]:
    """Yield `FIELD NAME VERSION` for each entry of a producers section."""
    reader = Reader(raw)
    for _ in range(min(reader.number(), _MOST_PRODUCERS)):
        field = reader.text()
        for _ in range(min(reader.number(), _MOST_PRODUCERS)):
            name, version = reader.text(), reader.text()
            if reader.bad:
                return
            yield f"{field} {name} {version}".strip()


def _tell(view: View, found: list[Part], modules: list[str], reading: Reading) -> None:
    facts, customs = reading.facts, [part.name for part in found if part.number == CUSTOM]
    layer = int.from_bytes(view.read(4, 4), "little")
    if layer == COMPONENT:
        facts["type"] = "component"
        facts["modules"] = str(sum(part.layer == COMPONENT and part.number == 1 for part in found))
    elif layer == MODULE:
        facts["type"] = "object" if "linking" in customs else "shared" if "dylink.0" in customs else "module"
    else:
        reading.problem = f"version {layer:#x} is not known"
    facts.setdefault("machine", "wasm32")
    if any(module.startswith("wasi") for module in modules):
        facts["os"] = "wasi"
    numbers = dict.fromkeys(NAMES[p.number] for p in found if p.layer == MODULE and 0 < p.number < len(NAMES))
    shown = dict.fromkeys(name for name in customs if not name.startswith(("reloc.", ".debug_")))
    reading.add("wasm.layout", f"type={facts.get('type')} sections={' '.join(numbers)} "
                               f"customs={' '.join(shown)} imports={' '.join(modules)}", 0)


def _read_go(view: View, found: list[Part], reading: Reading) -> None:
    """Go's blob stands in the memory's image, aligned there and not in the file."""
    if not any(part.name.startswith("go") for part in found):
        return
    for part in found:
        if part.layer != MODULE or part.number != DATA:
            continue
        for base, window in view.windows(part.offset, min(part.size, _MOST_SEARCHED)):
            at = bytes(window).find(GO_MAGIC)
            if at >= 0 and read_buildinfo(view, [(base + at, 64)], lambda _address, _size: b"", reading):
                return


def _add_regions(view: View, found: list[Part], reading: Reading) -> None:
    data = [(part.offset, part.size) for part in found if part.layer == MODULE and part.number == DATA]
    names = [(part.offset, part.size) for part in found if part.name == "name"]
    for kind, ranges in (("wasm.data", data), ("wasm.symbols", names)):
        reading.regions += [Region(kind, start, end - start) for start, end in merge(ranges, view.size)]


FORMAT = Format("wasm", read, magics=(MAGIC,))
