"""Faster building of Pyomo models: indexed constraints from templates, the garbage collector held.

Inside ``with templates():`` Pyomo calls the rule of an indexed constraint once, with a symbolic
index. Left alone, Pyomo 6.10 then fails on most rules that need a real index, and drops the factor
in front of a sum over a Set. Here such rules are built plainly, and `compile_model` compares some
rows of every template with the plain rule.
"""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager

import pyomo.core.base.constraint as pyomo_constraint
import pyomo.environ as pyo
from pyomo.common.errors import TemplateExpressionError
from pyomo.common.gc_manager import PauseGC
from pyomo.core.base.constraint import ConstraintData, TemplateDataMixin
from pyomo.core.base.param import ParamData
from pyomo.core.base.var import VarData
from pyomo.core.expr import numeric_expr, relational_expr
from pyomo.core.expr.numvalue import is_potentially_variable, native_numeric_types
from pyomo.core.expr.template_expr import GetItemExpression, IndexTemplate, templatize_constraint

_TEMPLATE_LOG = logging.getLogger("pyomo.core.expr.template_expr")
_ARITHMETIC = (
    numeric_expr.SumExpression,  # also linear sums: LinearExpression is one
    numeric_expr.ProductExpression,  # also one coefficient times one variable
    numeric_expr.NegationExpression,
    numeric_expr.DivisionExpression,
    relational_expr.EqualityExpression,
    relational_expr.InequalityExpression,
    relational_expr.RangedExpression,
)
_PRODUCTS = (numeric_expr.ProductExpression, numeric_expr.DivisionExpression)
_LEAVES = (IndexTemplate, VarData, ParamData, pyo.Param)


@contextmanager
def templates() -> Iterator[None]:
    """Build constraints from templates where that is safe, with the garbage collector held off.

    Put the building of the model and `compile_model` inside. Nests; not for several threads.
    """
    before = pyomo_constraint.TEMPLATIZE_CONSTRAINTS, pyomo_constraint.templatize_constraint
    was_disabled = _TEMPLATE_LOG.disabled
    try:
        pyomo_constraint.TEMPLATIZE_CONSTRAINTS = True
        pyomo_constraint.templatize_constraint = _template_or_refusal
        _TEMPLATE_LOG.disabled = True  # it reports every rule that is then built plainly
        with PauseGC():
            yield
    finally:
        pyomo_constraint.TEMPLATIZE_CONSTRAINTS, pyomo_constraint.templatize_constraint = before
        _TEMPLATE_LOG.disabled = was_disabled


def is_template(constraint: ConstraintData) -> bool:
    """Return whether `constraint` is one row of a template."""
    return isinstance(constraint, TemplateDataMixin)


def make_plain(model: pyo.ConcreteModel) -> pyo.ConcreteModel:
    """Give every row of `model` its own expression: Pyomo's other writers know no templates."""
    for constraint in model.component_data_objects(pyo.Constraint):
        if is_template(constraint):
            _ = constraint.expr  # asking for it is what turns the row into a plain one
    return model


def plain_copy(constraint: ConstraintData) -> ConstraintData:
    """Return the constraint its rule gives for the real index, outside any model.

    Raises
    ------
    ValueError
        The rule gives no constraint there, which no template can say.
    """
    rule = constraint.parent_component().rule
    return ConstraintData(rule(constraint.parent_block(), constraint.index()))


def _template_or_refusal(component: pyo.Constraint) -> tuple[object, tuple[object, ...]]:
    """Return Pyomo's template of `component`, or raise what makes Pyomo build it plainly."""
    if not component.is_indexed():
        raise TemplateExpressionError(None, "one row is built faster plainly")
    try:
        expression, indices = templatize_constraint(component)
    except Exception as problem:  # a rule is anyone's code, and may do anything with such an index
        raise TemplateExpressionError(None, str(problem)) from problem
    if not _is_safe(expression):
        raise TemplateExpressionError(None, "not the sums and products templates are good at")
    return expression, indices


def _is_safe(node: object) -> bool:
    """Return whether `node` is arithmetic on numbers, parameters and variables, and no more."""
    if node.__class__ in native_numeric_types:
        return math.isfinite(pyo.value(node))
    if isinstance(node, GetItemExpression):
        component, *indices = node.args
        return isinstance(component, pyo.Var | pyo.Param) and all(map(_is_safe, indices))
    if isinstance(node, _PRODUCTS) and sum(map(is_potentially_variable, node.args)) > 1:
        return False  # linear only while a variable is fixed
    if isinstance(node, _ARITHMETIC):
        return all(map(_is_safe, node.args))
    return isinstance(node, _LEAVES)
