"""Help in sections, in plain text: Typer's boxed help imports so much that it takes twice as long to appear."""

import re
from typing import Any

from typer.core import TyperCommand, TyperGroup

_OPTIONS, _COMMANDS = "Options", "Commands"
_BRACES = re.compile(r"[{}]|(?<=…})[.]{3}")
_TYPE = re.compile(r" <.*>$")
"""What Typer adds to names and people do not read."""


class Command(TyperCommand):
    """A command whose help lists its options under the titles of their `rich_help_panel`."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401
        return [_BRACES.sub("", piece) for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  # Typer keeps these types private
        write_options(self, ctx, formatter)


class Group(TyperGroup):
    """A group whose help lists its commands under the titles of their `rich_help_panel`."""

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        self.format_commands(ctx, formatter)
        write_options(self, ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        sections: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                title = getattr(command, "rich_help_panel", None)
                sections.setdefault(title if isinstance(title, str) else _COMMANDS, []).append(
                    (name, command.get_short_help_str(limit=formatter.width)))
        write_sections(formatter, sections)


def write_options(command: Any, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
    """Write a command's arguments and options, the untitled ones last."""
    sections: dict[str, list[tuple[str, str]]] = {}
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx)
        if record is not None:
            otherwise = "Arguments" if param.param_type_name == "argument" else _OPTIONS
            name, text = record
            title = getattr(param, "rich_help_panel", None) or otherwise
            sections.setdefault(title, []).append((_TYPE.sub("", name), text))
    if _OPTIONS in sections:
        sections[_OPTIONS] = sections.pop(_OPTIONS)
    write_sections(formatter, sections)


def write_sections(formatter: Any, sections: dict[str, list[tuple[str, str]]]) -> None:  # noqa: ANN401
    """Write titled lists."""
    for title, rows in sections.items():
        with formatter.section(title):
            formatter.write_dl(rows, col_max=28)
