from builtby.formats.elf_annobin import describe
from tests.formats.elf_help import build, fixture, read, values


def test_notes_of_a_crt() -> None:
    reading = read(build({".gnu.build.attributes": (7, fixture("annobin.notes")), ".text": (1, b"\x90" * 64)}))
    shown = values(reading, "elf.annobin")
    assert "running gcc 8.5.0 20210514" in shown
    assert "annobin gcc 8.5.0 20210514" in shown
    assert {"stack_prot=3", "FORTIFY=2", "GLIBCXX_ASSERTIONS=true", "short_enum=false", "cf_protection=8"} <= set(shown)
    assert all(surface.times >= 1 for surface in reading.surfaces)


def test_describe() -> None:
    assert describe(b"GA$\x05gcc 8.5.0 20210514\0") == "gcc 8.5.0 20210514"
    assert describe(b"GA$\x013p964\0") == "version=3p964"
    assert describe(b"GA*GOW\0\x2a\x05\x02\0") == "GOW=0x2052a"
    assert describe(b"GA+stack_clash\0") == "stack_clash=true"
    assert describe(b"GA!stack_realign\0") == "stack_realign=false"
    assert describe(b"XX") == ""
    assert describe(b"GA") == ""
