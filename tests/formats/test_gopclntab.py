"""Real function tables of every version, byte order, width and format of file; and broken ones."""

import lzma
import time
from functools import cache
from pathlib import Path
from struct import pack

import pytest

from builtby.formats import elf, macho, pe
from builtby.formats.base import Format, Reading
from builtby.formats.golinked import add_linked, make_sought, sought
from builtby.formats.gopclntab import Functions, read_functions
from builtby.sources.view import BytesView, SparseView, View
from tests.formats.elf_help import build

FIXTURES = Path(__file__).parent.parent / "fixtures" / "go"
PLAIN = {"fmt", "runtime", "os", "sync", "unicode/utf8", "internal/poll"}
"""What a program that only prints a line has linked, whatever it was built for."""
HELLOS = {
    "hello-1.26-amd64": (elf, "1.20", "linux", "amd64"), "hello-1.19-s390x": (elf, "1.18", "linux", "s390x"),
    "hello-1.19-mips": (elf, "1.18", "linux", "mips"), "hello-1.19-external-pie": (elf, "1.18", "linux", "amd64"),
    "hello-1.26-windows": (pe, "1.20", "windows", "amd64"), "hello-1.26-darwin": (macho, "1.20", "darwin", "arm64"),
}
NOTHING: frozenset[bytes] = frozenset()


@cache
def program(name: str) -> bytes:
    return lzma.decompress((FIXTURES / f"{name}.xz").read_bytes())


def facts(form: Format, data: bytes) -> dict[str, str]:
    return {key: value for key, value in form.read(BytesView(data), "file").facts.items() if key.startswith("go.")}


def functions(data: bytes, sought: frozenset[bytes] = NOTHING) -> Functions | None:
    return read_functions(BytesView(data), [(0, len(data))], sought)


@pytest.mark.parametrize("name", HELLOS)
def test_a_program_that_prints_a_line(name: str) -> None:
    module, version, system, machine = HELLOS[name]
    found = facts(module.FORMAT, program(name))
    packages = set(found["go.packages"].split())
    assert (found["go.table"], found["go.os"], found["go.arch"]) == (version, system, machine)
    assert packages >= PLAIN
    assert not {"main", "go", "type", "net", "net/http", "crypto/tls"} & packages
    assert 30 < len(packages) < 50
    assert found["go.sought"] == sought().digest


def test_functions_that_advisories_name() -> None:
    found = facts(elf.FORMAT, program("server-1.19-amd64"))
    symbols = set(found["go.symbols"].split())
    assert {"net/http.Server.Serve", "net/http.ListenAndServe", "crypto/tls.Conn.Handshake"} <= symbols
    assert "net/url.URL.Hostname" in symbols, "inlined wherever it is called"
    assert not {"html/template.Template.Execute", "net/http.ServeContent"} & symbols
    assert "vendor/golang.org/x/net/http/httpguts" in found["go.packages"].split()


def test_go_1_17() -> None:
    """Its build information does not say what it was built for."""
    found = facts(elf.FORMAT, program("esbuild-1.17"))
    assert (found["go.table"], found["go.os"], found.get("go.arch")) == ("1.16", "unix", None)
    assert {"net/http", "runtime", "archive/tar"} & set(found["go.packages"].split()) == {"net/http", "runtime"}


def old_table(order: str, width: int, names: list[bytes], inlined: bytes = b"") -> bytes:
    """Return a table as Go wrote it until 1.15: a record of each function, its name behind it."""
    word = "Q" if width == 8 else "I"
    start = 8 + width + 2 * width * len(names) + width
    rows, body = b"", b""
    for number, name in enumerate(names):
        place = start + len(body)
        rows += pack(order + 2 * word, 0x1000 + number, place)
        body += pack(order + word + "i", 0x1000 + number, place + width + 4 + 20) + b"\x01" * 20 + name + b"\0"
        body += bytes(-len(body) % width)
    head = pack(order + "IHBB" + word, 0xFFFF_FFFB, 0, 1, width, len(names))
    return head + rows + pack(order + word, 0x9000) + body + inlined + bytes(64)


