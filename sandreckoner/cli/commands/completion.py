"""`reckon completion SHELL`: a script that completes commands and options, made from the parser itself."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from sandreckoner.cli import ANSWERED
from sandreckoner.cli.parser import make_parser

_BASH = """\
# eval "$(reckon completion bash)"
_reckon() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" words
    case "${{COMP_WORDS[1]}}" in
{cases}
        *) words="{top}" ;;
    esac
    [ "$COMP_CWORD" -eq 1 ] && words="{top}"
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    [ ${{#COMPREPLY[@]}} -eq 0 ] && COMPREPLY=($(compgen -f -- "$current"))
}}
complete -o filenames -F _reckon reckon
"""
_ZSH = """\
#compdef reckon
# eval "$(reckon completion zsh)"
_reckon() {{
    local -a offered
    offered=({top})
    if (( CURRENT > 2 )); then
        case "$words[2]" in
{cases}
        esac
    fi
    compadd -a offered
    _files
}}
compdef _reckon reckon
"""


def command(arguments: argparse.Namespace) -> int:
    """Print the script."""
    print({"bash": bash, "zsh": zsh, "fish": fish}[arguments.shell](make_parser()), end="")
    return ANSWERED


def bash(parser: argparse.ArgumentParser) -> str:
    """For bash."""
    cases = "\n".join(f'        {name}) words="{" ".join(words)}" ;;' for name, words, _ in _commands(parser))
    return _BASH.format(cases=cases, top=" ".join(_top(parser)))


def zsh(parser: argparse.ArgumentParser) -> str:
    """For zsh."""
    cases = "\n".join(
        f"        {name}) offered=({' '.join(words)}) ;;" for name, words, _ in _commands(parser)
    )
    return _ZSH.format(cases=cases, top=" ".join(_top(parser)))


def fish(parser: argparse.ArgumentParser) -> str:
    """For fish."""
    lines = ["# reckon completion fish | source"]
    for name, words, says in _commands(parser):
        lines.append(f"complete -c reckon -n __fish_use_subcommand -a {name} -d {_quoted(says)}")
        for word in words:
            option = f"-l {word[2:]}" if word.startswith("--") else f"-a {word}"
            if not word.startswith("-") or word.startswith("--"):
                lines.append(f"complete -c reckon -n '__fish_seen_subcommand_from {name}' {option}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _top(parser: argparse.ArgumentParser) -> list[str]:
    return [*(name for name, _, _ in _commands(parser)), *_options(parser)]


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, list[str], str]]:
    """Each command with its options and actions, and what it does."""
    actions = _subparsers(parser)
    says = {choice.dest: choice.help or "" for choice in actions._choices_actions} if actions else {}
    for name, command in (actions.choices if actions else {}).items():
        inner = _subparsers(command)
        yield name, [*(inner.choices if inner else ()), *_options(command)], says.get(name, "")


def _subparsers(
    parser: argparse.ArgumentParser,
) -> argparse._SubParsersAction[argparse.ArgumentParser] | None:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return action
    return None


def _options(parser: argparse.ArgumentParser) -> list[str]:
    return [option for action in parser._actions for option in action.option_strings]
