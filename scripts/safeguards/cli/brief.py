"""The commands ``brief``, ``plot`` and ``mcp``: answers to hand on, and to other programs."""

from __future__ import annotations

from pathlib import Path

import click

from safeguards.cli.shared import Workplace, dataset_option, open_dataset, say

_FORMATS = (".md", ".html", ".pdf")


def _ending(path: Path, known: tuple[str, ...]) -> str:
    """Return how a file name ends, if a file of that kind can be made."""
    if path.suffix.lower() not in known:
        raise click.UsageError(f"'{path.name}' must end in {', '.join(known)}")
    return path.suffix.lower()


@click.command()
@click.argument("document")
@click.option("--safeguard", required=True, help="The safeguard that the brief is about.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File to write: .md, .html or .pdf.",
)
@dataset_option
@click.pass_obj
def brief(
    workplace: Workplace, document: str, safeguard: str, output: Path, dataset: Path | None
) -> None:
    """
    Write a brief on one safeguard of a treaty, to hand to a delegate.

    It holds the matrix, the clauses, the critiques, what to beware of, and how to cite. PDF needs
    the extra 'brief'.

    \b
    Example:
      safeguards brief hanoi --safeguard judicial_oversight -o brief.md
    """
    from safeguards.questions.brief import build_brief
    from safeguards.questions.brief_text import format_html, format_markdown
    from safeguards.records import write_bytes

    ending = _ending(output, _FORMATS)
    found = build_brief(open_dataset(workplace, dataset), document, safeguard)
    if ending == ".pdf":
        from safeguards.questions.brief_pdf import pdf_bytes

        data = pdf_bytes(found)
    else:
        form = format_html if ending == ".html" else format_markdown
        data = form(found).encode("utf-8")
    write_bytes(output, data)
    say(f"{output}: {found.answer}")


@click.group()
def plot() -> None:
    """
    Draw pictures for reports, as SVG or PNG; the extra 'plot' brings Matplotlib.

    \b
    Example:
      safeguards plot matrix budapest -o matrix.svg
    """


_picture = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File to write: .svg or .png.",
)


@plot.command("matrix")
@click.argument("document")
@_picture
@dataset_option
@click.pass_obj
def plot_matrix(workplace: Workplace, document: str, output: Path, dataset: Path | None) -> None:
    """
    Draw the gap matrix of a treaty as a heat map with letters.

    \b
    Example:
      safeguards plot matrix budapest -o matrix.svg
    """
    from safeguards.questions.pictures import plot_matrix as draw
    from safeguards.records import write_bytes

    form = _ending(output, (".svg", ".png")).removeprefix(".")
    write_bytes(output, draw(open_dataset(workplace, dataset), document, form))


@plot.command("vagueness")
@click.argument("document")
@_picture
@dataset_option
@click.pass_obj
def plot_vagueness(workplace: Workplace, document: str, output: Path, dataset: Path | None) -> None:
    """
    Draw how many vague passages each chapter of a treaty has, by severity.

    \b
    Example:
      safeguards plot vagueness budapest -o vagueness.png
    """
    from safeguards.questions.pictures import plot_vagueness as draw
    from safeguards.records import write_bytes

    form = _ending(output, (".svg", ".png")).removeprefix(".")
    write_bytes(output, draw(open_dataset(workplace, dataset), document, form))


@click.command()
@dataset_option
@click.pass_obj
def mcp(workplace: Workplace, dataset: Path | None) -> None:
    """
    Answer the questions of a language model's client, over stdin and stdout.

    Speaks the Model Context Protocol: tools search, show, vague, matrix and claim_check, which only
    read. The extra 'mcp' brings what it needs.

    \b
    Example:
      safeguards mcp
    """
    from safeguards.questions.protocol import serve

    serve(open_dataset(workplace, dataset))
