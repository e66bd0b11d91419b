"""What builds write into jars beside the classes: the manifest, Maven's, Kotlin's, Scala's and Android's own files."""

from struct import unpack_from

from builtby.formats.base import Format, Reading
from builtby.formats.properties import beginning, manifest, properties
from builtby.sources.view import View

MOST = 64 << 10
"""Bytes of such a file that are looked at: main attributes and headers stand first."""
UNWANTED = frozenset({
    "built-by", "class-path", "export-package", "import-package", "private-package", "ignore-package",
    "include-resource", "embedded-artifacts", "bundle-developers", "bundle-description", "bundle-license",
    "require-bundle", "require-capability", "provide-capability", "dynamicimport-package", "main-class",
})
"""Attributes that name people or the program's own parts, and say nothing of the build."""


def read_manifest(view: View, _path: str) -> Reading:
    """Return each main attribute that may speak of the build, as `jar.manifest` `Key: value`."""
    reading = Reading("jar-manifest")
    for key, value, offset in manifest(beginning(view, MOST)):
        if key.lower() not in UNWANTED:
            reading.add("jar.manifest", f"{key}: {value}", offset)
    return reading


def read_pom(view: View, _path: str) -> Reading:
    """Return Maven's comment and what it built, as `jar.pom_properties`."""
    return _properties("pom-properties", "jar.pom_properties", view, {"#", "artifactId"})


def read_versions(view: View, _path: str) -> Reading:
    """Return the version that a language's own library gives itself, as `jar.version_number`."""
    return _properties("version-properties", "jar.version_number", view, {"version.number", "copyright.string"})


def read_android(view: View, _path: str) -> Reading:
    """Return what Android's build wrote of itself, as `android.app_metadata`."""
    return _properties("android-metadata", "android.app_metadata", view, {"androidGradlePluginVersion"})


def read_kotlin_module(view: View, _path: str) -> Reading:
    """Return the metadata version in a Kotlin module's file, as `kotlin.module`."""
    reading = Reading("kotlin-module")
    head = view.read(0, 16)
    if len(head) == 16 and head[:4] == b"\x00\x00\x00\x03":
        reading.add("kotlin.module", ".".join(map(str, unpack_from(">3I", head, 4))), 4)
    return reading


def read_tasty(view: View, _path: str) -> Reading:
    """Return the tool that wrote a Scala 3 syntax tree, as `scala.tasty`, such as `28.3 Scala 3.3.3`.

    Source: TastyHeaderUnpickler's documentation: magic, then numbers of seven bits a byte, the last one marked.
    """
    reading = Reading("tasty")
    head, place = view.read(0, 256), 4
    numbers: list[int] = []
    while len(numbers) < 4 and place < min(len(head), 24):
        number = 0
        while place < len(head) and head[place] < 0x80:
            number, place = (number << 7 | head[place]) & 0xFFFFFFFF, place + 1
        number = number << 7 | (head[place] & 0x7F if place < len(head) else 0)
        numbers, place = [*numbers, number], place + 1
    if len(numbers) == 4 and numbers[3] <= 128:
        tooling = head[place : place + numbers[3]].decode("utf-8", "backslashreplace")
        reading.add("scala.tasty", f"{numbers[0]}.{numbers[1]} {tooling}", place)
    return reading


def _properties(name: str, kind: str, view: View, wanted: set[str]) -> Reading:
    reading = Reading(name)
    for key, value, offset in properties(beginning(view, MOST)):
        if key == "#" and "#" in wanted:
            reading.add(kind, f"# {value}", offset)
        elif key in wanted:
            reading.add(kind, f"{key}={value}", offset)
    return reading


def _in_meta_inf(path: str, _head: bytes) -> bool:
    return path.startswith(("META-INF/", "WEB-INF/classes/META-INF/"))


FORMATS = (
    Format("jar-manifest", read_manifest, names=("MANIFEST.MF",), hoist=True, alone=False,
           accepts=lambda path, _head: path == "META-INF/MANIFEST.MF"),
    Format("pom-properties", read_pom, names=("pom.properties",), hoist=True, alone=False,
           accepts=lambda path, _head: path.startswith("META-INF/maven/")),
    Format("version-properties", read_versions, hoist=True, alone=False,
           names=("library.properties", "compiler.properties", "reflect.properties"),
           accepts=lambda path, _head: "/" not in path),
    Format("android-metadata", read_android, names=("app-metadata.properties", "aar-metadata.properties"),
           hoist=True, alone=False, accepts=_in_meta_inf),
    Format("kotlin-module", read_kotlin_module, suffixes=(".kotlin_module",), hoist=True, alone=False,
           accepts=_in_meta_inf),
    Format("tasty", read_tasty, magics=(b"\x5c\xa1\xab\x1f",), hoist=True, alone=False, many=(".tasty",)),
)
