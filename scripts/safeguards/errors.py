"""
Every exception this package raises on purpose.

SafeguardsError
 ├── UsageFault        the request names something that is not there (exit code 2)
 │    ├── UnknownDocument
 │    ├── UnknownProvision
 │    └── UnknownCode
 ├── SourceFault       a text cannot be read: empty, binary, not UTF-8
 ├── FetchFault        a text could not be fetched, or what came is not the text
 ├── TextChanged       a text is not the one that was coded
 ├── RecordFault       records or the codebook break their schema; all faults at once
 ├── DatasetMissing    dist/dataset/ has not been built
 └── ServerFault       Label Studio cannot be reached, or refuses

Each message is one line and ends with what to do next. Problems found *in data* by ``check`` are
not exceptions; they are `safeguards.model.Problem` records.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class SafeguardsError(Exception):
    """
    The root of the tree above.

    Attributes:
        exit_code: What the command line exits with: 1 for wrong data, 2 for wrong usage.
    """

    exit_code = 1


class UsageFault(SafeguardsError):
    """The request names something that does not exist, or asks for what makes no sense."""

    exit_code = 2


class UnknownDocument(UsageFault):
    """No document has this id or name."""


class UnknownProvision(UsageFault):
    """No passage of the document has this address."""


class UnknownCode(UsageFault):
    """The codebook has no such code."""


def unknown_code(code_id: str, known: Iterable[str]) -> UnknownCode:
    """Return the exception for a code that the codebook lacks, with the nearest one."""
    from difflib import get_close_matches

    near = get_close_matches(code_id, list(known), n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else "schema/codebook.yaml lists them"
    return UnknownCode(f"the codebook has no code '{code_id}'; {hint}")


class SourceFault(SafeguardsError):
    """A file holds no text that can be split: empty, binary, or in another encoding."""


class FetchFault(SafeguardsError):
    """
    A text could not be fetched, or what came is not the text.

    >>> FetchFault("demo is not complete; compare it", ["article 3 is missing"]).differences
    ['article 3 is missing']

    Attributes:
        differences: How what came differs from what was wanted, one line each; often empty.
    """

    def __init__(self, message: str, differences: Sequence[str] = ()) -> None:
        """Remember *differences*, all of them, beside the one-line message."""
        self.differences = list(differences)
        super().__init__(message)


class TextChanged(SafeguardsError):
    """A text differs from the one its codes were made on."""


class RecordFault(SafeguardsError):
    """
    A file of records, or the codebook, breaks its schema.

    >>> str(RecordFault("schema/codebook.yaml", ["codes.0.id: wrong", "date: missing"]))
    'schema/codebook.yaml has 2 faults; mend them and run again'

    Attributes:
        faults: Every fault, one line each, in the order of the file.
    """

    def __init__(self, where: str, faults: Sequence[str]) -> None:
        """Remember *faults*, all of them, beside the one-line message."""
        self.faults = list(faults)
        noun = "fault" if len(self.faults) == 1 else "faults"
        super().__init__(f"{where} has {len(self.faults)} {noun}; mend them and run again")


class DatasetMissing(UsageFault):
    """No built dataset where one was looked for."""


class ServerFault(SafeguardsError):
    """Label Studio did not answer, or answered no."""
