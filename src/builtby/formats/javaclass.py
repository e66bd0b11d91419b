"""Java class files: the target's level, the language of the source, and the layout that betrays who wrote the file.

A jar holds thousands, so the common case is a handful of searches in C and no walk through the constant pool.
Source: The Java Virtual Machine Specification, chapter 4.
"""

from struct import pack

from builtby.formats.base import Format, Reading
from builtby.formats.javaclass_pool import Pool, utf8_at, walk
from builtby.sources.view import View

MAJORS = range(45, 91)
"""Class file majors, from JDK 1.1 on. Below them, the same magic heads a fat Mach-O with so many architectures."""
MOST = 1 << 20
"""Bytes of a class that are looked at; larger ones give no more than their level."""
_HEAD = 10
_UTF8, _CLASS = 1, 7
_INTERFACE = 0x0200
_REFERENCES = frozenset({9, 10, 11})
_CODE = b"\x01\x00\x04Code"
_SOURCE_FILE = b"\x01\x00\x0aSourceFile"
_KOTLIN_METADATA = b"\x00\x11Lkotlin/Metadata;"
_LOMBOK = b"\x00\x12Llombok/Generated;"
_SCALA = (b"\x00\x08ScalaSig", b"\x00\x05TASTY", b"\x00\x05Scala")
"""Attributes of Scala's compilers, as they stand in the pool; looked for when the source's name is not told."""
_FEW = 64
"""Constants that hold the source's name where strings come first, and what the first annotations need."""


def is_class(_path: str, head: bytes) -> bool:
    """Whether the bytes behind the magic are a class's version and not a fat Mach-O's architectures."""
    return len(head) >= _HEAD and int.from_bytes(head[6:8], "big") in MAJORS and head[4:6] in _MINORS


_MINORS = {b"\x00\x00", b"\x00\x03", b"\xff\xff"}
"""Minor versions in use: 0, 45.3's 3, and 65535 for preview features."""


def read(view: View, path: str) -> Reading:
    """Return the class's level (`jvm.class_version`) and what tells its compiler (`jvm.unit`)."""
    reading = Reading("class")
    data = view.read(0, min(view.size, MOST))
    if not is_class(path, data):
        reading.problem = "no class file version"
        return reading
    major = int.from_bytes(data[6:8], "big")
    reading.add("jvm.class_version", str(major), 6)
    if view.size > MOST:
        reading.problem = "class file larger than 1 MiB"
    elif not path.endswith(("module-info.class", "package-info.class")):
        _add_unit(reading, data, major)
    return reading


def _add_unit(reading: Reading, data: bytes, major: int) -> None:
    """Add one text for the class: its level, its layout, its source's language, and what else was met."""
    words = [str(major), _layout(data)]
    if data.find(_KOTLIN_METADATA) >= 0:
        words.append(f"kotlin-metadata={_kotlin_version(data)}")
    else:
        name = _source_name(data)
        words.append(f"source={_extension(name)}")
        if not name and any(data.find(attribute) >= 0 for attribute in _SCALA):
            words.append("scala-attribute")
    reading.add("jvm.unit", " ".join(words))
    if data.find(_LOMBOK) >= 0:
        reading.add("jvm.annotation", "lombok.Generated")


def _source_name(data: bytes) -> bytes:
    """Return the SourceFile's name; most writers put it into the pool right behind the attribute's name."""
    place = data.find(_SOURCE_FILE)
    if place < 0:
        return b""
    if _is_file_name(name := utf8_at(data, place + len(_SOURCE_FILE))):
        return name
    few = walk(data, _FEW)
    if few is not None and data[10:11] == b"\x01":
        for offset in few.offsets:
            if _is_file_name(name := utf8_at(data, offset)):
                return name
    pool = walk(data)
    if pool is None:
        return b""
    found = data.rfind(pack(">HI", pool.index_at(place), 2), pool.end)
    index = int.from_bytes(data[found + 6 : found + 8], "big") if found >= 0 else 0
    return utf8_at(data, pool.offset(index))


def _is_file_name(name: bytes) -> bool:
    return b"." in name[-8:-1] and b"/" not in name and b";" not in name


def _extension(name: bytes) -> str:
    """Return the source's language by its file's extension; the name itself is nobody's business."""
    stem, dot, extension = name.rpartition(b".")
    if not dot or not stem or not extension.isalnum() or len(extension) > 8:
        return "?"
    return extension.decode("ascii", "replace").lower()


def _layout(data: bytes) -> str:
    """Name the order of the constant pool, by which class file writers differ.

    `utf8-first`: strings before their users (the ASM library). `use-first`: what the code uses, as it comes.
    `self-first`: this class, its super class, the attribute that holds code, and only then what the code uses.
    `class-first`: an interface or a class without code, in which the last two look alike.
    """
    first = data[10:11]
    if first == b"\x01":
        return "utf8-first"
    if first != b"\x07" or data[11:13] != b"\x00\x02" or data[13:14] != b"\x01":
        return "use-first"
    third = 16 + int.from_bytes(data[14:16], "big")
    if data[third : third + 3] != b"\x07\x00\x04":
        return "use-first"
    pool = walk(data)
    if pool is None:
        return "unread"
    flags, this, parent = (int.from_bytes(data[pool.end + i : pool.end + i + 2], "big") for i in (0, 2, 4))
    if (this, parent) != (1, 3):
        return "use-first"
    code = data.find(_CODE)
    if flags & _INTERFACE or code < 0:
        return "class-first"
    used_before = any(data[offset] in _REFERENCES for offset in pool.offsets if 0 < offset < code)
    return "use-first" if used_before else "self-first"


def _kotlin_version(data: bytes) -> str:
    """Return `mv` of the annotation kotlin.Metadata, as `2.1.0`, or `?`."""
    few = walk(data, _FEW)
    return (few and _integers(data, few)) or ((pool := walk(data)) and _integers(data, pool)) or "?"


def _integers(data: bytes, pool: Pool) -> str | None:
    """Return the three numbers of an annotation's element `mv`, if these constants hold them."""
    name = data.find(b"\x01\x00\x02mv")
    index = pool.index_at(name) if name >= 0 else 0
    place = data.find(pack(">H", index) + b"[\x00\x03I", name) if index else -1
    if place < 0:
        return None
    offsets = [pool.offset(int.from_bytes(data[place + i : place + i + 2], "big")) for i in (6, 9, 12)]
    if any(data[offset : offset + 1] != b"\x03" for offset in offsets):
        return None
    return ".".join(str(int.from_bytes(data[offset + 1 : offset + 5], "big")) for offset in offsets)


FORMAT = Format("class", read, magics=(b"\xca\xfe\xba\xbe",), accepts=is_class, hoist=True, many=(".class", ".sig"))
