"""How code is called: a registry of conventions. A new one is a module with ``plans`` and a line here."""

from gradproof.checking.conventions.find import CONVENTIONS, Found, find_costs, find_problems
from gradproof.checking.conventions.plan import Plan, Problem

__all__ = ["CONVENTIONS", "Found", "Plan", "Problem", "find_costs", "find_problems"]
