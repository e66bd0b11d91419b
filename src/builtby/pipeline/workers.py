"""Spreads work over processes, and gives the results back in the order of the work."""

import ctypes
import gc
import os
import stat
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager, suppress
from itertools import chain, islice
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from builtby.formats.registry import HEAD
from builtby.model import Skipped
from builtby.pipeline.budget import Budget
from builtby.pipeline.dull import dull
from builtby.pipeline.found import Collector, Found, Parcel, Sack
from builtby.pipeline.identify import defect
from builtby.pipeline.inspect import AT_ONCE, Inspector
from builtby.pipeline.installed import telling_tools, wanted_bytes
from builtby.pipeline.options import Settings
from builtby.pipeline.place import Place
from builtby.pipeline.tree import relative
from builtby.sources.base import Damaged, Member
from builtby.sources.stream import ChunkStream
from builtby.sources.view import FileView

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

AHEAD = 3
"""Pieces of work that are begun, for each worker, before the oldest is done."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""Parameters of mallopt, as malloc.h has them."""
DIED = "the process that looked at it, or at files beside it, died (out of memory?)"
T = TypeVar("T")
R = TypeVar("R")
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


_own = threading.local()


def inspector(settings: Settings) -> Inspector:
    """Return this thread's inspector for these settings. What it knows of marks outlives a change of the others."""
    made: Inspector | None = getattr(_own, "inspector", None)
    if made is None or _own.settings != settings:
        same = made is not None and (_own.settings.rules, _own.settings.nursery) == (settings.rules, settings.nursery)
        made = Inspector(settings, Collector(), made.identifier if made is not None and same else None)
        _own.settings, _own.inspector = settings, made
    return made


class Files(NamedTuple):
    """Files of the disk below `root`, to be looked at by one worker. `prefix`: the root's path in its file system."""

    settings: Settings
    root: str
    prefix: str
    paths: list[str]


def inspect_files(work: Files) -> Parcel:
    """Look at files of the disk; return the findings. Runs in a worker."""
    worker = inspector(work.settings)
    sack = Sack(worker.collector)
    names = [relative(path, work.root) for path in work.paths]
    tools = set(telling_tools([work.prefix + name for name in names]))
    for path, name in zip(work.paths, names, strict=True):
        inspect_file(worker, path, name, work.prefix, tool=work.prefix + name in tools)
    return sack.close()


def lost_files(work: Files) -> Parcel:
    """Return what is said of files on which a worker died."""
    said = [Skipped(0, relative(path, work.root), DIED) for path in work.paths]
    return Parcel((Found(skipped=said),))


def inspect_file(worker: Inspector, path: str, name: str, prefix: str | None, *, tool: bool = False) -> None:
    """Look at one file of the disk. Whatever is wrong with it becomes a `skipped` entry.

    `prefix` and `name` make its path in its file system; None for a file that may hold a whole file system itself,
    whose packages and tools are then looked for in it. `tool`: its path tells that it may be an installed tool.
    """
    collector = worker.collector
    collector.found.files += 1
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        collector.skipped(name, f"cannot be opened: {error.strerror}")
        return
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            collector.skipped(name, "no regular file any more; not read")
            return
        size = status.st_size
        head = os.read(descriptor, size if HEAD < size <= AT_ONCE else HEAD)
        collector.found.bytes += size
        if tool and size:
            collector.installed(name)
        if prefix is not None and (wanted := wanted_bytes(prefix + name)):
            worker.metadata(name, FileView(descriptor, size, head).read(0, wanted), wanted)
        if not dull(name, head):
            place = Place(name, name, Budget(), tree=prefix is None, modified=int(status.st_mtime))
            worker.view(FileView(descriptor, size, head), head, place)
    except OSError as error:
        collector.skipped(name, f"cannot be read: {error.strerror}")
    except Damaged as bound:
        collector.skipped(name, str(bound))
    except Exception as error:
        collector.skipped(name, defect(error))
    finally:
        os.close(descriptor)


def inspect_stream(worker: Inspector, chunks: Iterator[bytes]) -> None:
    """Look at a file that goes by and has no name."""
    try:
        worker.member(Member("-", "file", None), ChunkStream(chunks), Place("-", "-", Budget(), tree=True))
    except Damaged as damage:
        worker.collector.skipped("-", str(damage))


