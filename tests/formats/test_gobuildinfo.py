from struct import pack

from builtby.formats.base import Reading
from builtby.formats.gobuildinfo import MAGIC, read_buildinfo
from builtby.sources.view import BytesView
from tests.formats.elf_help import build, fixture, read, values


def nowhere(address: int, size: int) -> bytes:
    return b""


def test_inline_layout() -> None:
    reading = read(build({".go.buildinfo": (1, fixture("go.buildinfo"))}))
    (surface,) = [s for s in reading.surfaces if s.kind == "go.buildinfo"]
    assert surface.value == "go1.26.8"
    assert {"-compiler=gc", "CGO_ENABLED=1", "GOARCH=amd64"} <= set(surface.extra)
    assert values(reading, "go.buildinfo.path") == ["command-line-arguments"]


def test_layout_of_pointers() -> None:
    """Go 1.13 to 1.17: pointers to string headers, of either byte order and width."""
    info = b"0" * 16 + b"path\tx/y\nmod\tx\tv1.2.3\th1:abc=\ndep\tz\tv0.1.0\n=>\t../z\tv0.2.0\n" + b"1" * 16
    for order, wide, flag in (("<", "Q", 0), (">", "I", 1)):
        width = 8 if wide == "Q" else 4
        memory = {0x1000: pack(order + 2 * wide, 0x2000, 8), 0x1100: pack(order + 2 * wide, 0x3000, len(info)),
                  0x2000: b"go1.16.5", 0x3000: info}
        blob = (MAGIC + bytes((width, flag)) + pack(order + 2 * wide, 0x1000, 0x1100)).ljust(64, b"\0")
        reading = Reading("elf")
        assert read_buildinfo(BytesView(bytes(32) + blob), [(0, 96)], lambda a, n, m=memory: m[a][:n], reading)  # type: ignore[misc]  # mypy cannot infer the bound default
        assert values(reading, "go.buildinfo") == ["go1.16.5"]
        assert values(reading, "go.buildinfo.main") == ["x v1.2.3"]
        assert values(reading, "go.buildinfo.mod") == ["z v0.1.0", "../z v0.2.0"]


def test_broken_ones_are_no_information() -> None:
    data = fixture("go.buildinfo")
    for length in range(len(data)):
        reading = Reading("elf")
        read_buildinfo(BytesView(data[:length]), [(0, length)], nowhere, reading)
        assert all(value.startswith("go1"[: len(value)]) for value in values(reading, "go.buildinfo"))
    assert not read_buildinfo(BytesView(MAGIC.ljust(64, b"\xff")), [(0, 64)], nowhere, Reading("elf"))
