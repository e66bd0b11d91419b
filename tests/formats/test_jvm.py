"""Classes, jars' own files, dex and JDK files: what real tools wrote, and what hostile ones could."""

import random
import struct
from pathlib import Path
from time import process_time

import pytest

from builtby.formats.base import Reading
from builtby.formats.javaclass_pool import walk
from builtby.formats.properties import LINES, manifest, properties
from builtby.formats.registry import HEAD, all_formats, identify
from builtby.marks.engine import Engine, settle
from builtby.marks.load import catalogue
from builtby.marks.resolve import resolve
from builtby.model import BuiltBy
from builtby.sources.view import BytesView

FIXTURES = Path(__file__).parents[1] / "fixtures" / "jvm"
ENGINE = Engine(catalogue())


def raw(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def read(data: bytes, path: str) -> Reading:
    form = identify(path, data[:HEAD])
    assert form is not None, path
    return form.read(BytesView(data), path)


def values(reading: Reading, kind: str) -> list[str]:
    return [surface.value for surface in reading.surfaces if surface.kind == kind]


def jar(members: dict[str, bytes]) -> tuple[BuiltBy, ...]:
    """Identify a jar by its members."""
    joined = Reading("jar")
    for path, data in members.items():
        joined.surfaces += read(data, path).surfaces
    return resolve(settle(ENGINE.apply(None, joined), joined), {})


def made(found: tuple[BuiltBy, ...]) -> list[tuple[str, str | None, str]]:
    return [(item.tool, item.version or item.version_range, item.role.value) for item in found]


@pytest.mark.parametrize(("name", "unit"), [
    ("javac-17-target-8.class", "52 use-first source=java"),
    ("javac-17-interface.class", "52 class-first source=java"),
    ("javac-superclass-first.class", "52 use-first source=java"),
    ("ecj-3.38.class", "61 self-first source=java"),
    ("kotlinc-1.8.class", "52 utf8-first kotlin-metadata=1.8.0"),
    ("scalac-2.11.class", "50 utf8-first source=scala"),
    ("groovy-4.0.class", "52 utf8-first source=groovy"),
    ("clojure-1.11.class", "52 utf8-first source=clj"),
])
def test_class_tells_level_layout_and_language(name: str, unit: str) -> None:
    reading = read(raw(name), f"a/{name}")
    assert reading.format == "class"
    assert values(reading, "jvm.unit") == [unit]
    assert values(reading, "jvm.class_version") == [unit[:2]]
    assert reading.problem is None


@pytest.mark.parametrize(("name", "tool", "version_range"), [
    ("javac-17-target-8.class", "javac", ">=8"), ("ecj-3.38.class", "ecj", None),
    ("kotlinc-1.8.class", "kotlinc", ">=1.8"), ("scalac-2.11.class", "scalac", None),
    ("groovy-4.0.class", "groovy", None), ("clojure-1.11.class", "clojure", None),
])
def test_lone_class_names_its_compiler_but_never_a_version(name: str, tool: str, version_range: str | None) -> None:
    reading = read(raw(name), name)
    found = resolve(ENGINE.apply(None, reading), reading.facts)
    assert made(found) == [(tool, version_range, "compiler")]
    assert found[0].version is None


def test_fat_macho_is_no_class() -> None:
    fat = b"\xca\xfe\xba\xbe" + struct.pack(">I5I", 2, 0x01000007, 3, 0x4000, 0x1000, 14)
    of_jdk_1 = b"\xca\xfe\xba\xbe" + struct.pack(">HHH", 0, 44, 9) + bytes(20)
    for data in (fat, of_jdk_1):
        form = identify("A.class", data)
        assert form is None or form.name != "class"


def test_module_info_is_no_unit() -> None:
    assert values(read(raw("javac-17-interface.class"), "module-info.class"), "jvm.unit") == []


def test_debian_ant_is_javac_and_ant() -> None:
    found = jar({"META-INF/MANIFEST.MF": raw("ant-MANIFEST.MF"), "A.class": raw("javac-17-target-8.class")})
    assert ("javac", "17.0.6", "compiler") in made(found)
    assert ("ant", "1.10.13", "build-system") in made(found)
    assert found[0].vendor == "Debian"


def test_debian_guava_is_javac_bnd_and_the_bundle_plugin() -> None:
    found = jar({"META-INF/MANIFEST.MF": raw("guava-MANIFEST.MF"), "A.class": raw("javac-17-target-8.class")})
    assert made(found) == [
        ("javac", "17", "compiler"), ("jdk", "17", "build-system"), ("maven", None, "build-system"),
        ("bnd", "5.0.1", "packager"), ("maven-bundle-plugin", None, "packager"),
    ]


def test_scala_library_is_scalac_first_with_shares_by_classes() -> None:
    found = jar({
        "library.properties": raw("library.properties"), "META-INF/MANIFEST.MF": raw("scala-library-MANIFEST.MF"),
        "A.class": raw("javac-17-target-8.class"), "scala/F.class": raw("scalac-2.11.class"),
        "scala/G.class": raw("scalac-2.11.class"), "scala/H.class": raw("scalac-2.11.class"),
    })
    assert made(found)[:2] == [("scalac", "2.11.12", "compiler"), ("javac", "11.0.11", "compiler")]
    assert [item.share for item in found[:2]] == [0.75, 0.25]
    assert ("ant", "1.10.9", "build-system") in made(found)
    assert ("jdk", "11.0.11", "build-system") in made(found)


def test_no_java_class_means_no_javac() -> None:
    found = jar({"META-INF/MANIFEST.MF": raw("ant-MANIFEST.MF"), "K.class": raw("kotlinc-1.8.class")})
    assert "javac" not in {item.tool for item in found}
    assert ("jdk", "17.0.6", "build-system") in made(found)


def test_ecj_in_a_jar_takes_its_interfaces_and_no_version_of_javac() -> None:
    found = jar({
        "META-INF/MANIFEST.MF": raw("guava-MANIFEST.MF"), "E.class": raw("ecj-3.38.class"),
        "I.class": raw("javac-17-interface.class"),
    })
    assert made(found)[0] == ("ecj", None, "compiler")
    assert "javac" not in {item.tool for item in found}


def test_tasty_names_scala_3_exactly() -> None:
    reading = read(raw("scala-3.3.3.tasty"), "cats/Functor.tasty")
    assert values(reading, "scala.tasty") == ["28.3 Scala 3.3.3"]
    assert made(resolve(ENGINE.apply(None, reading), {})) == [("scalac", "3.3.3", "compiler")]


def test_tasty_with_endless_numbers_is_nothing() -> None:
    assert read(b"\x5c\xa1\xab\x1f" + bytes(5000), "a.tasty").surfaces == []


def test_kotlin_module() -> None:
    assert values(read(raw("okhttp.kotlin_module"), "META-INF/okhttp.kotlin_module"), "kotlin.module") == ["1.8.0"]


def test_pom_properties_name_maven() -> None:
    reading = read(raw("pom.properties"), "META-INF/maven/org.apache.httpcomponents/httpclient/pom.properties")
    assert "artifactId=httpclient" in values(reading, "jar.pom_properties")
    assert made(resolve(ENGINE.apply(None, reading), {})) == [("maven", "3.5.4", "build-system")]


def test_android() -> None:
    assert made(jar({
        "classes.dex": raw("d8-8.13.17.dex"),
        "META-INF/com/android/build/gradle/app-metadata.properties": raw("app-metadata.properties"),
    })) == [("d8", "8.13.17", "compiler"), ("gradle", None, "build-system"),
            ("android-gradle-plugin", "8.13.1", "packager")]


def test_dex_marker_counts_the_classes_and_the_checksums_are_no_marker() -> None:
    reading = read(raw("d8-8.13.17.dex"), "classes.dex")
    markers = [surface for surface in reading.surfaces if surface.kind == "dex.marker"]
    assert len(markers) == 1
    assert markers[0].times == struct.unpack_from("<I", raw("d8-8.13.17.dex"), 0x60)[0]


def test_dex_that_claims_too_many_classes() -> None:
    data = bytearray(raw("d8-8.13.17.dex"))
    data[0x60:0x64] = b"\xff\xff\xff\xff"
    assert all(surface.times <= len(data) for surface in read(bytes(data), "classes.dex").surfaces)


def test_dex_full_of_markers_is_bounded() -> None:
    data = raw("d8-8.13.17.dex")[:0x70] + b'~~D8{"backend":' * 200_000
    start = process_time()
    assert values(read(data, "classes.dex"), "dex.marker") == []
    assert process_time() - start < 1


def test_jdk_release_and_image() -> None:
    reading = read(raw("release"), "usr/lib/jvm/java-17/release")
    assert 'JAVA_VERSION="17.0.21.1"' in values(reading, "jdk.release")
    assert identify("etc/release", b"NAME=Debian\n") is None
    image = read(raw("modules.head"), "usr/lib/jvm/java-17/lib/modules")
    assert values(image, "jimage.header") == ["1.0"]
    assert made(resolve(ENGINE.apply(None, image), {})) == [("jlink", None, "packager")]


def test_manifest_of_another_place_does_not_speak_for_the_archive() -> None:
    assert identify("x-1.0/src/META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n") is None


def test_manifest_joins_lines_and_ends_with_the_main_section() -> None:
    data = b"Manifest-Version: 1.0\r\nCreated-By: 17.0.6 (De\r\n bian)\r\nBuilt-By: me\r\n\r\nTool: Bnd-1\r\n"
    assert values(read(data, "META-INF/MANIFEST.MF"), "jar.manifest") == [
        "Manifest-Version: 1.0", "Created-By: 17.0.6 (Debian)",
    ]


def test_manifest_of_one_hundred_megabytes_in_one_line() -> None:
    data = b"Created-By: " + b"a" * (100 << 20)
    start = process_time()
    (value,) = values(read(data, "META-INF/MANIFEST.MF"), "jar.manifest")
    assert len(value) < 2000
    assert process_time() - start < 0.5


def test_endless_lines_are_bounded() -> None:
    assert len(list(manifest(b"a: b\n" * 100_000))) <= LINES
    assert len(list(properties(b"a=b\n" * 100_000))) <= LINES
    assert list(manifest(b" only a continuation\n" * 3)) == []


@pytest.mark.parametrize("name", sorted(path.name for path in FIXTURES.glob("*.class")))
def test_truncated_and_mutated_classes_never_raise(name: str) -> None:
    data, chance = raw(name), random.Random(name)
    form = next(form for form in all_formats() if form.name == "class")
    for end in range(0, len(data), 7):
        form.read(BytesView(data[:end]), name)
    for _ in range(600):
        hurt = bytearray(data)
        for _ in range(chance.randint(1, 8)):
            hurt[chance.randrange(8, len(hurt))] = chance.randrange(256)
        form.read(BytesView(bytes(hurt)), name)


def test_pool_that_claims_more_than_there_is() -> None:
    head = b"\xca\xfe\xba\xbe\0\0\0\x34"
    assert walk(head + b"\xff\xff" + b"\x01\xff\xff") is None
    assert walk(head + b"\xff\xff" + b"\x63" * 100) is None
    assert walk(head + b"\x00\x02" + b"\x01\xff\xffabc") is None
    pool = walk(head + b"\x00\x03" + b"\x05" + bytes(8))
    assert pool is not None
    assert pool.offsets == [0, 10, 0]
    assert pool.offset(9) == pool.offset(-1) == 0


def test_class_of_many_constants_is_quick() -> None:
    pool = b"".join(b"\x01\x00\x04a.b;" for _ in range(65534))
    data = b"\xca\xfe\xba\xbe\0\0\0\x34\xff\xff" + pool + b"\x01\x00\x0aSourceFile" + bytes(20)
    start = process_time()
    assert values(read(data, "A.class"), "jvm.unit") == ["52 utf8-first source=?"]
    assert process_time() - start < 0.5


def test_class_too_large_keeps_its_level() -> None:
    reading = read(raw("javac-17-target-8.class") + bytes(2 << 20), "A.class")
    assert values(reading, "jvm.class_version") == ["52"]
    assert values(reading, "jvm.unit") == []
    assert reading.problem is not None
