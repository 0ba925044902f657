"""The same day planned without flexibility, which the plan is compared with.

Work runs when it arrives, as fast as its servers allow; jobs start at their earliest, and on/off
work is on from its window's beginning until its hours are done; training runs at nominal power; a
research quota has its floor; batteries and chilled stores keep what they hold, and are charged only
for what is asked of them; desalination runs evenly over each day. Grid draw, gensets, curtailment,
shedding and breaches of clauses at their price stay free.

It is found in two solves. The first knows no prices: it departs from all that as little as power
and hard limits force it to. Where not all fits, training gives way first, then work waits, then
commercial load is shed, then stores give, and work is missed last. The second holds what the first
found and decides the rest by price. Rows that were added to a model by hand are in neither.
"""

from dataclasses import dataclass, replace

import pyomo.environ as pyo
from pyomo.common.gc_manager import PauseGC

from optimizer.asking import asking
from optimizer.audit import Published, audit
from optimizer.clash import find_clash, no_schedule
from optimizer.component import weighted
from optimizer.elastic import Elastic
from optimizer.errors import Infeasible, SolverGaveNothing
from optimizer.held_work import (
    departures,
    held_words,
    hold,
    keep_even,
    ways_given,
)
from optimizer.kpis import Kpis, kpis
from optimizer.matrices import compile_model, load_values
from optimizer.optimum import Optimum, optimize
from optimizer.phrases import Phrase, joined, phrase
from optimizer.planned import published_of
from optimizer.site import Problem, build_model
from optimizer.solve import run_highs
from optimizer.stopping import stop_on_signals

TIME_LIMIT_S = 20.0  # of each solve: a reader waits
GAP_PU = 1e-3  # decision: enough for a figure to compare with
_ORDER_GAP_PU = 1e-9  # of the first solve, whose weights are far apart
_BLOCK = "held_work"


@dataclass(frozen=True, kw_only=True)
class Inflexible:
    """A day without flexibility.

    Attributes
    ----------
    status : str
        ``optimal`` (to `mip_gap_pu`), ``feasible at limit``, ``infeasible``, ``no answer in time``
        or ``refused``: the audit found a rule broken.
    published : Published or None
        The audited schedule, in the first two cases.
    objective_mad : float or None
        What it costs [MAD].
    held : tuple of Phrase
        What is held as it would be without flexibility.
    given_way : tuple of Phrase
        What of that could not be held.
    why : Phrase or None
        Why there is no schedule.
    """

    status: str
    published: Published | None = None
    kpis: dict[str, Kpis] | None = None
    objective_mad: float | None = None
    mip_gap_pu: float | None = None
    held: tuple[Phrase, ...] = ()
    given_way: tuple[Phrase, ...] = ()
    why: Phrase | None = None


def inflexible(
    given: Optimum | Problem, *, time_limit_s: float = TIME_LIMIT_S, mip_gap_pu: float = GAP_PU
) -> Inflexible:
    """Return the same day without flexibility.

    Parameters
    ----------
    given : Optimum or Problem
        The plan, or what it was made of; neither is changed.
    time_limit_s : float
        The most each of the two solves may take [s].
    mip_gap_pu : float
        Gap to stop the second at [per unit].

    """
    problem = given.problem if isinstance(given, Optimum) else given
    limits = {"time_limit_s": time_limit_s, "mip_gap_pu": mip_gap_pu}
    solver = problem.site.solver.model_copy(update=limits)
    built = _rebuilt(replace(problem, site=problem.site.model_copy(update={"solver": solver})))
    held = held_words(built.site)
    with PauseGC():
        try:
            _hold_work(built)
            given_way = ways_given(built)
            optimum = optimize(built)
        except SolverGaveNothing:
            why = phrase("There was no schedule without flexibility in the time there was.")
            return Inflexible(status="no answer in time", held=held, why=why)
        except Infeasible:
            return Inflexible(status="infeasible", held=held, why=_why(problem))
    return _found(optimum, held, given_way)


def _rebuilt(problem: Problem) -> Problem:
    """Return the problem with a model of its own."""
    return build_model(problem.site, problem.agreement, problem.given, problem.provenance)


def _hold_work(problem: Problem) -> None:
    """Hold in the model what runs without flexibility, as far as there is a schedule with it."""
    model, solver = problem.model, problem.site.solver
    block = pyo.Block()
    model.add_component(_BLOCK, block)
    terms = [*departures(problem), *keep_even(problem, block)]
    model.cost.deactivate()
    weights = [weight for each, _ in terms for weight in each]
    variables = [variable for _, each in terms for variable in each]
    block.departure = pyo.Objective(expr=weighted(weights, variables))
    matrices = compile_model(model)
    options = solver.model_copy(update={"mip_gap_pu": _ORDER_GAP_PU})
    with stop_on_signals() as stop:
        solution = run_highs(matrices, options, stop)
        if solution.x is None:
            raise no_schedule(solution, options, stop)
    load_values(matrices, solution.x)
    block.departure.deactivate()
    model.cost.activate()
    hold(problem, block)


def _found(optimum: Optimum, held: tuple[Phrase, ...], given_way: tuple[Phrase, ...]) -> Inflexible:
    """Return the audited schedule with its key figures."""
    published = published_of(optimum)
    if broken := audit(published):
        rule = phrase("A schedule without flexibility broke a rule: {rule}", {"rule": broken[0]})
        return Inflexible(status="refused", held=held, why=rule)
    return Inflexible(
        status=optimum.status.value,
        published=published,
        kpis=kpis(published),
        objective_mad=optimum.objective_mad,
        mip_gap_pu=optimum.mip_gap_pu,
        held=held,
        given_way=given_way,
    )


def _why(problem: Problem) -> Phrase:
    """Return which limits leave no schedule, held work or not."""
    with asking(problem.site.solver) as ask:
        clash = find_clash(Elastic(_rebuilt(problem)), ask)
    if clash is None:
        return phrase("No schedule keeps every limit and clause.")
    members = joined("; ", [str(member) for member in clash.members])
    return phrase("No schedule keeps all of these at once: {limits}.", {"limits": members})
