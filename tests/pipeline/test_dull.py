"""What is called dull is known to nobody; what somebody knows is not called so."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builtby.formats import registry as formats
from builtby.pipeline.dull import dull
from builtby.sources import registry as containers
from builtby.sources.closed import closed, kinds

FIXTURES = Path(__file__).parents[1] / "fixtures"
MAGICS = sorted({
    *(magic for known in containers.all_containers() for magic in known.magics),
    *(magic for known in formats.all_formats() for magic in known.magics),
    *(bytes.fromhex(known.magic) for known in kinds()),
})
NAMES = sorted({
    *(name for known in formats.all_formats() for name in known.names),
    *(f"x{suffix}" for known in formats.all_formats() for suffix in known.suffixes),
    *(f"x{suffix}" for known in kinds() for suffix in known.suffixes),
    *(f"x{suffix}" for known in containers.all_containers() for suffix in known.suffixes), "x.whl", "x.lzma", "plain",
})


def known(path: str, head: bytes) -> bool:
    return bool(containers.identify(path, head) or formats.identify(path, head) or closed(path, head))


@given(st.sampled_from(NAMES), st.sampled_from(MAGICS), st.binary(max_size=600), st.booleans())
def test_what_is_known_is_not_dull(name: str, magic: bytes, rest: bytes, upper: bool) -> None:
    path = f"usr/lib/{name.upper() if upper else name}"
    assert not (dull(path, magic + rest) and known(path, magic + rest))
    assert not (dull(path, rest) and known(path, rest))


def test_no_fixture_that_is_known_is_dull() -> None:
    files = [path for path in FIXTURES.rglob("*") if path.is_file()]
    for path in files:
        head = path.read_bytes()[: formats.HEAD]
        assert not (dull(str(path), head) and known(str(path), head)), path
    assert sum(known(str(path), path.read_bytes()[: formats.HEAD]) for path in files) > 100


@pytest.mark.parametrize(("path", "head"), [
    ("usr/share/doc/x/README", b"Read me."), ("a.txt", b""), ("x", b"\1\1" * 300), ("usr/include/a.h", b"/* */" * 200),
])
def test_most_files_are_dull(path: str, head: bytes) -> None:
    assert dull(path, head)


def test_a_container_is_told_by_its_first_bytes_or_is_a_tar_archive() -> None:
    """`dull` looks at nothing else of containers."""
    assert {known.name for known in containers.all_containers() if not known.magics} == {"tar"}
