"""Feeds that nobody should be able to do harm with, by name."""

import io
import json
import struct
import zipfile
from typing import Any

from tests.advisories.site import packed, record

GOOD = record("GHSA-good", "npm", "vite")


def bomb_of_copies() -> bytes:
    """700 members that are all the same 16 MB of zeros: 11 GB in a few kilobytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a000.json", bytes((16 << 20) - 1))
    raw = out.getvalue()
    start = struct.unpack_from("<I", raw, len(raw) - 6)[0]
    entry = raw[start:-22]
    entries = b"".join(entry.replace(b"a000", b"a%03d" % number) for number in range(700))
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 700, 700, len(entries), start, 0)
    return raw[:start] + entries + end


def damaged() -> bytes:
    """Twenty good records, of which one's bytes were changed on the way."""
    raw = bytearray(packed(*(record(f"GHSA-{number}", "npm", "vite") for number in range(20))))
    raw[60] ^= 0xFF
    return bytes(raw)


def bomb_in_one(declared: int) -> bytes:
    """One member of 64 MB of zeros, of which the zip says that it has another size."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.json", bytes(64 << 20))
    raw = bytearray(out.getvalue())
    struct.pack_into("<I", raw, 22, declared)
    struct.pack_into("<I", raw, raw.rindex(b"PK\x01\x02") + 24, declared)
    return bytes(raw)


def many_members_claimed() -> bytes:
    """A zip that claims a list of members larger than any that is taken."""
    raw = bytearray(packed(GOOD))
    struct.pack_into("<I", raw, len(raw) - 10, 1 << 31)
    return bytes(raw)


def nested(depth: int) -> bytes:
    """JSON of so many levels, in a field that is looked at, and in one that is not."""
    return (b'{"id":"GHSA-deep","affected":[{"package":{"ecosystem":"npm","name":"vite"}}],"x":'
            + b"[" * depth + b"]" * depth + b"}")


def wrong(**fields: object) -> bytes:
    """A zip with one record that has a field of the wrong type."""
    return packed({**GOOD, **fields})


def affected(**fields: object) -> list[dict[str, Any]]:
    """What such a record affects."""
    return [{**GOOD["affected"][0], **fields}]


ZIPS: dict[str, bytes] = {
    "empty": b"",
    "web page": b"<!DOCTYPE html><html><body>Please log in</body></html>" * 10,
    "not a zip": b"hello, here is no zip" * 100,
    "cut off": packed(GOOD, *(record(f"GHSA-{n}", "npm", "vite") for n in range(50)))[:-200],
    "only its end": packed(GOOD)[-22:],
    "empty zip": packed(),
    "garbage within": packed(b"\x00\xff" * 100, names=["a.json"]),
    "not UTF-8": packed(b'{"id": "\xff\xfe"}', names=["a.json"]),
    "1,000 levels": packed(nested(1_000), names=["a.json"]),
    "a million levels": packed(nested(1_000_000), names=["a.json"]),
    "bomb of copies": bomb_of_copies(),
    "bomb in one": bomb_in_one(64 << 20),
    "bomb that says it is small": bomb_in_one(100),
    "bomb of 4 GB in one": bomb_in_one(0xFFFFFFF0),
    "list of members too large": many_members_claimed(),
    "leads out": packed(GOOD, names=["../../etc/cron.d/x.json"]),
    "absolute": packed(GOOD, names=["/etc/cron.d/x.json"]),
    "leads out of Windows": packed(GOOD, names=["..\\..\\x.json"]).replace(b"../../x", b"..\\..\\x"),
    "a drive": packed(GOOD, names=["C:/x.json"]),
    "encrypted": packed(GOOD).replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"),
    "id is a number": wrong(id=7),
    "affected is text": wrong(affected="everything"),
    "package is a list": wrong(affected=affected(package=["npm", "vite"])),
    "name is null": wrong(affected=affected(package={"ecosystem": "npm", "name": None})),
    "ranges are numbers": wrong(affected=affected(ranges=[1, 2, 3])),
    "events are an object": wrong(affected=affected(ranges=[{"type": "SEMVER", "events": {"introduced": "0"}}])),
    "a version is a number": wrong(affected=affected(ranges=[{"type": "SEMVER", "events": [{"introduced": 0}]}])),
    "a version without an end": wrong(affected=affected(
        ranges=[{"type": "SEMVER", "events": [{"introduced": "9" * 100_000}]}])),
    "a version with a NUL": wrong(affected=affected(
        ranges=[{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.0\0"}]}])),
    "a range that ends before it begins": wrong(affected=affected(
        ranges=[{"type": "SEMVER", "events": [{"introduced": "5.0.0"}, {"fixed": "1.0.0"}]}])),
    "versions that are none": wrong(affected=affected(
        ranges=[{"type": "SEMVER", "events": [{"introduced": "zzz"}, {"fixed": "-1"}]}])),
    "a damaged member among good ones": damaged(),
    "versions are numbers": wrong(affected=affected(versions=[1.0, 2.0])),
    "absurdly many events": wrong(affected=affected(
        ranges=[{"type": "SEMVER", "events": [{"introduced": f"1.{n}.0"} for n in range(30_000)]}])),
    "absurdly many versions": wrong(affected=affected(versions=[str(n) for n in range(30_000)])),
    "aliases are numbers": wrong(aliases=[1]),
    "dates are words": wrong(modified="yesterday", published="last week"),
    "an array of records": packed(json.dumps([GOOD]).encode(), names=["a.json"]),
}
"""What is served in the place of a zip of OSV records."""

LISTS: dict[str, bytes] = {
    "empty": b"",
    "web page": b"\n <html>Please log in</html>",
    "cut off": b'{"result": [{"name": "go", "releases": [',
    "1,000 levels": b'{"result":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "a million levels": b'{"result":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}",
    "other JSON": b'{"error": "rate limited"}',
    "a list": b"[]",
    "nothing in it": b'{"result": []}',
    "wrong types": b'{"result": [{"name": 7}, {"name": "go", "releases": "all"}]}',
    "absurd dates": b'{"result": [{"name": "go", "releases": [{"name": "1.0", "eolFrom": "whenever"}]}]}',
    "absurd names": b'{"result": [{"name": "go", "releases": [{"name": "' + b"9" * 10_000 + b'"}]}]}',
    "not UTF-8": b'{"result": [{"name": "\xff", "releases": []}]}',
}
"""What is served in the place of a JSON list, here endoflife.date's."""
