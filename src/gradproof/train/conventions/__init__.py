"""λ in every framework: what each option does to the weights, and its value in terms of another's."""

from gradproof.train.conventions.convention import Convention
from gradproof.train.conventions.registry import CONVENTIONS, find
from gradproof.train.conventions.result import Translation
from gradproof.train.conventions.translation import translate, translations

__all__ = ["CONVENTIONS", "Convention", "Translation", "find", "translate", "translations"]
