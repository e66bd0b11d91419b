"""Fuzzes one target with atheris. `python -m fuzz.one NAME [libFuzzer's options] CORPUS …`; `make fuzz` runs all."""

import resource
import sys
import time

import atheris

with atheris.instrument_imports(include=["builtby"]):
    from fuzz.targets import Target, named

SECONDS = 1.0
"""Processor time that one input may take."""
MEGABYTES = 100
"""Memory that one input may add to the most that was ever used."""


class TooMuch(Exception):  # noqa: N818  # a finding
    """An input took more time or memory than any may."""


def bounded(target: Target, data: bytes) -> None:
    """Feed one input, and hold it to its bounds. A slow one is tried again: the first time, caches are filled."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    target.eat(data)
    if time.process_time() - started > SECONDS:
        started = time.process_time()
        target.eat(data)
        taken = time.process_time() - started
        if taken > SECONDS:
            raise TooMuch(f"{taken:.1f} s")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) >> 10
    if grown > MEGABYTES:
        raise TooMuch(f"{grown} MB")


def main() -> None:
    """Run libFuzzer."""
    target = named([sys.argv.pop(1)])[0]
    for seed in target.seeds()[:3]:  # what is loaded once is no input's fault
        target.eat(seed)
    atheris.Setup(sys.argv, lambda data: bounded(target, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
