"""Electron's archives."""

import json
import struct

import pytest

from builtby.sources import asar
from builtby.sources.base import Damaged
from tests.sources.archives import FIXTURES, all_of, members_of, silent, stream_of

APP = (FIXTURES / "app.asar").read_bytes()


def make(tree: object, data: bytes = b"") -> bytes:
    raw = json.dumps(tree).encode()
    padded = raw + bytes(-len(raw) % 4)
    return struct.pack("<IIII", 4, len(padded) + 8, len(padded) + 4, len(raw)) + padded + data


def test_reads_a_real_archive() -> None:
    assert all_of(asar.CONTAINER, APP) == {
        "main.js": b"exports.a=1\n", "package.json": b'{"name":"x"}\n', "sub/t.txt": b"deep\n"}
    assert [(m.path, m.link) for m in members_of(asar.CONTAINER, APP) if m.kind == "symlink"] == [
        ("link.js", "main.js")]


def test_members_that_share_bytes_are_refused() -> None:
    files = {name: {"offset": "0", "size": 4} for name in ("a", "b")}
    (_, first), (_, second) = _held(make({"files": files}, b"data"))
    assert first == b"data"
    assert isinstance(second, Damaged)


def _held(data: bytes) -> list[tuple[str, bytes | Damaged]]:
    found: list[tuple[str, bytes | Damaged]] = []
    for member, stream in asar.read(stream_of(data), silent):
        try:
            found.append((member.path, stream.read(100)))
        except Damaged as reason:
            found.append((member.path, reason))
    return found


@pytest.mark.parametrize("data", [
    APP[:10], APP[:40], make({"files": {"a": {"offset": "-1", "size": 3}}}), make({"files": {"a": {"size": -1}}}),
    make({"files": {"a": {"offset": "9" * 40, "size": 3}}}), struct.pack("<IIII", 4, 12, 9, 1 << 31) + b"{}",
])
def test_damage_is_said(data: bytes) -> None:
    with pytest.raises(Damaged):
        all_of(asar.CONTAINER, data)


@pytest.mark.parametrize("tree", [[], None, {"files": 3}, {"files": {"a": 4}}])
def test_a_tree_that_is_none_is_empty(tree: object) -> None:
    assert all_of(asar.CONTAINER, make(tree)) == {}


def test_deep_trees_are_walked() -> None:
    tree: dict[str, object] = {"files": {"leaf": {"size": 1, "offset": "0"}}}
    for _ in range(200):
        tree = {"files": {"d": tree}}
    assert all_of(asar.CONTAINER, make(tree, b"x")) == {"d/" * 200 + "leaf": b"x"}


def test_is_told_by_its_first_bytes() -> None:
    accepts = asar.CONTAINER.accepts
    assert accepts is not None
    assert accepts("app", APP[:4096])
    assert not accepts("x", b"\4\0\0\0" + bytes(100))
