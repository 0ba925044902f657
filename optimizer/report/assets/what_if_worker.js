/**
 * The worker that solves: HiGHS in WebAssembly, and nothing it says is believed unchecked.
 *
 * Its source is what_if_model.js, vendor/highs.js and this file, one after the other. It is told
 *   {kind: "load", what_if, wasm_gz}         and answers {kind: "ready", old, check},
 *   {kind: "solve", id, levers, mode}        and answers {kind: "answer", id, status, ...},
 *                                            and in between {kind: "progress", id, gap_pu},
 * or {kind: "error", id, message}. `old` is read from the published plan's own solution, `check` is
 * the answer with every lever as published. Cancelling is ending the worker.
 */
(function () {
  "use strict";

  const M = globalThis.dakhla.whatIfModel;
  const ROUNDS_MAX = 30; // as the native side
  const GAP_SMALLEST = 1e-6; // of an objective, where it is divided by
  const OPTIONS = {
    output_flag: false,
    random_seed: 0,
    mip_heuristic_run_rins: false, // searches within the search: where the gap is closed anyway,
    mip_heuristic_run_rens: false, // they made a week take 28 s instead of 4 s
    mip_heuristic_run_root_reduced_cost: false,
  };

  let highs = null;
  let model = null;
  let basis = null; // where each linear program starts, so that an answer depends on levers alone

  async function load({ what_if, wasm_gz }) {
    const [bytes, data] = await Promise.all([M.gunzipped(wasm_gz), M.unpacked(what_if)]);
    const compiled = await WebAssembly.compile(bytes);
    const instantiateWasm = (imports, take) => take(new WebAssembly.Instance(compiled, imports));
    highs = await globalThis.Module({ instantiateWasm }); // this build ignores wasmBinary
    model = data;
    const published = M.asPublished(model);
    const old = M.reading(model, published, model.arrays.solution);
    return { kind: "ready", old, check: solve({ levers: published, mode: "published" }, () => {}) };
  }

  /** Return what a fresh solver says of `p`: {status, x, bound, basis}. */
  function ask(p, { presolve = "choose", start = null }, onGap) {
    const { columns: numCols, rows: numRows, starts, indices, values } = p;
    const hasIntegers = p.is_integer.includes(1);
    return highs.withModel(
      {
        ...{ numCols, numRows, offset: p.offset, colCost: p.cost },
        ...{ colLower: p.col_lower, colUpper: p.col_upper },
        ...{ rowLower: p.row_lower, rowUpper: p.row_upper },
        matrix: { format: "csc", numRows, numCols, starts, indices, values },
        ...(hasIntegers ? { integrality: Int32Array.from(p.is_integer) } : {}),
      },
      (solver) => {
        solver.options.set({ ...OPTIONS, presolve, mip_rel_gap: model.mip_gap_pu });
        if (start) solver.setBasis(start);
        const mipLogging = highs.constants.callbackType.mipLogging;
        const { modelStatus } = solver.run(
          hasIntegers ? { [mipLogging]: (event) => onGap(event.data.mip_gap) } : undefined,
        );
        return {
          status: statusName(modelStatus),
          x: solver.getSolution().colValue,
          bound: hasIntegers ? solver.info.get("mip_dual_bound") : null,
          basis: hasIntegers ? null : solver.getBasis(),
        };
      },
    );
  }

  const statusName = (code) =>
    Object.entries(highs.constants.modelStatus).find(([, value]) => value === code)[0];

  /** Return the verified answer to `p`, asked again without presolve where there is no optimum. */
  function settled(p, onGap) {
    if (M.isImpossible(p)) return { status: "infeasible" };
    const isOfModel = p.columns === model.columns && !p.is_integer.includes(1);
    let answer = ask(p, { start: isOfModel ? basis : null }, onGap);
    if (answer.status !== "optimal") answer = ask(p, { presolve: "off" }, onGap);
    if (answer.status !== "optimal") return { status: answer.status };
    if (isOfModel) basis ??= answer.basis;
    const x = M.tidied(p, answer.x);
    const breach = M.worstBreach(p, x);
    return breach ? { status: "refused", breach, x } : { status: "optimal", x, bound: answer.bound };
  }

  /** Return the same with whole numbers fixed and the rest solved again, as the native side does. */
  function settledExactly(p, onGap) {
    const first = settled(p, onGap);
    if (!first.x || !p.is_integer.includes(1)) return first;
    const fixed = settled(M.withIntegersFixed(p, first.x), onGap);
    return fixed.status === "optimal" ? { ...fixed, bound: first.bound } : first;
  }

  const costOf = (p, x) => p.cost.reduce((sum, each, j) => sum + each * x[j], p.offset);

  /** Solve, look for two things done at once, forbid that by binaries, and solve again. */
  function solve({ levers, mode }, onGap) {
    const started = performance.now();
    const base = M.program(model, levers, mode);
    const found = [];
    const ended = (status, more) => {
      const seconds = (performance.now() - started) / 1000;
      return { status, mode, levers, binaries: found.length, seconds, ...more };
    };
    for (let rounds = 1; rounds <= ROUNDS_MAX; rounds++) {
      const p = found.length ? M.withBinaries(model, base, found) : base;
      const { status, x, bound, breach } = settledExactly(p, onGap);
      if (status !== "optimal") return ended(status, { rounds, breach });
      const known = new Set(found.map((cheat) => cheat.key));
      const more = M.cheats(model, base, x).filter((cheat) => !known.has(cheat.key));
      if (!more.length) {
        const cost = costOf(p, x);
        const gap = bound === null ? 0 : Math.max(0, cost - bound);
        const gap_pu = gap / Math.max(Math.abs(cost), GAP_SMALLEST);
        return ended("optimal", { rounds, gap_pu, ...M.reading(model, levers, x) });
      }
      found.push(...more);
    }
    return ended("cheating", { rounds: ROUNDS_MAX });
  }

  function answer(request) {
    const { id } = request;
    const onGap = (gap_pu) => globalThis.postMessage({ kind: "progress", id, gap_pu });
    return { kind: "answer", id, ...solve(request, onGap) };
  }

  globalThis.onmessage = async ({ data }) => {
    try {
      globalThis.postMessage(data.kind === "load" ? await load(data) : answer(data));
    } catch (error) {
      globalThis.postMessage({ kind: "error", id: data.id, message: String(error) });
    }
  };
})();
