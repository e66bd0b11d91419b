from builtby.formats.wasm_sections import Reader
from tests.formats.native_help import built_by, fixture, read, tools, values


def leb(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def text(value: str) -> bytes:
    return leb(len(value.encode())) + value.encode()


def section(number: int, content: bytes) -> bytes:
    return bytes([number]) + leb(len(content)) + content


def producers(*entries: tuple[str, str, str]) -> bytes:
    fields = b"".join(text(field) + leb(1) + text(name) + text(version) for field, name, version in entries)
    return section(0, text("producers") + leb(len(entries)) + fields)


MODULE = b"\0asm\x01\0\0\0"


def test_producers_name_features_and_exports() -> None:
    reading = read(fixture("wasm/source_map.wasm"))
    assert values(reading, "wasm.producers") == [
        "language Rust", "processed-by rustc 1.66.0-nightly (a24a020e6 2022-10-18)", "processed-by walrus 0.12.0",
        "processed-by wasm-snip 0.4.0"]
    assert values(reading, "wasm.imports") == ["env: mapping_callback"]
    assert tools(fixture("wasm/source_map.wasm"), "compiler") == [("rustc", "1.66.0-nightly")]
    assert tools(fixture("wasm/source_map.wasm"), "packager") == [("walrus", "0.12.0")]


def test_compilers() -> None:
    assert tools(fixture("wasm/clang.wasm"), "compiler") == [("clang", "14.0.6")]
    assert tools(fixture("wasm/argon2.wasm"), "compiler") == [("emscripten", None)]
    data = MODULE + producers(("language", "Go", "go1.26.8"), ("processed-by", "Go cmd/compile", "go1.26.8"))
    assert tools(data, "compiler") == [("go", "1.26.8")]


def test_rust_with_a_c_library_is_rust() -> None:
    data = MODULE + producers(("processed-by", "rustc", "1.98.0 (88d9e12ae 2026-08-18)"),
                              ("processed-by", "clang", "18.1.8"))
    assert next((one.tool, one.version, one.role) for one in built_by(data)) == ("rustc", "1.98.0", "compiler")
    assert tools(data, "compiler") == [("rustc", "1.98.0")]


def test_objects_have_debug_information() -> None:
    reading = read(fixture("wasm/clang.o"))
    assert values(reading, "wasm.dwarf.producer") == ["Debian clang version 14.0.6 | C99"]
    assert reading.facts["type"] == "object"


def test_components_hold_modules() -> None:
    inner = MODULE + producers(("processed-by", "rustc", "1.90.0 (abcdef012 2025-01-01)"))
    data = b"\0asm\x0d\0\x01\0" + section(1, inner) + producers(("processed-by", "wit-component", "0.200.0"))
    reading = read(data)
    assert reading.facts["type"] == "component"
    assert reading.facts["modules"] == "1"
    assert len(values(reading, "wasm.producers")) == 2
    assert reading.problem is None


def test_nesting_has_an_end() -> None:
    data = b"\0asm\x0d\0\x01\0"
    for _ in range(200):
        data = b"\0asm\x0d\0\x01\0" + section(4, data)
    assert read(data).problem is not None


def test_imports_of_every_kind_and_wide_memory() -> None:
    entries = [text("env") + text("f") + b"\0\x05", text("env") + text("t") + b"\x01\x70\x01\x01\x02",
               text("wasi_snapshot_preview1") + text("m") + b"\x02\0\x01", text("env") + text("g") + b"\x03\x7f\x01",
               text("env") + text("e") + b"\x04\0\x02"]
    data = MODULE + section(2, leb(len(entries)) + b"".join(entries)) + section(5, b"\x01\x05\x01\x02")
    reading = read(data)
    assert values(reading, "wasm.imports") == ["env: f t g e", "wasi_snapshot_preview1: m"]
    assert reading.facts.items() >= {"machine": "wasm64", "os": "wasi", "type": "module"}.items()


def test_names_and_custom_sections() -> None:
    data = MODULE + section(0, text("name") + b"\0" + leb(4) + text("app"))
    data += section(0, text("build_id") + b"\x02\xab\xcd") + section(0, text("sourceMappingURL") + text("a.map"))
    data += section(0, text("target_features") + b"\x01+" + text("simd128"))
    reading = read(data)
    assert values(reading, "wasm.module_name") == ["app"]
    assert values(reading, "wasm.build_id") == ["abcd"]
    assert values(reading, "wasm.source_map") == ["a.map"]
    assert values(reading, "wasm.features") == ["+simd128"]


def test_numbers_end() -> None:
    reader = Reader(b"\x80" * 20)
    assert reader.number() == 0
    assert reader.bad
