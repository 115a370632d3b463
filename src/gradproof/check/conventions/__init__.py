"""How code is called: a registry of conventions. A new one is a module with ``plans`` and a line here."""

from gradproof.check.conventions.find import CONVENTIONS, Found, find_costs, find_problems
from gradproof.check.conventions.plan import Plan, Problem

__all__ = ["CONVENTIONS", "Found", "Plan", "Problem", "find_costs", "find_problems"]
