"""How a plan was made: versions, hashes, solver, gap, timings."""

from collections.abc import Iterator
from typing import Any

from optimizer.phrases import number, phrase
from optimizer.report.source import Source

KINDS = {
    "plan": phrase("plan"),
    "daily": phrase("plan of the night"),
    "replan": phrase("plan made again within the day"),
    "trial": phrase("trial"),
}


def made_of(source: Source) -> dict[str, Any]:
    """Return provenance as the page shows it."""
    manifest = source.manifest
    return {
        "facts": list(_facts(source)),
        "libraries": sorted(manifest.get("libraries", {}).items()),
        "timings": [
            {"name": name, "seconds": number(float(seconds), ",.2f")}
            for name, seconds in manifest.get("timings_s", {}).items()
        ],
        "input_files": sorted(manifest.get("input_files_sha256", {}).items()),
        "files": sorted(manifest.get("files_sha256", {}).items()),
    }


def _facts(source: Source) -> Iterator[tuple[str, str]]:
    """Yield what is known of the run and its solve."""
    manifest, gap_pu = source.manifest, source.figures.get("mip_gap_pu")
    solver = manifest.get("solver", {})
    yield phrase("Run"), source.run_id
    kind = str(manifest.get("kind"))
    yield phrase("Kind of run"), KINDS.get(kind, kind)
    yield phrase("Program"), str(manifest.get("program"))
    yield phrase("Python"), str(manifest.get("python"))
    yield phrase("Solver"), str(solver.get("highs"))
    if {"rows", "columns", "nonzeros", "integers"} <= solver.keys():
        sizes = {key: number(float(solver[key])) for key in ("rows", "columns", "nonzeros")}
        whole = {"whole": number(float(solver["integers"]))}
        yield (
            phrase("Size of the problem"),
            phrase(
                "{rows} rows, {columns} columns, {nonzeros} coefficients, {whole} whole numbers",
                sizes | whole,
            ),
        )
    known = phrase("unknown") if gap_pu is None else number(float(gap_pu), ".4%")
    yield phrase("Gap to the proven bound"), known
    yield phrase("Seed of the solver"), str(manifest.get("seed"))
    yield phrase("Seed of the bundled climate"), str(manifest.get("climate_seed"))
    if manifest.get("replans"):
        yield phrase("Plans again"), str(manifest["replans"])