@pytest.mark.parametrize(("order", "width"), [("<", 8), (">", 8), ("<", 4), (">", 4)])
def test_tables_until_1_15(order: str, width: int) -> None:
    data = old_table(order, width, [b"runtime.main", b"net/http.(*Server).Serve"],
                     b"\0\0\x12\x34os.Open\0\x7f\x41net/url.Parse\0github.com/x/os.Close\0os.Created\0")
    found = functions(data, frozenset({b"os.Open", b"net/url.Parse", b"os.Close", b"os.Create"}))
    assert found is not None
    assert (set(found.names.split(b"\0")), found.version) == (
        {b"runtime.main", b"net/http.(*Server).Serve", b"os.Open", b"net/url.Parse", b""}, "1.2"
    ), "of the inlined ones, those that are sought, whatever number stands before them"


def linked(names: list[bytes], buildinfo: dict[str, str] = {}, version: str = "go1.26.8") -> dict[str, str]:  # noqa: B006
    """Return the facts of a program with these functions."""
    reading = Reading("elf")
    for kind, value in {"go.buildinfo": version, **buildinfo}.items():
        reading.add(kind, value)
    data = new_table(b"\0".join(names) + b"\0")
    add_linked(reading, BytesView(data), [[(0, len(data))]], "unix")
    return reading.facts


def new_table(names: bytes) -> bytes:
    return pack("<IHBB8Q", 0xFFFF_FFF1, 0, 1, 8, 9, 9, 0, 72, 72 + len(names), 1, 1, 1) + names + bytes(64)


def test_names_taken_apart() -> None:
    found = linked([
        b"runtime.main", b"main.main", b"go:buildid", b"type:.eq.net.IPAddr", b"type..hash.net/http.T", b"memmove",
        b"github.com/a/net/http.(*Server).Serve", b"k8s.io/x.F[go.shape.struct { net/mail.A int }]",
        b"reflect.TypeFor[go.shape.struct { encoding/gob.isV6 bool; net/netip.b int }]",
        b"go/parser.(*parser).parseStmt", b"database/sql.(*Rows[go.shape.int]).Scan", b"os.Create.func1",
        b"go:(*struct { io/fs.FS }).Glob", b"archive/zip.split-fm",
    ])
    assert found["go.packages"] == "archive/zip database/sql go/parser os reflect runtime"
    assert found["go.symbols"] == "database/sql.Rows.Scan go/parser.parser.parseStmt os.Create"


def test_the_programs_own_packages_are_not_gos() -> None:
    names = [b"runtime.main", b"tool/core.F", b"net/http.Get", b"lib.F", b"sync.F"]
    own = {"go.buildinfo.main": "tool (devel)", "go.buildinfo.mod": "lib v1.0.0"}
    assert linked(names, own)["go.packages"] == "net/http runtime sync"
    clash = {"go.buildinfo.main": "net v1.0.0"}
    assert "net/http" in linked(names, clash)["go.packages"].split(), "what an advisory names is never left out"


def test_gos_own_tools_are_named_by_their_path() -> None:
    found = linked([b"runtime.main", b"main.validCompilerFlags"], {"go.buildinfo.path": "cmd/go"})
    assert found["go.packages"] == "cmd/go runtime"
    assert found["go.symbols"] == "cmd/go.validCompilerFlags"


def test_a_garbled_program_is_no_evidence() -> None:
    assert linked([b"aXk3.main", b"qUe.(*zz).F"]) == {}
    assert linked([b"runtime.main", b"qUe.(*zz).F"], version="unknown") == {}
    assert linked([b"runtime.main"], version="devel go1.27-abcdef")["go.packages"] == "runtime"


