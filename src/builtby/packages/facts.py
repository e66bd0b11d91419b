"""What a claim about a packaged file is made from, and when C and C++ may be concluded of it."""

import re
from typing import NamedTuple

from builtby.model import BuiltBy, Claim, Role

_FOREIGN = re.compile(
    r"lib(?:go\.so|gnat-|gnarl|HS|std-[0-9a-f]{8,}|rustc_driver|phobos2|druntime|gphobos|gdruntime|camlrun|swift|mono|"
    r"chicken|gambit|ecl\.so|mercury|freepascal|pascal)"
)
"""Libraries that only another language's compiler asks for."""
_C_LIBRARY = re.compile(r"lib(?:c|m|pthread|stdc\+\+|gcc_s)\.so(?:\.\d+)*|ld-linux[-\w]*\.so\.\d+|ld64\.so\.\d+")


class Packaged(NamedTuple):
    """A file of a package, as far as the claims about it need to know it."""

    format: str
    facts: dict[str, str]
    needed: tuple[str, ...] = ()
    """The libraries that it asks for."""
    observed: tuple[BuiltBy, ...] = ()
    """What its own bytes show."""

    @property
    def compiled(self) -> bool:
        """Whether a compiler of its code was observed or recorded: then nothing else is to be claimed of that."""
        return any(tool.role is Role.COMPILER and tool.claim is not Claim.INFERRED for tool in self.observed)

    @property
    def languages(self) -> frozenset[str]:
        """The languages that its own bytes show."""
        return frozenset(tool.language for tool in self.observed if tool.language)

    @property
    def is_c(self) -> bool:
        """Whether C or C++ is the only sensible reading: a program or library that asks for the C library and for
        none of another language's, and shows no other language. A static file is never read so.
        """
        return (
            self.format == "elf"
            and self.facts.get("type") in {"executable", "pie", "shared"}
            and any(_C_LIBRARY.fullmatch(library) for library in self.needed)
            and not any(_FOREIGN.match(library) for library in self.needed)
            and self.languages <= {"c", "c++", "assembler"}
            and not any(key.startswith("go.") and value != "no" for key, value in self.facts.items())
        )

    @property
    def is_static(self) -> bool:
        """Whether it is a static library of code that GCC generated, and shows no language but C, C++ or assembler."""
        return (
            self.format == "ar"
            and self.facts.get("codegen") == "gcc"
            and self.languages <= {"c", "c++", "assembler"}
        )

    @property
    def by_llvm(self) -> bool:
        """Whether its code shows that LLVM generated it, or much of it: then it is no default GCC's."""
        return self.facts.get("codegen") in {"llvm", "mixed"}

    @property
    def language(self) -> str | None:
        """C++ where its library is asked for, else C; a static library asks for nothing, and does not tell."""
        if self.format == "ar":
            return None
        return "c++" if any(library.startswith("libstdc++.so") for library in self.needed) else "c"
