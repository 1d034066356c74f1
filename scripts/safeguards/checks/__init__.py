"""
The checks on the committed data: one function a rule, whose docstring is its documentation.

A check yields every problem it finds as `safeguards.model.Problem` and never stops at the first.
Its id is the name of its function with hyphens; ids are stable and can be cited and searched.
"""

from __future__ import annotations

import inspect

from safeguards.checks import (
    assertions,
    claims,
    house,
    judgements,
    links,
    passages,
    register,
    rounds,
    shares,
)
from safeguards.checks.data import CHECKS, Check, Data, Derived
from safeguards.errors import SafeguardsError
from safeguards.model import Problem
from safeguards.repository import Repository

__all__ = ["CHECKS", "describe_checks", "run_checks"]

# The order in which the checks are listed; importing a module registers its checks.
MODULES = (register, passages, claims, assertions, judgements, links, rounds, shares, house)


def run_checks(repository: Repository, derived: Derived, only: str | None = None) -> list[Problem]:
    """
    Return every problem in the committed data, by path, line and check.

    Where a file cannot be read, `record-shape` says so and the checks that need it wait.

    Args:
        repository: The checkout.
        derived: What each derived file should hold: text by path, or the faults that kept it from
            being derived.
        only: Run this check alone.

    Raises:
        SafeguardsError: The one check that was asked for needs a file that cannot be read.
    """
    data = Data(repository, derived)
    chosen = {only: CHECKS[only]} if only else CHECKS
    problems = [
        problem
        for check_id, check in chosen.items()
        for problem in _run(check_id, check, data, patient=not only)
    ]
    return sorted(problems, key=lambda p: (p.path, p.line, p.check_id, p.message))


def _run(check_id: str, check: Check, data: Data, *, patient: bool) -> list[Problem]:
    """Return what one check finds; nothing where it cannot run and may wait."""
    try:
        return [Problem(path, line, check_id, message) for path, line, message in check(data)]
    except SafeguardsError:
        if patient:
            return []
        raise


def describe_checks() -> list[dict[str, str]]:
    """Return id and documentation of every check."""
    places = {module.__name__: place for place, module in enumerate(MODULES)}
    listed = sorted(CHECKS.items(), key=lambda item: places[item[1].__module__])
    return [
        {"check": check_id, "rule": " ".join((inspect.getdoc(check) or "").split())}
        for check_id, check in listed
    ]
