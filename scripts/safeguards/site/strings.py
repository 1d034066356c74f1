"""
The words of the interface, all from one file for each language.

A translation is one more file in ``strings/``; names of codes come from the codebook instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from safeguards.codebook import Codebook

FOLDER = Path(__file__).parent / "strings"


class Strings:
    """The words of one language."""

    def __init__(self, codebook: Codebook, language: str = "en") -> None:
        """Read the file of *language*."""
        path = FOLDER / f"{language}.yaml"
        self.texts: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.language = language
        self._names = {code.id: code.name for code in codebook.codes}

    def word(self, identifier: str | None) -> str:
        """Return the word for a value of a table, or the value itself with spaces."""
        if identifier is None:
            return ""
        return str(self.texts["words"].get(identifier, str(identifier).replace("_", " ")))

    def code_name(self, code: str) -> str:
        """Return the name of a code."""
        return self._names.get(code, self.word(code))
