"""What the load commands of a Mach-O file tell: for which system, with which tools, from which source, by which names.

The surfaces are listed in macho.py. Source: Apple's header mach-o/loader.h.
"""

from struct import unpack_from

from builtby.formats.base import Reading
from builtby.formats.macho_image import Command, Image

PLATFORMS = {
    1: "macos", 2: "ios", 3: "tvos", 4: "watchos", 5: "bridgeos", 6: "maccatalyst", 7: "ios-simulator",
    8: "tvos-simulator", 9: "watchos-simulator", 10: "driverkit", 11: "visionos", 12: "visionos-simulator",
    13: "firmware", 14: "sepos",
}
_TOOLS = {1: "clang", 2: "swift", 3: "ld", 4: "lld", 5: "zig", 1024: "metal", 1025: "airlld", 1026: "airnt",
          1027: "airnt-plugin", 1028: "airpack", 1031: "gpuarchiver", 1032: "metal-framework"}
_VERSION_MIN = {0x24: "macos", 0x25: "ios", 0x2F: "tvos", 0x30: "watchos"}
_DYLIBS = {0xC, 0x18, 0x1F, 0x20, 0x23}
_ID, _UUID, _RPATH, _SOURCE, _LINKER_OPTION, _BUILD = 0xD, 0x1B, 0x1C, 0x2A, 0x2D, 0x32
_MOST_TOOLS = 16
_MOST_DYLIBS = 256


def read_commands(image: Image, reading: Reading) -> None:
    """Add a surface for each load command that tells something."""
    dylibs = 0
    for command in image.commands:
        number = command.number & 0x7FFF_FFFF  # the highest bit only says that the loader must understand it
        if number == _BUILD:
            _read_build(image, command, reading)
        elif number in _VERSION_MIN:
            minimum, sdk = (version(image.number(command.raw, at)) for at in (8, 12))
            reading.add("macho.version_min", f"platform={_VERSION_MIN[number]} minos={minimum} sdk={sdk}",
                        command.offset)
        elif number == _SOURCE:
            _read_source(image, command, reading)
        elif number == _UUID and len(command.raw) >= 24:
            reading.add("macho.uuid", command.raw[8:24].hex(), command.offset)
        elif number == _RPATH:
            reading.add("macho.rpath", image.string(command.raw, 8), command.offset)
        elif number in _DYLIBS or number == _ID:
            dylibs += 1
            if dylibs <= _MOST_DYLIBS:
                _read_dylib(image, command, "macho.id" if number == _ID else "macho.dylib", reading)
        elif number == _LINKER_OPTION:
            words = command.raw[12:].rstrip(b"\0").replace(b"\0", b" ")
            reading.add("macho.linker_option", words, command.offset)


def _read_build(image: Image, command: Command, reading: Reading) -> None:
    platform, minimum, sdk, count = (image.number(command.raw, at) for at in (8, 12, 16, 20))
    begin = f"platform={PLATFORMS.get(platform, platform)} minos={version(minimum)} sdk={version(sdk)}"
    places = range(24, min(24 + 8 * min(count, _MOST_TOOLS), len(command.raw) - 7), 8)
    for at in places:
        tool = image.number(command.raw, at)
        reading.add("macho.build_version",
                    f"{begin} tool={_TOOLS.get(tool, tool)}:{version(image.number(command.raw, at + 4), 3)}",
                    command.offset)
    if not places:
        reading.add("macho.build_version", f"{begin} tool=none", command.offset)


def _read_source(image: Image, command: Command, reading: Reading) -> None:
    packed = unpack_from(image.order + "Q", command.raw, 8)[0] if len(command.raw) >= 16 else 0
    parts = [packed >> 40, packed >> 30 & 0x3FF, packed >> 20 & 0x3FF, packed >> 10 & 0x3FF, packed & 0x3FF]
    while len(parts) > 2 and not parts[-1]:
        parts.pop()
    reading.add("macho.source_version", ".".join(map(str, parts)), command.offset)


def _read_dylib(image: Image, command: Command, kind: str, reading: Reading) -> None:
    name = image.string(command.raw, 8).decode("utf-8", "backslashreplace")
    current, compatible = (version(image.number(command.raw, at), 3) for at in (16, 20))
    if name:
        reading.add(kind, f"{name} current={current} compatible={compatible}", command.offset)


def version(packed: int, parts: int = 2) -> str:
    """Return a version packed as 16, 8 and 8 bits; the last part is left out when it is 0 and two are enough."""
    numbers = [packed >> 16, packed >> 8 & 0xFF, packed & 0xFF]
    return ".".join(map(str, numbers if parts > 2 or numbers[2] else numbers[:2]))
