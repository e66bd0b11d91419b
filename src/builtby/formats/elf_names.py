"""Names that the ELF and DWARF standards give to numbers. Source: the gABI's registries and DWARF 5, table 7.17."""

MACHINES = {
    2: "sparc", 3: "x86", 4: "m68k", 6: "iamcu", 8: "mips", 15: "hppa", 18: "sparc32plus", 20: "ppc", 21: "ppc64",
    22: "s390", 40: "arm", 42: "sh", 43: "sparc64", 50: "ia64", 62: "x86-64", 75: "vax", 76: "cris", 80: "mmix",
    83: "avr", 88: "m32r", 92: "openrisc", 93: "arc", 94: "xtensa", 105: "msp430", 106: "blackfin", 113: "nios2",
    140: "c6x", 164: "hexagon", 183: "aarch64", 187: "tile64", 188: "tilepro", 189: "microblaze", 190: "cuda",
    191: "tilegx", 195: "arc-v2", 204: "z80", 220: "z80", 224: "amdgpu", 243: "riscv", 247: "bpf", 251: "ve",
    252: "csky", 255: "arc-v3", 258: "loongarch", 0x9026: "alpha", 0xA390: "s390",
}
"""e_machine, without class and byte order."""

OSABI = {
    1: "hpux", 2: "netbsd", 3: "linux-gnu", 4: "hurd", 6: "solaris", 7: "aix", 8: "irix", 9: "freebsd", 12: "openbsd",
    17: "cloudabi", 64: "amdgpu-hsa", 65: "amdgpu-pal", 255: "standalone",
}
"""e_ident[EI_OSABI]; 0 says nothing, and 3 is set by any Linux that uses GNU extensions."""

SEGMENTS = {
    0: "NULL", 1: "LOAD", 2: "DYNAMIC", 3: "INTERP", 4: "NOTE", 5: "SHLIB", 6: "PHDR", 7: "TLS",
    0x6474E550: "GNU_EH_FRAME", 0x6474E551: "GNU_STACK", 0x6474E552: "GNU_RELRO", 0x6474E553: "GNU_PROPERTY",
    0x6474E554: "GNU_SFRAME", 0x65041580: "PAX_FLAGS", 0x65A3DBE5: "OPENBSD_MUTABLE", 0x65A3DBE6: "OPENBSD_RANDOMIZE",
    0x65A3DBE7: "OPENBSD_WXNEEDED", 0x65A3DBE8: "OPENBSD_NOBTCFI", 0x65A3DBE9: "OPENBSD_SYSCALLS",
    0x65A41BE6: "OPENBSD_BOOTDATA", 0x70000000: "PROC0", 0x70000001: "PROC1", 0x70000002: "PROC2",
    0x70000003: "PROC3",
}

LANGUAGES = {
    0x01: "C89", 0x02: "C", 0x03: "Ada83", 0x04: "C_plus_plus", 0x05: "Cobol74", 0x06: "Cobol85", 0x07: "Fortran77",
    0x08: "Fortran90", 0x09: "Pascal83", 0x0A: "Modula2", 0x0B: "Java", 0x0C: "C99", 0x0D: "Ada95", 0x0E: "Fortran95",
    0x0F: "PLI", 0x10: "ObjC", 0x11: "ObjC_plus_plus", 0x12: "UPC", 0x13: "D", 0x14: "Python", 0x15: "OpenCL",
    0x16: "Go", 0x17: "Modula3", 0x18: "Haskell", 0x19: "C_plus_plus_03", 0x1A: "C_plus_plus_11", 0x1B: "OCaml",
    0x1C: "Rust", 0x1D: "C11", 0x1E: "Swift", 0x1F: "Julia", 0x20: "Dylan", 0x21: "C_plus_plus_14", 0x22: "Fortran03",
    0x23: "Fortran08", 0x24: "RenderScript", 0x25: "BLISS", 0x26: "Kotlin", 0x27: "Zig", 0x28: "Crystal",
    0x2A: "C_plus_plus_17", 0x2B: "C_plus_plus_20", 0x2C: "C17", 0x2D: "Fortran18", 0x2E: "Ada2005", 0x2F: "Ada2012",
    0x30: "HIP", 0x31: "Assembly", 0x32: "C_sharp", 0x33: "Mojo", 0x36: "Odin", 0x3A: "C_plus_plus_23", 0x3E: "C23",
    0x8001: "Mips_Assembler", 0x8002: "Upc", 0x8003: "ALGOL68", 0x8765: "GOOGLE_RenderScript", 0x9000: "SUN_Assembler",
    0xB000: "BORLAND_Delphi",
}
"""DW_AT_language, without the prefix DW_LANG_."""

LANGUAGE_NAMES = {
    0x01: "Ada", 0x02: "BLISS", 0x03: "C", 0x04: "C_plus_plus", 0x05: "Cobol", 0x06: "Crystal", 0x07: "D",
    0x08: "Dylan", 0x09: "Fortran", 0x0A: "Go", 0x0B: "Haskell", 0x0C: "Java", 0x0D: "Julia", 0x0E: "Kotlin",
    0x0F: "Modula2", 0x10: "Modula3", 0x11: "ObjC", 0x12: "ObjC_plus_plus", 0x13: "OCaml", 0x14: "OpenCL_C",
    0x15: "Pascal", 0x16: "PLI", 0x17: "Python", 0x18: "RenderScript", 0x19: "Rust", 0x1A: "Swift", 0x1B: "UPC",
    0x1C: "Zig", 0x1D: "Assembly",
}
"""DWARF 6's DW_AT_language_name, which LLVM already writes when asked to."""


def machine(number: int, bits: int, order: str) -> str:
    """Return the machine's common name, with class and byte order where they make another machine of it."""
    name = MACHINES.get(number, f"machine-{number}")
    if number == 62 and bits == 32:
        return "x32"
    if number == 22 and bits == 64:
        return "s390x"
    if number in (243, 258):
        return f"{name}{bits}"
    if number == 21:
        return "ppc64le" if order == "<" else "ppc64"
    if number == 8:
        return f"mips{'64' if bits == 64 else ''}{'el' if order == '<' else ''}"
    return f"{name}eb" if order == ">" and number in (40, 183) else name
