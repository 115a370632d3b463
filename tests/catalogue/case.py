"""A case of the catalogue: one piece of gradient code, what was changed in it, what has to be said about it.

A style is a module of :mod:`tests.catalogue.styles`. Above :data:`MARK` stands code as somebody writes it,
with a function ``problem()`` that returns the arguments of ``gradproof.check`` as a dictionary. Below it
stands ``CASES``. A case names lines of that code and what to put in their place; its variant is written to
a file of its own, so that it has real lines, and imported from there.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from types import ModuleType
from typing import Any

MARK = "# ---- catalogue ----"
FOLDER = Path(__file__).parent / "styles"
Swap = tuple[str, str]


@dataclass(frozen=True)
class Blame:
    """What has to be said about one parameter.

    Attributes
    ----------
    code : the diagnosis code required
    factor : for ``wrong-factor``, found divided by expected
    at : text on the faulty line, ``*`` for any; by default the first line that the case changed
    variable : the variable that the diagnosis has to concern
    upstream : for ``inherited``, the variable to blame
    indices : for ``wrong-entries``, the entries
    alternatives : codes that would be equally true
    also : further codes that ``diagnoses`` has to hold: several bugs in one gradient
    """

    code: str
    factor: str = ""
    at: str = ""
    variable: str = ""
    upstream: str = ""
    indices: tuple[tuple[int, ...], ...] = ()
    alternatives: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        return (self.code, *self.alternatives)


@dataclass(frozen=True)
class Case:
    """One variant of a style: swaps of source text, and who is to blame. No blame: it has to pass.

    Attributes
    ----------
    swaps : (right text, wrong text) pairs; a right text stands exactly once in the style
    blame : parameter -> what has to be said; these parameters are wrong, and no other
    inherited : parameters that are wrong only because of ``first_wrong``
    first_wrong : the first wrong variable in the candidate
    nearby : whether the candidate is the gradient of a nearby cost, which the report has to name
    beside : parameter -> parameters as near to a fault as it is, which may be blamed in its stead
    problem : the function of the style that states the problem
    """

    style: str
    name: str
    swaps: tuple[Swap, ...] = ()
    blame: Mapping[str, Blame] = field(default_factory=dict)
    inherited: tuple[str, ...] = ()
    first_wrong: str = ""
    nearby: bool = False
    problem: str = "problem"
    beside: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.style}-{self.name}"

    @property
    def wrong(self) -> set[str]:
        return {*self.blame, *self.inherited}

    def source(self) -> str:
        """The code of the variant, which is the style's own text with the swaps made."""
        text = (FOLDER / f"{self.style}.py").read_text(encoding="utf-8").partition(MARK)[0].rstrip() + "\n"
        for right, wrong in self.swaps:
            if (count := text.count(right)) != 1:
                raise ValueError(f"{self.id}: {right!r} stands {count} times in the style, expected once")
            text = text.replace(right, wrong)
        return text

    def load(self, folder: Path) -> ModuleType:
        """Write the variant to a file in ``folder`` and import it."""
        path = folder / f"{self.style}__{self.name}.py"
        path.write_text(self.source(), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} cannot be imported")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def arguments(self, folder: Path) -> dict[str, Any]:
        """Arguments of ``gradproof.check`` for the variant."""
        arguments: dict[str, Any] = getattr(self.load(folder), self.problem)()
        return arguments

    def lines(self, blame: Blame) -> range:
        """Line numbers, in the variant, of the statement that is to blame; empty where any will do."""
        if blame.at == "*":
            return range(0)
        source = self.source()
        if not blame.at:
            return self._changed(source)
        first = source.count("\n", 0, source.index(blame.at)) + 1
        return range(first, first + blame.at.rstrip("\n").count("\n") + 1)

    def _changed(self, source: str) -> range:
        """The first lines of the variant that are not lines of the style."""
        right = Case(self.style, "").source().splitlines()
        blocks = SequenceMatcher(None, right, source.splitlines(), autojunk=False).get_opcodes()
        start, stop = next((b[3], b[4]) for b in blocks if b[0] != "equal")
        if start == stop:
            raise ValueError(f"{self.id} only takes lines away: say in `at` which line lacks them")
        return range(start + 1, stop + 1)


class Style:
    """Collects the cases of one style; ``wrong`` and ``sound`` read like sentences in its module.

    ``layers`` names the parameters of one layer, layer after layer: ``"W1 b1, W2 b2"``. They are equally near
    to a fault in the layer's cotangent.
    """

    def __init__(self, module: str, layers: str = "") -> None:
        self.name = module.rpartition(".")[2]
        groups = [frozenset(layer.split()) for layer in layers.split(",")]
        self.beside = {name: group - {name} for group in groups for name in group}
        self.cases: list[Case] = [Case(self.name, "as_written")]

    def wrong(
        self,
        name: str,
        *swaps: Swap,
        blame: Mapping[str, Blame | str],
        inherited: str = "",
        first_wrong: str = "",
        nearby: bool = False,
        problem: str = "problem",
    ) -> None:
        """Add a wrong variant; ``inherited`` names parameters, separated by blanks."""
        blames = {k: Blame(b) if isinstance(b, str) else b for k, b in blame.items()}
        heirs = tuple(inherited.split())
        self.cases.append(
            Case(self.name, name, swaps, blames, heirs, first_wrong, nearby, problem, self.beside)
        )

    def sound(self, name: str, *swaps: Swap, problem: str = "problem") -> None:
        """Add a variant that is right, though unusual."""
        self.cases.append(Case(self.name, name, swaps, problem=problem))
