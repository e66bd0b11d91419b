"""Small C programs, made when a test wants them."""

import subprocess
from pathlib import Path

HEAD = """
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
"""


def compiled(folder: Path, name: str, body: str, *options: str) -> str:
    """Return the program that a C `main` becomes."""
    source = folder / f"{name}.c"
    source.write_text(f"{HEAD}int main(int argc, char **argv) {{\n{body}\nreturn 0;\n}}\n")
    program = folder / name
    subprocess.run(["gcc", "-O1", "-w", *options, "-o", str(program), str(source)], check=True)
    return str(program)