def test_what_was_inlined_is_not_known_before_1_9() -> None:
    for version, table in (("go1.8.7", "1.2 functions"), ("go1.15", "1.2")):
        reading = Reading("elf")
        reading.add("go.buildinfo", version)
        data = old_table("<", 8, [b"runtime.main"])
        add_linked(reading, BytesView(data), [[(0, len(data))]], "unix")
        assert reading.facts["go.table"] == table


def test_every_slice_must_be_read() -> None:
    reading = Reading("macho")
    reading.add("go.buildinfo", "go1.26.8")
    data = new_table(b"runtime.main\0") + new_table(b"runtime.main\0net.Dial\0")
    first = len(new_table(b"runtime.main\0"))
    view: View = BytesView(data)
    add_linked(reading, view, [[(0, first)], [(first, 0)]], "darwin")
    assert reading.facts == {}
    add_linked(reading, view, [[(0, first)], [(first, len(data) - first)]], "darwin")
    assert reading.facts["go.packages"] == "net runtime"


def test_spellings() -> None:
    spelled = make_sought({"regexp": ["regexp.Compile"], "net": ["Dial"]})
    assert set(spelled.spellings) == {b"regexp.regexp.Compile", b"regexp.(*regexp).Compile", b"regexp.Compile",
                                      b"net.Dial"}
    assert spelled.names == {"regexp.regexp.Compile", "net.Dial"}


def test_what_was_not_kept_of_a_file_is_no_miss() -> None:
    data = program("hello-1.26-amd64")
    view = SparseView(len(data), [(0, data[:8192])])
    assert read_functions(view, [(0, len(data))], NOTHING) is None
    assert not view.missed


def test_cut_off_anywhere() -> None:
    data = program("hello-1.19-s390x")
    at = data.index(b"\xff\xff\xff\xf0\0\0")
    whole = read_functions(BytesView(data), [(at, len(data) - at)], NOTHING)
    assert whole is not None
    for size in (*range(80), *range(80, 46528, 997)):
        assert functions(data[at : at + size]) is None
    old = old_table("<", 8, [b"runtime.main", b"fmt.Println"])
    for size in range(len(old)):
        assert read_functions(BytesView(old[:size]), [(0, len(old))], NOTHING) is None


@pytest.mark.parametrize("data", [
    new_table(b"runtime.main\0")[:32] + b"\xff" * 200,
    pack("<IHBB8Q", 0xFFFF_FFF1, 0, 1, 8, 1, 9, 0, 72, 1 << 63, 1, 1, 1) + bytes(999),
    pack("<IHBB8Q", 0xFFFF_FFF1, 0, 1, 8, 1 << 60, 9, 0, 72, 99, 1, 1, 1) + bytes(999),
    pack("<IHBB8Q", 0xFFFF_FFFB, 0, 1, 8, 1_000_000, *[1] * 7) + bytes(999),
    pack("<IHBB8Q", 0xFFFF_FFFB, 0, 1, 8, 2, *[1 << 63] * 7) + bytes(999),
])
def test_lies(data: bytes) -> None:
    assert functions(data) is None
    assert "go.packages" not in facts(elf.FORMAT, build({".gopclntab": (1, data)}))


def test_hostile_ones_take_little_time() -> None:
    """Many beginnings, one endless text, many texts, and names that overlap."""
    count, size = 20_000, 16_000
    overlapping = pack("<IHBBQ", 0xFFFF_FFFB, 0, 1, 8, count) + pack("<QQ", 0, 16 + 16 * count) * count
    overlapping += pack("<QI", 0, 16 + 16 * count + 12) + b"x" * size + b"\0"
    start = time.process_time()
    for data in (pack("<IHBB", 0xFFFF_FFF1, 0, 1, 8) * (1 << 20), overlapping, new_table(b"\0" * (8 << 20)),
                 old_table("<", 8, [b"runtime.main"], b"x" * (8 << 20))):
        functions(data)
    assert functions(overlapping) is None
    assert time.process_time() - start < 5
