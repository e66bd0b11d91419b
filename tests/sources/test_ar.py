"""`ar` archives, as Debian packages are made of."""

import pytest

from builtby.sources import deb
from builtby.sources.base import Damaged
from tests.sources.archives import all_of, members_of


def entry(name: bytes, data: bytes, size: int | None = None) -> bytes:
    said = len(data) if size is None else size
    return name.ljust(16) + b"1672068600  0     0     100644  " + str(said).encode().ljust(10) + b"`\n" + data + \
        b"\n" * (len(data) & 1)


DEB = b"!<arch>\n" + entry(b"debian-binary", b"2.0\n") + entry(b"control.tar.xz", b"abc") + entry(b"data.tar/", b"data")


def test_reads_a_package() -> None:
    assert all_of(deb.CONTAINER, DEB) == {"debian-binary": b"2.0\n", "control.tar.xz": b"abc", "data.tar": b"data"}
    assert [m.mtime for m in members_of(deb.CONTAINER, DEB)] == [1672068600] * 3
    assert deb.CONTAINER.accepts is not None
    assert deb.CONTAINER.accepts("x", DEB[:64])
    assert not deb.CONTAINER.accepts("lib.a", b"!<arch>\n" + entry(b"/", b"") + entry(b"a.o/", b""))


def test_resolves_long_names() -> None:
    gnu = b"!<arch>\n" + entry(b"//", b"a_rather_long_name.o/\nother.o/\n") + entry(b"/22", b"2") + entry(b"/0", b"1")
    assert all_of(deb.CONTAINER, gnu) == {"other.o": b"2", "a_rather_long_name.o": b"1"}
    bsd = b"!<arch>\n" + entry(b"#1/12", b"long name.o\0" + b"data")
    assert all_of(deb.CONTAINER, bsd) == {"long name.o": b"data"}


@pytest.mark.parametrize("damaged", [
    DEB[:40], DEB[:-3], DEB[:8] + entry(b"a", b"x", 1 << 40), DEB[:8] + entry(b"a", b"").replace(b"`\n", b"!!"),
    DEB[:8] + b"a".ljust(48) + b"-5        `\n",
])
def test_damage_is_said(damaged: bytes) -> None:
    with pytest.raises(Damaged):
        all_of(deb.CONTAINER, damaged)
