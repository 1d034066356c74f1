"""
The nouns of what is published: passages and annotations with what is joined to them for readers.

Flat and frozen like those of `safeguards.model`, and named the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from safeguards.model import Annotation, Passage


@dataclass(frozen=True, slots=True)
class ProvisionCode:
    """
    An adjudicated code as it stands inside its provision, with the fields of its annotation.

    Attributes:
        annotation_id: Row of the table ``annotations`` that it repeats.
    """

    annotation_id: str
    edition: str
    layer: str
    code: str
    status: str | None
    force: str | None
    severity: str | None
    direction: str | None
    start: int | None
    end: int | None
    terms: tuple[str, ...]
    resolved_by: tuple[str, ...]
    contested: bool | None
    provisional: bool


@dataclass(frozen=True, slots=True)
class Provision(Passage):
    """
    A passage as it is published: with its citation and the adjudicated codes.

    Attributes:
        citation: Legal form, for instance "Budapest Convention, art. 16(2)".
        unit_id: What no split divides: the article it lies in.
        coded_edition: Edition that the codes were made on; None where nobody has coded it.
        safeguards: Adjudicated safeguard codes, sorted and unique.
        powers: Adjudicated power codes.
        vagueness: Adjudicated kinds of vagueness that nothing in the instrument cures.
        severity: The gravest uncured vagueness; None where the passage was not coded.
        codes: The adjudicated codes with all that is known of them.
        has_power: Whether it grants a power; None where the passage was not coded.
        is_vague: Whether it holds vagueness that nothing cures; None where it was not coded.
        has_safeguard: Whether a safeguard is present or qualified; None where it was not coded.
    """

    citation: str = ""
    unit_id: str = ""
    coded_edition: str | None = None
    safeguards: tuple[str, ...] = ()
    powers: tuple[str, ...] = ()
    vagueness: tuple[str, ...] = ()
    severity: str | None = None
    codes: tuple[ProvisionCode, ...] = ()
    has_power: bool | None = None
    is_vague: bool | None = None
    has_safeguard: bool | None = None


@dataclass(frozen=True, slots=True)
class PublishedAnnotation(Annotation):
    """
    An annotation as it is published: with the operative terms that its span covers.

    Attributes:
        terms: Operative terms under the span, in reading order; the evidence one can quote.
        provisional: True while the code rests on a restatement and not on the official text.
    """

    terms: tuple[str, ...] = ()
    provisional: bool = False
