from builtby.formats.dotnet_tables import compressed, open_metadata
from builtby.sources.view import BytesView
from tests.formats.native_help import built_by, fixture, read, tools, values


def test_what_an_assembly_says_of_itself() -> None:
    reading = read(fixture("dotnet/System.AppContext.dll"))
    assert values(reading, "dotnet.metadata") == ["v4.0.30319"]
    assert values(reading, "dotnet.assembly") == ["System.AppContext 4.2.2.0"]
    assert "CompilationRelaxations=8" in values(reading, "dotnet.attribute")
    assert "AssemblyFileVersion=4.700.22.12208" in values(reading, "dotnet.attribute")
    assert values(reading, "dotnet.r2r") == ["3.1 CoreCLR 4.5.30319.0 __BUILDMACHINE__"]
    assert reading.facts["dotnet.native"] == "r2r"
    assert any(value.startswith("CompanyName=Microsoft") for value in values(reading, "pe.version_info"))


def test_debuggable_is_a_number_of_flags() -> None:
    assert "Debuggable=258" in values(read(fixture("dotnet/mcs_debug.dll")), "dotnet.attribute")


def test_compilers() -> None:
    assert tools(fixture("dotnet/mcs.exe"), "compiler") == [("mono", None)]
    assert tools(fixture("dotnet/mcs_debug.dll"), "compiler") == [("mono", None)]
    assert tools(fixture("dotnet/System.AppContext.dll"), "compiler") == [("roslyn", None), ("crossgen", None)]
    found = built_by(fixture("dotnet/clr_loader.pdb"))
    assert [(one.tool, one.version, one.language) for one in found] == [("roslyn", "5.0.0-2.26075.103", "c#")]


def test_options_of_a_portable_pdb() -> None:
    options = values(read(fixture("dotnet/clr_loader.pdb")), "dotnet.compilation")
    assert "language-version=7.3" in options
    assert "optimization=release" in options


def test_rows_that_are_not_there_are_empty() -> None:
    data = fixture("dotnet/clr_loader.pdb")
    metadata = open_metadata(BytesView(data), 0)
    assert metadata is not None
    assert metadata.row(0x37, 0) == metadata.row(0x37, 1 << 20) == metadata.row(0x3F, 1) == ()
    assert metadata.string(1 << 30) == ""
    assert metadata.guid(1 << 20) == metadata.blob(1 << 30) == b""
    assert open_metadata(BytesView(data[1:]), 0) is None


def test_compressed_numbers() -> None:
    assert compressed(b"\x03", 0) == (3, 1)
    assert compressed(b"\x80\x80", 0) == (0x80, 2)
    assert compressed(b"\xc0\x00\x40\x00", 0) == (0x4000, 4)
    assert compressed(b"\xc0\x00", 0) == (0, 0)
