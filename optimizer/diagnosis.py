"""What the least-shortfall schedule of an infeasible plan lacks, in a planner's words."""

from optimizer.audit import Published, clauses_in_force


def shortfalls(published: Published) -> list[str]:
    """Return what a diagnostic schedule lacks, one sentence each, largest first."""
    table, hours = published.table, published.given.horizon.hours
    lines = []
    for part in published.site.firm.values():
        lost = table[f"{part.name}_unserved_mw"]
        if (energy := float((lost * hours).sum())) > 1e-3:
            first = lost.index[lost > 1e-4][0]
            lines.append(
                f"{part.name}: {energy:.1f} MWh unserved, at most {lost.max():.1f} MW, "
                f"first at {first:%Y-%m-%d %H:%M}Z."
            )
    for work in published.site.deferrable.values():
        if (missed := float(table[f"{work.name}_missed_mwh"].sum())) > 1e-3:
            lines.append(f"{work.name}: {missed:.1f} MWh of work missed.")
    for fleet in published.site.training.values():
        mad = fleet.bill(fleet.own(table), published.given).get("shortfall", 0.0)
        if mad > 1.0:
            lines.append(f"{fleet.name}: contracted work falls short (cost {mad:,.0f} MAD).")
    for clause in clauses_in_force(published):
        if (bought := clause.bought(table, published.given)) > 1e-3:
            lines.append(f"Art. {clause.article} ({clause.kind}): broken by {bought:.1f}.")
    return lines or ["no shortfall of load: the limits clash among themselves"]