class Crew:
    """Runs pieces of work: in this process, in processes of its own, or in an executor that was handed in.

    Its own processes are there from the first work for several until it is closed.
    """

    def __init__(self, jobs: int, executor: Executor | None) -> None:
        self.jobs, self._given = max(jobs, 1), executor
        self._own: Executor | None = None

    def close(self) -> None:
        """Let its own processes end."""
        own, self._own = self._own, None
        if own is not None:
            own.shutdown(wait=True, cancel_futures=True)

    def _executor(self) -> Executor:
        if self._given is not None:
            return self._given
        self._own = self._own or _pool(self.jobs)
        return self._own

    def run(
        self, function: Callable[[T], R], work: Iterable[T], lost: Callable[[T], R],
    ) -> Iterator[tuple[T, R]]:
        """Yield (work, result) in the order of the work. Only so much is begun ahead as keeps everybody busy.

        `lost` gives the result of work on which a worker died, twice: killed for its memory, or by a defect of a
        library's. It is then tried once more, by itself, so that work beside it does not suffer.
        """
        rest = iter(work)
        first = list(islice(rest, 2))
        rest = chain(first, rest)
        if self._given is None and (self.jobs == 1 or len(first) < 2):  # one piece of work is no work for two
            for item in rest:
                yield item, function(item)
            return
        begun: deque[tuple[T, Future[R]]] = deque()
        try:
            while _begin(self._executor(), function, rest, begun, AHEAD * self.jobs):
                item, future = begun.popleft()
                try:
                    yield item, future.result()
                except BrokenExecutor:
                    again = [item, *(other for other, _ in begun)]
                    begun.clear()
                    yield from ((item, _alone(function, item, lost)) for item in again)
                    self.close()
        finally:
            for _, future in begun:
                future.cancel()


def _begin(
    executor: Executor, function: Callable[[T], R], work: Iterator[T], begun: deque[tuple[T, Future[R]]], most: int,
) -> bool:
    """Begin as much work as may be under way; return whether there is any."""
    while len(begun) <= most and (item := next(work, None)) is not None:
        begun.append((item, _submitted(executor, function, item)))
    return bool(begun)


def _submitted(executor: Executor, function: Callable[[T], R], item: T) -> Future[R]:
    try:
        with _no_main():
            return executor.submit(function, item)
    except BrokenExecutor as error:
        future: Future[R] = Future()
        future.set_exception(error)
        return future


@contextmanager
def _no_main() -> Iterator[None]:
    """Start processes that do not run the caller's script again, as they do where it has no `__main__` guard."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _alone(function: Callable[[T], R], item: T, lost: Callable[[T], R]) -> R:
    with _pool(1) as executor:
        try:
            return _submitted(executor, function, item).result()
        except BrokenExecutor:
            return lost(item)


def _pool(jobs: int) -> Executor:
    from concurrent.futures import ProcessPoolExecutor  # a fifth of what an empty scan costs

    return ProcessPoolExecutor(jobs, mp_context=_context(), initializer=collect_seldom)


def collect_seldom() -> None:
    """Look for garbage seldom: a scan makes hardly any cycles, and to look for them was a tenth of its time.

    For processes that are ours: the workers, and the program's own. Objects that are there already stay for good.
    """
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)
    _give_back()


def _give_back() -> None:
    """Have glibc give pieces above 1 MiB back to the system, and share one arena: else it keeps them in each thread's.

    Once a large piece was freed, it takes all up to 32 MiB from its heap, which then never shrinks (mallopt(3)).
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # other C libraries have no such function
            mallopt = ctypes.CDLL(None).mallopt
            for parameter, value in ((_M_MMAP_THRESHOLD, 1 << 20), (_M_TRIM_THRESHOLD, 1 << 20), (_M_ARENA_MAX, 1)):
                mallopt(parameter, value)


def _context() -> "BaseContext":
    """Fork would copy the caller's threads' locks; a fork server does not, and what it has loaded need not be again."""
    import multiprocessing

    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if context.get_start_method() == "forkserver":
        multiprocessing.set_forkserver_preload(["builtby.pipeline.warm"])
    return context
