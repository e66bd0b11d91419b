"""PHP archives, on the beginning of a real one."""

import pytest

from tests.formats.native_help import FIXTURES, built_by, read, values

HEAD = (FIXTURES / "php/phar.head").read_bytes()
PLACE = HEAD.index(b"__HALT_COMPILER();") + 23
SCRIPT = b"<?php\n// it ends with __HALT_COMPILER();\n"


@pytest.mark.parametrize("path", ["phar.phar", "usr/bin/phar"])
def test_an_archive_is_told_by_its_name_or_by_its_manifest(path: str) -> None:
    reading = read(HEAD, path)
    assert [(one.kind, one.value, one.offset) for one in reading.surfaces] == [("phar.api", "1.1.0", PLACE)]
    assert [(one.tool, one.version, str(one.role), one.detail) for one in built_by(HEAD, path)] == [
        ("php", None, "packager", "phar archive")]


def test_a_script_that_speaks_of_the_word_first() -> None:
    assert values(read(SCRIPT + HEAD, "tool"), "phar.api") == ["1.1.0"]


@pytest.mark.parametrize("data", [
    HEAD[: PLACE + 12],
    HEAD[:PLACE] + b"\xff" * 4 + HEAD[PLACE + 4 :],
    HEAD[: PLACE + 4] + b"\xff" * 4 + HEAD[PLACE + 8 :],
    HEAD[: PLACE + 8] + b"\x51" + HEAD[PLACE + 9 :],
    SCRIPT,
])
def test_what_is_no_manifest_is_no_archive(data: bytes) -> None:
    assert not values(read(data, "broken.phar"), "phar.api")
