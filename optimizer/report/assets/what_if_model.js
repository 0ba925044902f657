/**
 * The plan's model as arrays: from levers to the numbers of a solve, and from a solution to what is
 * shown. Pure functions without a solver or a document; the page and its worker both use them.
 *
 * A program is {columns, rows, cost, offset, starts, indices, values, row_lower, row_upper,
 * col_lower, col_upper, is_integer}: minimise cost @ x + offset, the matrix in compressed columns.
 */
(function (dakhla) {
  "use strict";

  const NOTHING_MW = 1e-5; // as the native side: less than this at once is the solver's noise
  const TOLERANCE = 1e-6; // of a row's largest term, or of 1
  const KINDS = { f8: Float64Array, i4: Int32Array, u1: Uint8Array };

  async function gunzipped(base64) {
    const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const unpacking = new Response(stream).arrayBuffer();
    return new Uint8Array(await unpacking.catch(() => Promise.reject(Error("damaged page"))));
  }

  /** Return the page's data with its arrays by name. */
  async function unpacked(whatIf) {
    const bytes = await gunzipped(whatIf.blob);
    const arrays = {};
    for (const [name, [kind, offset, length]] of Object.entries(whatIf.arrays)) {
      const Kind = KINDS[kind];
      arrays[name] = new Kind(bytes.slice(offset, offset + length * Kind.BYTES_PER_ELEMENT).buffer);
    }
    return { ...whatIf, blob: null, arrays };
  }

  const asPublished = (model) => model.levers.map((lever) => lever.value);

  /** Return the height at `value` of straight lines between points; level beyond the ends. */
  function between(x, y, value) {
    const k = x.findIndex((at) => at >= value);
    if (k <= 0) return k === 0 ? y[0] : y[y.length - 1];
    return y[k - 1] + ((y[k] - y[k - 1]) / (x[k] - x[k - 1])) * (value - x[k - 1]);
  }

  /** Return the nearest value that a lever can have. */
  function snapped(lever, value) {
    const inside = Math.min(Math.max(value, lever.low), lever.high);
    if (lever.stops === null) return lever.is_whole ? Math.round(inside) : inside;
    const near = (stop) => Math.abs(stop - inside);
    return lever.stops.reduce((best, stop) => (near(stop) < near(best) ? stop : best));
  }

  const entryAt = ({ factor, offset }, value) => value * factor + offset;

  function basisAt(basis, levers) {
    const [i, j] = basis.levers;
    if (basis.kind === "linear") return levers[i];
    if (basis.kind === "reciprocal") return 1 / levers[i];
    if (basis.kind === "product") return levers[i] * levers[j];
    if (basis.kind === "curve") return between(basis.x, basis.y, levers[i]);
    throw new Error(`no such basis: ${basis.kind}`);
  }

  /** Return all numbers of the model, one after the other, at these values of the levers. */
  function numbersAt(model, levers) {
    const { numbers, term_at, term_basis, term_factor } = model.arrays;
    const published = asPublished(model);
    const moved = model.bases.map((b) => basisAt(b, levers) - basisAt(b, published));
    const found = numbers.slice();
    for (let k = 0; k < term_at.length; k++) {
      if (moved[term_basis[k]] !== 0) found[term_at[k]] += term_factor[k] * moved[term_basis[k]];
    }
    if (found.some(Number.isNaN)) throw new Error("a number of the model is not a number");
    return found;
  }

  /** Return the program at these values of the levers, whole numbers not fixed. */
  function freeProgram(model, levers) {
    const numbers = numbersAt(model, levers);
    const { columns, rows, nonzeros, arrays } = model;
    let at = 0;
    const next = (length) => numbers.subarray(at, (at += length));
    return {
      columns,
      rows,
      cost: next(columns),
      offset: next(1)[0],
      values: next(nonzeros),
      row_lower: next(rows),
      row_upper: next(rows),
      col_lower: next(columns),
      col_upper: next(columns),
      starts: arrays.starts,
      indices: arrays.indices,
      is_integer: arrays.is_integer,
    };
  }

  /** Return the one side on which a row binds. */
  const sideOf = (p, row) => (p.row_lower[row] > -Infinity ? p.row_lower[row] : p.row_upper[row]);

  /** Return the linear program left by the published plan's whole numbers and either-or choices. */
  function publishedProgram(model, levers) {
    const free = freeProgram(model, levers);
    const { whole_at, whole_value, zero, tight } = model.arrays;
    const held = (at, value) => {
      free.col_lower[at] = Math.max(free.col_lower[at], value);
      free.col_upper[at] = Math.min(free.col_upper[at], value);
    };
    whole_at.forEach((at, k) => held(at, whole_value[k]));
    zero.forEach((at) => held(at, 0));
    tight.forEach((at) => (free.row_lower[at] = free.row_upper[at] = sideOf(free, at)));
    return { ...free, is_integer: new Uint8Array(model.columns) };
  }

  const program = (model, levers, mode) =>
    mode === "free" ? freeProgram(model, levers) : publishedProgram(model, levers);

  /** Return `p` with its whole numbers at those of `x`. */
  function withIntegersFixed(p, x) {
    const fixed = (bounds) => bounds.map((b, j) => (p.is_integer[j] ? Math.round(x[j]) : b));
    const none = new Uint8Array(p.columns);
    const bounds = { col_lower: fixed(p.col_lower), col_upper: fixed(p.col_upper) };
    return { ...p, ...bounds, is_integer: none };
  }

  /** Return whether bounds alone leave nothing; bounds that cross by rounding are made to meet. */
  function isImpossible(p) {
    const meet = (lower, upper) =>
      lower.some((low, k) => {
        if (low <= upper[k]) return false;
        if (low - upper[k] > 1e-9 * Math.max(1, Math.abs(low))) return true;
        upper[k] = low;
        return false;
      });
    return meet(p.col_lower, p.col_upper) || meet(p.row_lower, p.row_upper);
  }

  /** Return `x` inside its bounds and with exact whole numbers, where it is within the tolerance. */
  function tidied(p, x) {
    return x.map((value, j) => {
      const whole = p.is_integer[j] ? Math.round(value) : value;
      const near = Math.abs(whole - value) <= TOLERANCE ? whole : value;
      const inside = Math.min(Math.max(near, p.col_lower[j]), p.col_upper[j]);
      const slack = TOLERANCE * Math.max(1, Math.abs(inside));
      return Math.abs(inside - near) <= slack ? inside + 0 : near; // + 0: no negative zero
    });
  }

  /** Return rows' values and the size of their largest terms. */
  function activity(p, x) {
    const sums = new Float64Array(p.rows);
    const largest = new Float64Array(p.rows);
    for (let j = 0; j < p.columns; j++) {
      for (let k = p.starts[j]; k < p.starts[j + 1]; k++) {
        const term = p.values[k] * x[j];
        sums[p.indices[k]] += term;
        largest[p.indices[k]] = Math.max(largest[p.indices[k]], Math.abs(term));
      }
    }
    return { sums, largest };
  }

  /** Return what `x` breaks most, {what, at, excess}; null if it keeps every row, bound, integer. */
  function worstBreach(p, x) {
    let worst = null;
    let size = TOLERANCE;
    const note = (what, at, excess, scale) => {
      const relative = excess / Math.max(1, scale);
      if (relative <= size) return;
      worst = { what, at, excess };
      size = Number.isNaN(relative) ? Infinity : relative;
    };
    const { sums, largest } = activity(p, x);
    const beyond = (value, low, high) => Math.max(low - value, value - high);
    sums.forEach((s, i) => note("row", i, beyond(s, p.row_lower[i], p.row_upper[i]), largest[i]));
    x.forEach((v, j) => {
      note("bound", j, beyond(v, p.col_lower[j], p.col_upper[j]), Math.abs(v));
      if (p.is_integer[j]) note("whole number", j, Math.abs(v - Math.round(v)), 1);
    });
    return worst;
  }

  /** Return [column, coefficient] pairs of each of these rows. */
  function termsOf(p, rows) {
    const terms = new Map(rows.map((row) => [row, []]));
    for (let j = 0; j < p.columns; j++) {
      for (let k = p.starts[j]; k < p.starts[j + 1]; k++) {
        terms.get(p.indices[k])?.push([j, p.values[k]]);
      }
    }
    return terms;
  }

  /** Return where `x` does two things at once, or cools for nothing, as `eitherOr` takes it. */
  function cheats(model, p, x) {
    const found = [];
    const series = (name) => model.arrays[name];
    model.pairs.forEach((pair, k) => {
      const [first, second] = [series(pair.first), series(pair.second)];
      first.forEach((j, t) => {
        const isBoth = j >= 0 && second[t] >= 0 && Math.min(x[j], x[second[t]]) > NOTHING_MW;
        if (isBoth) found.push({ key: `${k}:${t}`, pair: [j, second[t]] });
      });
    });
    if (model.cooling) {
      const { sums } = activity(p, x);
      const lines = model.cooling.lines.map(series);
      const terms = termsOf(p, lines.flatMap((line) => [...line]));
      series(model.cooling.power).forEach((j, t) => {
        const rows = lines.map((line) => line[t]).filter((row) => row >= 0);
        const beyond = rows.map((row) => {
          const [, sign] = terms.get(row).find(([column]) => column === j); // of power in the row
          const scaled = terms.get(row).map(([column, value]) => [column, value / sign]);
          const side = sideOf(p, row);
          return { terms: scaled, line: side / sign, mw: (sums[row] - side) / sign };
        });
        const wasted = Math.min(x[j], ...beyond.map((one) => one.mw));
        if (wasted > NOTHING_MW) found.push({ key: `cooling:${t}`, power: j, lines: beyond });
      });
    }
    return found;
  }

  /** Return the binaries and rows that end one cheat; new columns are named from `at` on. */
  function eitherOr(model, p, cheat, at) {
    if (cheat.pair) {
      const [first, second] = cheat.pair;
      const [most, other] = [p.col_upper[first], p.col_upper[second]];
      const rows = [
        { lower: -Infinity, upper: 0, terms: [[first, 1], [at, -most]] },
        { lower: -Infinity, upper: other, terms: [[second, 1], [at, other]] },
      ];
      return { count: 1, rows };
    }
    const most = model.cooling.power_max_mw;
    const lines = [...cheat.lines, { terms: [[cheat.power, 1]], line: 0 }];
    const rows = lines.map(({ terms, line }, k) => ({
      lower: -Infinity,
      upper: line + most, // power - line <= most (1 - binary)
      terms: [...terms, [at + k, most]],
    }));
    rows.push({ lower: 1, upper: 1, terms: lines.map((_, k) => [at + k, 1]) });
    return { count: lines.length, rows };
  }

  /** Return `p` with binaries that end these cheats. */
  function withBinaries(model, p, found) {
    const rows = [];
    let columns = p.columns;
    for (const cheat of found) {
      const more = eitherOr(model, p, cheat, columns);
      rows.push(...more.rows);
      columns += more.count;
    }
    return extended(p, columns, rows);
  }

  /** Return `p` with rows of {lower, upper, terms} and, up to `columns`, binaries. */
  function extended(p, columns, rows) {
    const extra = Array.from({ length: columns }, () => []);
    rows.forEach((row, i) => row.terms.forEach(([j, v]) => extra[j].push([p.rows + i, v])));
    const count = rows.reduce((sum, row) => sum + row.terms.length, p.values.length);
    const [starts, indices] = [new Int32Array(columns + 1), new Int32Array(count)];
    const values = new Float64Array(count);
    let at = 0;
    for (let j = 0; j < columns; j++) {
      const [from, to] = j < p.columns ? [p.starts[j], p.starts[j + 1]] : [0, 0];
      indices.set(p.indices.subarray(from, to), at);
      values.set(p.values.subarray(from, to), at);
      at += to - from;
      for (const [i, v] of extra[j]) [indices[at], values[at++]] = [i, v];
      starts[j + 1] = at;
    }
    const grown = (old, value) => {
      const more = new old.constructor(columns).fill(value);
      more.set(old);
      return more;
    };
    const sides = (old, side) => Float64Array.from([...old, ...rows.map((row) => row[side])]);
    return {
      columns,
      rows: p.rows + rows.length,
      cost: grown(p.cost, 0),
      offset: p.offset,
      starts,
      indices,
      values,
      row_lower: sides(p.row_lower, "lower"),
      row_upper: sides(p.row_upper, "upper"),
      col_lower: grown(p.col_lower, 0),
      col_upper: grown(p.col_upper, 1),
      is_integer: grown(p.is_integer, 1),
    };
  }

  const dot = (a, b) => a.reduce((sum, value, j) => sum + value * b[j], 0);

  /** Return one shown series, one value per step. */
  function shown(model, show, levers, x) {
    const found = new Float64Array(model.steps);
    for (const { columns, factor } of show.terms) {
      model.arrays[columns].forEach((j, t) => (found[t] += j < 0 ? 0 : factor * x[j]));
    }
    if (show.given !== null) {
      const by = show.given_lever;
      const scale = by === null ? 1 : entryAt(by, levers[by.lever]);
      model.arrays[show.given].forEach((value, t) => (found[t] += scale * value));
    }
    return found;
  }

  /** Return the power of sun and wind left unused by step: what is there bounds what is used. */
  function unused(model, col_upper, x) {
    const left = col_upper.map((most, j) => most - x[j]);
    const plants = model.show.filter((show) => show.id.endsWith("_used_mw"));
    const found = new Float64Array(model.steps);
    for (const { terms } of plants) {
      const only = { terms, given: null };
      shown(model, only, [], left).forEach((mw, t) => (found[t] += mw));
    }
    return found;
  }

  /** Return what is shown of a solution `x` at these levers: cost, CO2, clauses, series. */
  function reading(model, levers, x) {
    const { cost, offset, col_upper } = freeProgram(model, levers);
    const { tie, owner, emission } = model.arrays;
    const own = Array.from(tie, (weight, j) => (cost[j] - weight) * x[j]);
    const owner_mad = model.owners.map(() => 0);
    own.forEach((mad, j) => (owner_mad[owner[j]] += mad));
    return {
      objective_mad: own.reduce((sum, mad) => sum + mad, offset),
      offset_mad: offset,
      emission_kg: dot(emission, x),
      owner_mad,
      clauses: model.clauses.map((clause) => {
        const shortfall = clause.short.reduce((sum, j) => sum + x[j], 0);
        return { is_kept: shortfall <= NOTHING_MW, shortfall, cost_mad: owner_mad[clause.owner] ?? 0 };
      }),
      series: model.show.map((show) => shown(model, show, levers, x)),
      unused_mw: unused(model, col_upper, x),
    };
  }

  dakhla.whatIfModel = {
    ...{ gunzipped, unpacked, asPublished, snapped, program, withIntegersFixed, isImpossible, tidied },
    ...{ worstBreach, cheats, withBinaries, reading, entryAt },
  };
})((globalThis.dakhla = globalThis.dakhla || {}));
