"""RPM packages: the header's tags and the payload's files."""

from builtby.sources import rpm
from builtby.sources.base import Damaged
from tests.sources.archives import FIXTURES, all_of, members_of, silent, stream_of

TINY = (FIXTURES / "tiny-1.2-3.x86_64.rpm").read_bytes()


def test_reads_files() -> None:
    assert all_of(rpm.CONTAINER, TINY) == {
        "./usr/share/tiny/a": b"", "./usr/share/tiny/b": b"hello\n", "./usr/share/tiny/z": b"last\n"}
    links = [(m.path, m.link) for m in members_of(rpm.CONTAINER, TINY) if m.kind == "symlink"]
    assert links == [("./usr/share/tiny/link", "a")]


def test_notes_how_it_was_made() -> None:
    notes: list[tuple[str, str]] = []
    all_of(rpm.CONTAINER, TINY, lambda kind, text: notes.append((kind, text)))
    assert {kind for kind, _ in notes} == {"rpm.header"}
    values = [text for _, text in notes]
    for wanted in ("RPMVERSION: 4.18.0", "NAME: tiny", "BUILDHOST: builder", "OPTFLAGS: -O2 -g",
                   "PLATFORM: x86_64-debian-linux", "PAYLOADCOMPRESSOR: gzip", "ARCH: x86_64"):
        assert wanted in values
    assert not any(value.startswith("PACKAGER") for value in values)


def test_damage_is_a_reason_never_a_crash() -> None:
    for at in range(0, len(TINY), 5):
        for broken in (TINY[:at], TINY[:at] + bytes([TINY[at] ^ 0xFF]) + TINY[at + 1 :]):
            try:
                list(rpm.read(stream_of(broken, 3000), silent))
            except Damaged as reason:
                assert str(reason)


def test_a_header_that_claims_too_much_is_refused() -> None:
    huge = TINY[:104] + b"\xff\xff\xff\xff\xff\xff\xff\xff" + TINY[112:]
    try:
        list(rpm.read(stream_of(huge), silent))
    except Damaged as reason:
        assert "damaged or too large" in str(reason)
    else:
        raise AssertionError("a header of 64 GB was accepted")
