"""Java run-time images: the `release` file of a JDK, its `lib/modules`, and `.jmod` modules."""

from builtby.formats.base import Format, Reading
from builtby.formats.properties import beginning, properties
from builtby.sources.view import View

MOST = 64 << 10
_WANTED = frozenset({
    "JAVA_VERSION", "JAVA_RUNTIME_VERSION", "IMPLEMENTOR", "IMPLEMENTOR_VERSION", "FULL_VERSION", "GRAALVM_VERSION",
    "JVM_VARIANT", "IMAGE_TYPE", "BUILD_TYPE", "MODULES",
})


def read_release(view: View, _path: str) -> Reading:
    """Return the lines of a JDK's `release` file that say what it is, as `jdk.release` `KEY="value"`."""
    reading = Reading("jdk-release")
    for key, value, offset in properties(beginning(view, MOST)):
        if key in _WANTED:
            reading.add("jdk.release", f"{key}={value}", offset)
    return reading


def read_image(view: View, _path: str) -> Reading:
    """Return the version of a run-time image's layout, as `jimage.header` `MAJOR.MINOR`. Source: OpenJDK's jimage."""
    reading = Reading("jimage")
    head = view.read(0, 8)
    number = int.from_bytes(head[4:8], "little" if head[:1] == b"\xda" else "big")
    reading.add("jimage.header", f"{number >> 16}.{number & 0xFFFF}", 4)
    return reading


FORMATS = (
    Format("jdk-release", read_release, names=("release",), hoist=True,
           accepts=lambda _path, head: b"JAVA_VERSION=" in head),
    Format("jimage", read_image, magics=(b"\xda\xda\xfe\xca", b"\xca\xfe\xda\xda")),
)
