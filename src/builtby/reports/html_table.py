"""A table of the HTML report: written row by row, with what a reader, a keyboard and a narrow screen need."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Column(NamedTuple):
    """A column. `number`: it is set to the right, and sorted from the largest."""

    title: str
    number: bool = False


class Table(NamedTuple):
    """A table. `name`: its id. `about`: what it holds, as HTML. `empty`: what is said in its place without rows."""

    name: str
    title: str
    columns: tuple[Column, ...]
    about: str
    empty: str


def write(table: Table, count: int, rows: Iterable[str], note: str = "") -> Iterator[str]:
    """Yield a section with the table; `note` says what is not in it."""
    yield (f'<section aria-labelledby="{table.name}-h" class="listing"><h2 id="{table.name}-h">{table.title} '
           f'<span class="count">{count:,}</span></h2>')
    yield f'<p class="dim">{table.about if count else table.empty}</p>'
    if count:
        yield (f'<table id="{table.name}"><caption class="unseen">{table.title}</caption><thead><tr>'
               f'{"".join(map(_head, table.columns))}</tr></thead><tbody>\n')
        yield from rows
        yield "</tbody></table>\n"
    if note:
        yield f'<p class="bound">{note}</p>'
    yield "</section>\n"


def _head(column: Column) -> str:
    return f'<th scope="col"{" class=n" if column.number else ""}>{column.title}</th>'


def row(head: str, *cells: str, numbers: Iterable[int] = ()) -> str:
    """Return a row; its first cell is what names it. `numbers`: which cells (from 1) are numbers."""
    right = set(numbers)
    body = "".join(f"<td class=n>{cell}</td>" if index in right else f"<td>{cell}</td>"
                   for index, cell in enumerate(cells, 1))
    return f'<tr><th scope="row">{head}</th>{body}</tr>\n'


def ordered(value: float, shown: str) -> str:
    """Return the content of a cell that is sorted by a value, not by its text."""
    return f'<data value="{value:g}">{shown}</data>'


def labels(tables: Iterable[Table]) -> str:
    """Return the style that puts a column's title before each cell where the screen is narrow."""
    rules = [f'#{table.name} tbody td:nth-child({place})::before{{content:"{column.title}"}}'
             for table in tables for place, column in enumerate(table.columns, 1) if place > 1]
    return f"@media (max-width:44rem){{{''.join(rules)}}}"
