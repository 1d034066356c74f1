"""The command ``label plan``: who codes which passages of a new round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from safeguards.cli.label.options import round_option
from safeguards.cli.shared import format_option, pass_repository, print_rows, say
from safeguards.model import EDITIONS, ROUND_KINDS

if TYPE_CHECKING:
    from safeguards.model import Passage, Round
    from safeguards.repository import Repository

_PLANNED = ("annotator_id", "articles", "passages", "quota")


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="PROVISION | DOCUMENT...")
@round_option
@click.option("--annotator", "annotators", multiple=True, required=True, help="Who codes; repeat.")
@click.option("--adjudicator", required=True, help="Who decides what they contest.")
@click.option("--kind", type=click.Choice(ROUND_KINDS), default="main", show_default=True)
@click.option(
    "--edition",
    type=click.Choice([*EDITIONS, "both"]),
    default="official",
    show_default=True,
    help="Which text is coded; both: the official one where the register pins it.",
)
@click.option(
    "--overlap",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="How many annotators code each passage.",
)
@click.option(
    "--quota",
    "quotas",
    multiple=True,
    metavar="N | ANNOTATOR=N",
    help="Passages that everybody, or one annotator, codes at most.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another plan.")
@click.option("--title", help="What the round is.  [default: its kind and its texts]")
@click.option("--date", "day", help="ISO date of the plan.  [default: today]")
@click.option("--dry-run", is_flag=True, help="Show the plan, and write nothing.")
@format_option()
@pass_repository
def plan(
    repository: Repository,
    words: tuple[str, ...],
    annotators: tuple[str, ...],
    quotas: tuple[str, ...],
    dry_run: bool,
    form: str,
    **wanted: Any,
) -> None:
    """
    Plan a round: who codes which passages.

    Articles stay whole. Each annotator gets them in an order of their own, which the seed decides.
    The plan is written to annotations/rounds/ROUND/round.yaml, unless the round has codes already.

    \b
    Example:
      safeguards label plan --round main-1 --annotator ann --annotator ben --annotator eve \\
        --adjudicator lead --quota 40 "Budapest art. 2" "Budapest art. 3" untoc:18
    """
    from safeguards.assignment import format_round
    from safeguards.records import write_text

    draft = _draft(repository, annotators, wanted)
    made = _with_assignments(repository, draft, _choose_passages(repository, words, draft), quotas)
    path = repository.round_path(made.round)
    _refuse_coded(repository, made.round)
    if not dry_run:
        write_text(path, format_round(made))
        say(f"wrote {path.relative_to(repository.root)}")
    _warn_of_strangers(repository, made)
    print_rows(_describe(repository, made), form, _PLANNED)


def _choose_passages(repository: Repository, words: tuple[str, ...], plan: Round) -> list[Passage]:
    """Return the passages with text that people named, in document order, each once."""
    from safeguards.eid import is_inside, resolve_provision
    from safeguards.errors import UsageFault

    known = {p.passage_id for p in repository.passages}
    chosen: dict[str, Passage] = {}
    for word in words:
        document_id = repository.aliases.get(word.lower())
        address = None if document_id else resolve_provision(word, repository.aliases, known)
        document_id = document_id or str(address).partition(":")[0]
        edition = repository.round_edition(plan, document_id)
        texts = repository.passages_with_text(document_id, edition)
        inside = [p for p in texts if address is None or is_inside(p.passage_id, address)]
        found = {p.passage_id: p for p in inside if p.text}
        if not found:
            raise UsageFault(f"{word} holds no {edition} text; name another provision")
        chosen |= found
    documents = list(dict.fromkeys(p.document_id for p in chosen.values()))
    return sorted(chosen.values(), key=lambda p: (documents.index(p.document_id), p.ordinal))


def _draft(repository: Repository, annotators: tuple[str, ...], wanted: dict[str, Any]) -> Round:
    """Return the round as far as it is told, without passages."""
    from safeguards.model import Round

    for name in annotators:
        repository.annotations_path(wanted["round_name"], name)
    return Round(
        round=wanted["round_name"],
        title=wanted["title"] or "",
        edition=wanted["edition"],
        codebook_version=repository.codebook.codebook_version,
        date=wanted["day"] or date.today().isoformat(),
        annotators=annotators,
        adjudicator=wanted["adjudicator"],
        passages=(),
        note=f"Planned with 'safeguards label plan', seed {wanted['seed']}.",
        kind=wanted["kind"],
        overlap=wanted["overlap"],
        seed=wanted["seed"],
    )


def _with_assignments(
    repository: Repository, draft: Round, chosen: list[Passage], quotas: tuple[str, ...]
) -> Round:
    """Return the round with its passages and who codes which."""
    from safeguards.assignment import group_by_article, plan_assignments

    articles = group_by_article(p.passage_id for p in chosen)
    assignments = plan_assignments(
        {address: len(members) for address, members in articles.items()},
        draft.annotators,
        overlap=draft.overlap or 1,
        seed=draft.seed or 0,
        quotas=_parse_quotas(quotas, draft.annotators),
    )
    names = dict.fromkeys(repository.document(p.document_id).short_title for p in chosen)
    return replace(
        draft,
        title=draft.title or f"{draft.kind.capitalize()}, {', '.join(names)}",
        passages=tuple(_iter_addresses(repository, articles, draft)),
        assignments=assignments,
    )


def _iter_addresses(
    repository: Repository, articles: dict[str, list[str]], plan: Round
) -> Iterator[str]:
    """Yield the address of each article, or its passages where only some of them were chosen."""
    from safeguards.eid import is_inside

    documents = dict.fromkeys(address.partition(":")[0] for address in articles)
    texts = {
        d: repository.passages_with_text(d, repository.round_edition(plan, d)) for d in documents
    }
    for address, members in articles.items():
        everything = texts[address.partition(":")[0]]
        whole = {p.passage_id for p in everything if p.text and is_inside(p.passage_id, address)}
        yield from [address] if whole == set(members) else members


def _parse_quotas(quotas: tuple[str, ...], annotators: tuple[str, ...]) -> dict[str, int]:
    """Return the quota of each annotator who has one."""
    from safeguards.errors import UsageFault

    found: dict[str, int] = {}
    for quota in sorted(quotas, key=lambda q: "=" in q):
        name, _, number = quota.rpartition("=")
        if not number.isdecimal():
            raise UsageFault(f"'{quota}' is no quota; write 40, or ann=40")
        found |= dict.fromkeys((name,) if name else annotators, int(number))
    return found


def _refuse_coded(repository: Repository, name: str) -> None:
    """Raise if a round of this name has codes: they were made under the plan it has."""
    from safeguards.errors import UsageFault

    if name in repository.round_names and repository.annotations(name):
        raise UsageFault(f"round {name} has codes already; plan a round of another name")


def _warn_of_strangers(repository: Repository, plan: Round) -> None:
    """Name those of whom annotations/annotators.yaml says nothing yet."""
    known = {a.annotator_id for a in repository.annotators}
    for name in (*plan.annotators, plan.adjudicator):
        if name not in known:
            say(f"nothing says who {name} is; describe them in annotations/annotators.yaml")


def _describe(repository: Repository, plan: Round) -> list[dict[str, Any]]:
    """Return who gets how much."""
    return [
        {
            "annotator_id": a.annotator_id,
            "articles": len(a.passages),
            "passages": len(repository.round_passages(plan, a.annotator_id)),
            "quota": a.quota,
        }
        for a in plan.assignments
    ]
