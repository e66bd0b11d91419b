"""The stores that hold RPM's headers. Each yields header blobs, whatever its bytes claim, and never raises.

Layouts: rpm's lib/backend/ndb (rpmpkg), Berkeley DB's dbinc/db_page.h, and SQLite's own reader.
"""

import sqlite3
import struct
from collections.abc import Iterator

MOST_BLOB = 64 << 20
"""Bytes of one header; the largest packages (kernel sources) have some 20 MB."""
_SQL_STEPS, _SQL_BUDGET = 100_000, 20_000
"""Virtual machine steps between looks at the budget, and how many looks: a database may hold any SQL."""


def sqlite_blobs(data: bytes) -> Iterator[bytes]:
    """Yield the blobs of an SQLite database's table `Packages`.

    A database in write-ahead mode cannot be opened in memory: its two mode bytes are set back in a copy.
    """
    if data[18:20] == b"\x02\x02":
        data = data[:18] + b"\x01\x01" + data[20:]
    connection = sqlite3.connect(":memory:")
    looks = iter(range(_SQL_BUDGET))
    try:
        connection.text_factory = bytes
        connection.deserialize(data)
        connection.set_progress_handler(lambda: next(looks, None) is None, _SQL_STEPS)
        connection.execute("PRAGMA trusted_schema = OFF")
        for (blob,) in connection.execute("SELECT blob FROM Packages ORDER BY hnum"):
            if isinstance(blob, bytes):
                yield blob
    except (sqlite3.Error, ValueError, MemoryError, OverflowError):
        return
    finally:
        connection.close()


def ndb_blobs(data: bytes) -> Iterator[bytes]:
    """Yield the blobs of an ndb database: pages of slots, each naming a place and length in 16-byte blocks."""
    if data[:4] != b"RpmP" or len(data) < 32:
        return
    pages = struct.unpack_from("<I", data, 16)[0]
    for position in range(32, min(pages * 4096, len(data) - 15), 16):
        magic, index, block, blocks = struct.unpack_from("<4sIII", data, position)
        start = block * 16
        if magic != b"Slot" or not index or not blocks or start + 16 > len(data):
            continue
        kind, owner, _generation, length = struct.unpack_from("<4sIII", data, start)
        if kind == b"BlbS" and owner == index and length <= min(blocks * 16, MOST_BLOB):
            yield data[start + 16 : start + 16 + length]


_HASH_PAGES = frozenset({2, 13})
_KEY_DATA, _OFF_PAGE = 1, 3
_OVERFLOW = 7
_BDB_HASH = 0x061561


def bdb_blobs(data: bytes) -> Iterator[bytes]:
    """Yield the values of a Berkeley DB hash: pages of keys and values by turns, large values in chained pages."""
    if len(data) < 512:
        return
    order = next((o for o in "<>" if struct.unpack_from(f"{o}I", data, 12)[0] == _BDB_HASH), None)
    if order is None:
        return
    size = struct.unpack_from(f"{order}I", data, 20)[0]
    if size < 512 or size > 65536 or size & (size - 1):
        return
    for start in range(size, len(data) - size + 1, size):
        if data[start + 25] in _HASH_PAGES:
            yield from _page_values(data, start, size, order)


def _page_values(data: bytes, start: int, size: int, order: str) -> Iterator[bytes]:
    count = min(struct.unpack_from(f"{order}H", data, start + 20)[0], (size - 26) // 2)
    places = struct.unpack_from(f"{order}{count}H", data, start + 26)
    for index in range(1, count, 2):
        place = places[index]
        if not 26 <= place < size - 12:
            continue
        kind = data[start + place]
        if kind == _OFF_PAGE:
            page, length = struct.unpack_from(f"{order}II", data, start + place + 4)
            yield _chained(data, page, length, size, order)
        elif kind == _KEY_DATA:
            yield data[start + place + 1 : start + min(places[index - 1], size)]


def _chained(data: bytes, page: int, length: int, size: int, order: str) -> bytes:
    pieces: list[bytes] = []
    left = min(length, MOST_BLOB, len(data))
    while left > 0 and page and (page + 1) * size <= len(data):
        start = page * size
        if data[start + 25] != _OVERFLOW:
            break
        used = min(struct.unpack_from(f"{order}H", data, start + 22)[0], size - 26, left)
        pieces.append(data[start + 26 : start + 26 + used])
        left -= max(used, 1)
        page = struct.unpack_from(f"{order}I", data, start + 16)[0]
    return b"".join(pieces)
