"""
How far a published code can be relied on: what the annotators' agreement on it was.

A code stands on the agreement of its round: Krippendorff's alpha on that code, or on its whole
layer where the code has no figure of its own, beside the target that the codebook sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

Row = Mapping[str, Any]
LAYERS = ("safeguard", "power", "vagueness")
_ALPHAS = ("alpha_nominal", "alpha_masi")


class Standing(NamedTuple):
    """
    The agreement that a code rests on.

    Attributes:
        subject: The code, or the layer where the code has no figure; None if nothing was measured.
        alpha: Krippendorff's alpha.
        low: Lower end of its 95 % interval.
        target: What the codebook asks for.
        meets_target: ``yes``, ``no`` or ``not_estimable``.
    """

    subject: str | None = None
    alpha: float | None = None
    low: float | None = None
    target: float | None = None
    meets_target: str | None = None

    @property
    def of_layer(self) -> bool:
        """Whether this is the figure of the whole layer, because the code has none."""
        return self.subject in LAYERS

    def explain(self, contested: bool | None = None) -> str:
        """
        Return the standing in a few words.

        >>> Standing("degree_term", 0.883, 0.7, 0.6, "yes").explain()
        'alpha 0.88, meets 0.60'
        >>> Standing("vagueness", 0.4, None, 0.6, "no").explain(contested=True)
        'alpha 0.40 on the whole layer, misses 0.60; contested'
        >>> Standing().explain()
        'not measured'
        """
        if self.alpha is None:
            words = "not measured"
        elif self.meets_target == "not_estimable" or self.target is None:
            words = f"alpha ({self.alpha:.2f}), too few to tell"
        else:
            verb = "meets" if self.meets_target == "yes" else "misses"
            layer = " on the whole layer" * self.of_layer
            words = f"alpha {self.alpha:.2f}{layer}, {verb} {self.target:.2f}"
        return f"{words}; contested" if contested else words

    def mark(self, contested: bool | None = None) -> str:
        """
        Return the standing as a mark for a narrow column; brackets: too few to tell.

        >>> Standing("a", 0.883, 0.7, 0.6, "yes").mark(), Standing("b", 1.0).mark(contested=True)
        ('0.88 met', '(1.00), contested')
        """
        if self.alpha is None:
            words = "none"
        elif self.meets_target == "not_estimable" or self.target is None:
            words = f"({self.alpha:.2f})"
        else:
            met = "met" if self.meets_target == "yes" else "missed"
            words = f"{self.alpha:.2f} {met}{', layer' * self.of_layer}"
        return f"{words}, contested" if contested else words


class Standings:
    """The agreement of all rounds, to be looked up by code."""

    def __init__(self, rows: Iterable[Row]) -> None:
        """Keep what different annotators agree on, codes before layers."""
        self.rows: dict[tuple[str, str, str], list[Row]] = {}
        for row in rows:
            if row["comparison"] == "inter" and row["measure"] in _ALPHAS:
                key = (row["round"], row["layer"], row["subject"])
                self.rows.setdefault(key, []).append(row)

    def find(self, row: Row) -> Standing:
        """Return the standing of an annotation, by its round, edition, layer and code."""
        for subject in (row["code"], row["layer"]):
            known = self.rows.get((row["round"], row["layer"], subject), [])
            same = [r for r in known if r["edition"] == row["edition"]]
            for found in (same or known)[:1]:
                return Standing(
                    subject, found["value"], found["low"], found["target"], found["meets_target"]
                )
        return Standing()


def describe_standing(standing: Standing, contested: bool | None) -> dict[str, Any]:
    """Return a standing as the columns that every answer about a code has."""
    return {
        "agreement": standing.explain(contested),
        "agreement_mark": standing.mark(contested),
        "agreement_on": standing.subject,
        "alpha": standing.alpha,
        "target": standing.target,
        "meets_target": standing.meets_target,
        "contested": contested,
    }
