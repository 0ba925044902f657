"""Why the plan is as it is: what binds, what a MWh is worth and why, what clauses cost."""

from optimizer.explain.explanation import Explanation
from optimizer.explain.telling import explain

__all__ = ["Explanation", "explain"]
