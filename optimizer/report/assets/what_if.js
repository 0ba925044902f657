/**
 * The what-if section: levers the reader moves, the solve that follows, and the change as TOML.
 * Tests move it by `dakhla.whatIf`.
 */
(function (dakhla) {
  "use strict";

  const section = document.getElementById("what-if-section");
  if (section === null) return;

  const DEBOUNCE_MS = 250;
  const { asPublished, entryAt, snapped } = dakhla.whatIfModel;
  const { word, exactly, plain } = dakhla.whatIfView;
  const whatIf = dakhla.data("what-if");
  const view = dakhla.whatIfView(section, whatIf, dakhla.axis);
  const { part, put } = view;
  const published = asPublished(whatIf);
  const levers = [...published];
  let old = null; // the published plan, as the worker reads it
  let timer = null;
  let clock = null;
  let gap = null; // of the solve that runs
  let wishes = 0; // of which the latest alone is shown

  // ------------------------------------------------------------------ solving
  const client = dakhla.whatIfClient({
    open() {
      const { highs_js, worker_js, wasm_gz } = dakhla.data("solver"); // large: read at need
      const sources = [dakhla.data("what-if-model"), "\n", highs_js, "\n", worker_js];
      return { sources, load: { what_if: whatIf, wasm_gz } };
    },
    tell: hear,
  });

  function hear(said) {
    if (said.kind === "ready") {
      old = said.old;
      view.check(said.check);
    } else if (said.kind === "progress") gap = Number.isFinite(said.gap_pu) ? said.gap_pu : null;
    else if (said.kind === "idle") stopClock();
    else {
      view.status(said.kind);
      startClock();
    }
  }

  /** Count seconds while something runs; `gap` is the latest the solver told. */
  function startClock() {
    stopClock();
    view.busy(true);
    gap = null;
    let seconds = 0;
    clock = setInterval(() => {
      seconds += 1;
      const told = gap === null ? [] : [", ", word("gap"), ` ${gap.toExponential(0)}`];
      put("progress", `${seconds} s`, ...told);
    }, 1000);
  }

  function stopClock() {
    clearInterval(clock);
    view.busy(false);
    put("progress");
  }

  const mode = () => section.querySelector('input[name="what-if-mode"]:checked').value;

  async function solve() {
    clearTimeout(timer);
    wishes += 1;
    const own = wishes;
    const answer = await client.solve(levers, mode());
    if (own === wishes && answer.status !== "cancelled") {
      tellEnd(answer);
      view.result(old, answer);
    }
    return answer;
  }

  function tellEnd(answer) {
    const { status } = answer;
    if (status === "optimal") view.status("optimal");
    else if (status === "infeasible") view.status(`infeasible-${answer.mode}`, { isBad: true });
    else if (status === "error") view.status("error", { isBad: true, more: answer.message });
    else if (["unbounded", "refused", "cheating"].includes(status)) view.status(status, { isBad: true });
    else view.status("ended", { isBad: true, more: status });
  }

  function solveSoon() {
    clearTimeout(timer);
    timer = setTimeout(solve, DEBOUNCE_MS);
  }

  function cancel() {
    clearTimeout(timer);
    client.cancel();
    view.status("cancelled");
  }

  // ------------------------------------------------------------------ levers
  const rows = [...section.querySelectorAll("[data-lever]")].map((row) => {
    const i = Number(row.dataset.lever);
    return {
      row,
      i,
      lever: whatIf.levers[i],
      range: row.querySelector('input[type="range"]'),
      box: row.querySelector('input[type="number"]'),
      reset: row.querySelector("button"),
      note: row.querySelector(".outside"),
    };
  });
  const rowOf = new Map(rows.map((one) => [one.i, one]));

  /** Set a lever and show it everywhere but in the field that is being written in. */
  function set(i, value, writtenIn = null) {
    const { row, lever, range, box, reset, note } = rowOf.get(i);
    levers[i] = snapped(lever, value);
    if (range !== writtenIn) range.value = String(levers[i]);
    if (box !== writtenIn) box.value = plain(levers[i]);
    box.removeAttribute("aria-invalid");
    note.hidden = true;
    const isMoved = levers[i] !== lever.value;
    row.classList.toggle("is-moved", isMoved);
    if (!isMoved && document.activeElement === reset) range.focus(); // a disabled button loses focus
    reset.disabled = !isMoved;
    showToml();
  }

  function refuse({ box, note }) {
    box.setAttribute("aria-invalid", "true");
    note.hidden = false;
    clearTimeout(timer);
  }

  function write(one) {
    const value = one.box.valueAsNumber;
    const slack = 1e-9 * Math.max(Math.abs(one.lever.low), Math.abs(one.lever.high));
    const isInside = value >= one.lever.low - slack && value <= one.lever.high + slack;
    if (!isInside) return refuse(one);
    set(one.i, value, one.box);
    return solveSoon();
  }

  function prepare(one) {
    const { row, i, lever, range, box, reset } = one;
    row.querySelector('[data-part="published"]').append(exactly(lever.value), ` ${lever.unit}`);
    const span = [exactly(lever.low), " ", word("to"), " ", exactly(lever.high), ` ${lever.unit}`];
    row.querySelector('[data-part="range"]').append(...span);
    range.addEventListener("input", () => {
      set(i, range.valueAsNumber, range);
      solveSoon();
    });
    box.addEventListener("input", () => write(one));
    box.addEventListener("change", () => {
      if (box.getAttribute("aria-invalid") !== "true") box.value = plain(levers[i]);
    });
    reset.addEventListener("click", () => {
      set(i, lever.value);
      solveSoon();
    });
    set(i, lever.value);
  }

  function resetAll() {
    rows.forEach(({ i, lever }) => set(i, lever.value));
    solveSoon();
  }

  // ------------------------------------------------------------------ the change as TOML
  const tomlNumber = (value, isWhole = false) => {
    const text = String(isWhole ? Math.round(value) : value);
    return isWhole || /[.e]/.test(text) ? text : `${text}.0`;
  };

  /** Return the change as an overlay file that `dakhla plan --overlay` reads. */
  function tomlText() {
    const moved = rows.filter(({ i, lever }) => levers[i] !== lever.value);
    const comments = moved.map(({ i, lever: { words, unit, value } }) => {
      const told = `${words.en}: ${plain(levers[i])} ${unit}, published ${plain(value)} ${unit}`;
      return `# ${told}`.replace(/[\s\p{Cc}]+/gu, " "); // a name must not begin a line of its own
    });
    const lines = [
      `base.run = ${JSON.stringify(whatIf.run)}`,
      `base.integers = "${mode()}"`,
      `site.solver.mip_gap_pu = ${tomlNumber(whatIf.mip_gap_pu)}`,
    ];
    for (const { i, lever } of moved) {
      for (const entry of lever.toml) {
        lines.push(`${entry.key} = ${tomlNumber(entryAt(entry, levers[i]), lever.is_whole)}`);
      }
    }
    const head = "# Values tried on the page of a run. Use: dakhla plan --overlay FILE";
    return `${[head, ...comments, ...lines].join("\n")}\n`;
  }

  function showToml() {
    part("toml").value = tomlText();
  }

  async function copy() {
    const field = part("toml");
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.focus(); // from disk some browsers give no clipboard
      field.select();
      return put("copied", word(document.execCommand("copy") ? "copied" : "selected"));
    }
    return put("copied", word("copied"));
  }

  function download() {
    const link = part("download");
    if (link.href.startsWith("blob:")) URL.revokeObjectURL(link.href);
    link.href = URL.createObjectURL(new Blob([tomlText()], { type: "application/toml" }));
  }

  // ------------------------------------------------------------------ ready
  rows.forEach(prepare);
  part("reset-all").addEventListener("click", resetAll);
  part("solve").addEventListener("click", solve);
  part("cancel").addEventListener("click", cancel);
  part("copy").addEventListener("click", copy);
  part("download").addEventListener("click", download);
  section.querySelectorAll('input[name="what-if-mode"]').forEach((choice) =>
    choice.addEventListener("change", () => {
      showToml();
      solveSoon();
    }),
  );
  showToml();

  dakhla.whatIf = {
    /** Move levers, by id, without solving. */
    set(values) {
      for (const [id, value] of Object.entries(values)) {
        const i = whatIf.levers.findIndex((lever) => lever.id === id);
        if (i < 0) throw new Error(`no such lever: ${id}`);
        set(i, value);
      }
    },
    /** Solve in a mode, "published" or "free"; return the answer. */
    solve(wanted) {
      section.querySelector(`input[name="what-if-mode"][value="${wanted}"]`).checked = true;
      showToml();
      return solve();
    },
    toml: tomlText,
  };
})((globalThis.dakhla = globalThis.dakhla || {}));
