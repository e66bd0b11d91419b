"""The build attributes of 32-bit ARM: what the objects of a file ask of the machine and of one another.

Source: "Addenda to, and Errata in, the ABI for the Arm Architecture", 3 (public "aeabi" attributes).
"""

MOST_ATTRIBUTES = 4096
"""Bytes of `.ARM.attributes` that are worth reading: a real one has about fifty."""
GOT_USE = 17
"""How code finds the table of offsets. LLVM states it of every object, GCC and the GNU assembler of none."""
_TEXTS, _COMPATIBILITY, _WHOLE_FILE = (4, 5), 32, 1
_LONGEST_NUMBER = 5


def tags(raw: bytes) -> set[int]:
    """Return the tags that are given for the whole file, as far as the section is whole."""
    name = raw[5:].partition(b"\0")[0]
    at = 5 + len(name) + 1
    found: set[int] = set()
    if raw[:1] != b"A" or name != b"aeabi" or raw[at : at + 1] != bytes([_WHOLE_FILE]):
        return found
    at += 5
    while at < len(raw):
        tag, at = _number(raw, at)
        found.add(tag)
        if tag == _COMPATIBILITY:
            at = _number(raw, at)[1]
        at = _text_end(raw, at) if _has_text(tag) else _number(raw, at)[1]
    return found


def _has_text(tag: int) -> bool:
    """Above 32, odd tags have a text and even ones a number."""
    return tag in _TEXTS or tag == _COMPATIBILITY or (tag > _COMPATIBILITY and tag % 2 == 1)


def _text_end(raw: bytes, at: int) -> int:
    return (raw.find(b"\0", at) + 1) or len(raw)


def _number(raw: bytes, at: int) -> tuple[int, int]:
    """Return a number in LEB128 and where it ends."""
    value = 0
    for index, byte in enumerate(raw[at : at + _LONGEST_NUMBER]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, at + index + 1
    return value, len(raw)
