"""Views: bytes by offset, and nothing for offsets that are not there."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from builtby.sources.view import OVERLAP, WINDOW, BytesView, FileView, SparseView, View

DATA = os.urandom(10_000)


@pytest.fixture(params=["bytes", "file", "sparse"])
def view(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[View]:
    if request.param == "file":
        (tmp_path / "x").write_bytes(DATA)
        with (tmp_path / "x").open("rb") as file:
            yield FileView(file.fileno(), len(DATA), DATA[:100])
    else:
        yield BytesView(DATA) if request.param == "bytes" else SparseView(len(DATA), [(0, DATA)])


@pytest.mark.parametrize(("offset", "size"), [
    (0, 10), (95, 10), (0, 10_000), (9_990, 100), (10_000, 1), (1 << 70, 5), (-1, 5), (5, 0), (5, -1), (0, 1 << 40)])
def test_what_is_read(view: View, offset: int, size: int) -> None:
    assert view.read(offset, size) == (DATA[offset : offset + size] if offset >= 0 and size > 0 else b"")


@pytest.mark.parametrize(("offset", "size"), [(0, 10_000), (5, 10), (9_000, 1 << 40), (20_000, 5), (-5, 10), (5, 0)])
def test_windows_cover_a_range(view: View, offset: int, size: int) -> None:
    found = b"".join(bytes(window) for _, window in view.windows(offset, size))
    assert found == DATA[max(offset, 0) : max(offset + size, 0)]


def test_windows_of_a_large_file_overlap(tmp_path: Path) -> None:
    data = os.urandom(1 << 20) * 9
    (tmp_path / "x").write_bytes(data)
    with (tmp_path / "x").open("rb") as file:
        at = 0
        for base, window in FileView(file.fileno(), len(data), b"").windows(0, len(data)):
            assert base == max(at - OVERLAP, 0)
            assert len(window) <= WINDOW
            assert window == data[base : base + len(window)]
            at = base + len(window)
    assert at == len(data)


def test_a_file_that_has_shrunk_gives_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(DATA[:100])
    with (tmp_path / "x").open("rb") as file:
        view = FileView(file.fileno(), 1 << 30, b"")
        assert view.read(50, 1000) == DATA[50:100]
        assert b"".join(bytes(window) for _, window in view.windows(0, 1 << 30)) == DATA[:100]
        assert view.load(bytearray(200)) == 100


def test_a_view_with_holes_tells_that_something_was_missed() -> None:
    view = SparseView(1000, [(0, DATA[:100]), (900, DATA[900:1000])])
    reads = [(view.read(offset, size), view.missed) for offset, size in ((10, 20), (950, 100), (90, 20), (500, 10))]
    assert reads == [(DATA[10:30], False), (DATA[950:1000], False), (DATA[90:100], True), (b"", True)]
    assert [(base, bytes(window)) for base, window in view.windows(50, 900)] == [
        (50, DATA[50:100]), (900, DATA[900:950])]
