/**
 * What the what-if section shows: words, numbers, tables and charts of old and new, in both
 * languages at once. Nothing here solves or listens.
 */
(function (dakhla) {
  "use strict";

  const SEEN_MAD = 0.5;
  const DIGITS = { SMALL: 3, MIDDLE: 1 };
  const AGREE_PU = 1e-6;
  const SPARE = [
    { color: "#DDDDDD", pattern: "" },
    { color: "#56B4E9", pattern: "upright" },
    { color: "#D55E00", pattern: "level" },
    { color: "#F0E442", pattern: "stripes" },
  ];

  const fragment = (...parts) => {
    const made = document.createDocumentFragment();
    made.append(...parts);
    return made;
  };

  /** Return a text of the template's words, as nodes. */
  function word(key) {
    const words = document.getElementById("what-if-words").content;
    return fragment(...words.querySelector(`[data-word="${key}"]`).cloneNode(true).childNodes);
  }

  /** Return the same as {en, fr}. */
  function wordInBoth(key) {
    const found = word(key);
    const said = (language) => found.querySelector(`.${language}`)?.textContent;
    return { en: said("en") ?? found.textContent, fr: said("fr") ?? found.textContent };
  }

  const digitsOf = (value) => {
    const size = Math.abs(value);
    return size >= 1000 || Number.isInteger(value) ? 0 : size >= 1 ? DIGITS.MIDDLE : DIGITS.SMALL;
  };

  /** Return a number as nodes of both languages; with its sign if `isSigned`. */
  function number(value, { digits = digitsOf(value), isSigned = false } = {}) {
    const isUp = isSigned && value >= 0.5 * 10 ** -digits;
    const said = (language) => (isUp ? "+" : "") + dakhla.number(value, digits, language);
    return dakhla.both({ en: said("en"), fr: said("fr") });
  }

  /** Return a lever's value with as many digits as it has, up to six that count. */
  function exactly(value) {
    const [, decimals = ""] = plain(value).split(".");
    return number(value, { digits: decimals.length });
  }

  const plain = (value) => String(Number(value.toPrecision(6)));

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  const cell = (...children) => element("td", { class: "number" }, ...children);
  const rowHead = (...children) => element("th", { scope: "row" }, ...children);

  function comparison(head, old, now, options = {}) {
    const cells = [
      cell(number(old, options)),
      cell(number(now, options)),
      cell(number(now - old, { ...options, isSigned: true })),
    ];
    return element("tr", {}, rowHead(head), ...cells);
  }

  dakhla.whatIfView = function (section, whatIf, axis) {
    const part = (name) => section.querySelector(`[data-part="${name}"]`);
    let look = null; // found at the first result
    const put = (name, ...children) => part(name).replaceChildren(...children);

    function status(key, { isBad = false, more = "" } = {}) {
      put("status", word(key), more ? ` ${more}` : "");
      part("state").classList.toggle("is-bad", isBad);
    }

    function busy(isBusy) {
      part("cancel").hidden = !isBusy;
      for (const name of ["result", "more"]) part(name).setAttribute("aria-busy", String(isBusy));
    }

    const energyMwh = (series) => series.reduce((sum, mw, t) => sum + mw * axis.step_h[t], 0);

    /** Return what is drawn from all lines. [MWh] */
    function importMwh(reading) {
      const lines = reading.series.filter((_, k) => whatIf.show[k].id.endsWith("_import_mw"));
      return lines.reduce((sum, series) => sum + energyMwh(series), 0);
    }

    function figures(old, now) {
      const unused = (reading) => energyMwh(reading.unused_mw);
      const row = (key, unit, of, options) =>
        comparison(fragment(word(key), ` [${unit}]`), of(old), of(now), options);
      put(
        "figures",
        row("cost", "MAD", (reading) => reading.objective_mad, { digits: 0 }),
        row("emission", "t", (reading) => reading.emission_kg / 1000, { digits: 1 }),
        row("import", "MWh", importMwh, { digits: 1 }),
        row("curtailed", "MWh", unused, { digits: 1 }),
      );
    }

    function costs(old, now) {
      const rows = [];
      const add = (head, before, after) => {
        if (Math.max(Math.abs(before), Math.abs(after)) < SEEN_MAD) return;
        rows.push(comparison(head, before, after, { digits: 0 }));
      };
      whatIf.owners.forEach((owner, k) =>
        add(dakhla.both(owner.words), old.owner_mad[k], now.owner_mad[k]),
      );
      add(word("other"), old.offset_mad, now.offset_mad);
      const sum = comparison(word("sum"), old.objective_mad, now.objective_mad, { digits: 0 });
      sum.className = "sum";
      put("costs", ...rows, sum);
    }

    function clauses(old, now) {
      const told = ({ is_kept, cost_mad }) => {
        const kept = element("span", { class: is_kept ? "good" : "bad" });
        kept.append(word(is_kept ? "kept" : "bought"));
        return cell(kept, ...(Math.abs(cost_mad) < SEEN_MAD ? [] : [" ", number(cost_mad, { digits: 0 })]));
      };
      const rows = whatIf.clauses.map((clause, k) => {
        const head = rowHead(`Art. ${clause.article}: `, dakhla.both(clause.words));
        return element("tr", {}, head, told(old.clauses[k]), told(now.clauses[k]));
      });
      put("clauses", ...rows);
    }

    /** Return how each shown series looks: as in the charts above, where it is there. */
    function looks() {
      const known = new Map();
      for (const { layers } of dakhla.data("charts")?.specs ?? []) {
        for (const { label, color, pattern = "" } of layers ?? []) {
          if (!known.has(label.en)) known.set(label.en, { color, pattern });
        }
      }
      let spare = 0;
      return whatIf.show.map(({ words }) => known.get(words.en) ?? SPARE[spare++ % SPARE.length]);
    }

    /** Return layers of the shown series of some groups: new ones, then dashed those as published. */
    function layers(old, now, groups, shape) {
      const found = [];
      whatIf.show.forEach((show, k) => {
        if (!groups.includes(show.group)) return;
        const layer = { label: show.words, ...look[k], ...shape(show) };
        found.push({ ...layer, values: Array.from(now.series[k]) });
        found.push({ ...layer, values: Array.from(old.series[k]), is_old: true });
      });
      return found.sort((a, b) => Number(Boolean(a.is_old)) - Number(Boolean(b.is_old)));
    }

    function charts(old, now) {
      look ??= looks();
      const side = (show) =>
        show.group === "demand" ? { kind: "stack", stack: "below" } : { kind: "stack" };
      const specs = [
        {
          ...axis,
          id: "what-if-balance",
          title: wordInBoth("balance"),
          note: wordInBoth("balance-note"),
          unit: "MW",
          has_sides: true,
          height: 400,
          layers: layers(old, now, ["supply", "demand"], side),
        },
        {
          ...axis,
          id: "what-if-energy",
          title: wordInBoth("energy"),
          unit: "MWh",
          layers: layers(old, now, ["store"], () => ({ kind: "line", at: "end" })),
        },
      ];
      const open = new Set(
        [...part("charts").querySelectorAll("figure")]
          .filter((figure) => figure.querySelector("details[open]"))
          .map((figure) => figure.id),
      );
      const made = specs.filter((spec) => spec.layers.length).map((spec) => dakhla.chart(spec));
      put("charts", ...made);
      const news = specs[0].layers.filter((layer) => !layer.is_old).length;
      const keys = made[0]?.querySelectorAll(".keys li") ?? [];
      [...keys].slice(news).forEach((key) => key.remove()); // the note says what is dashed
      made.filter((figure) => open.has(figure.id)).forEach((figure) => {
        figure.querySelector("details").open = true;
      });
    }

    /** Show an answer beside the published plan; one without a schedule hides the last one. */
    function result(old, answer) {
      const isOptimal = answer.status === "optimal";
      for (const name of ["result", "more"]) part(name).hidden = !isOptimal;
      if (!isOptimal) return;
      const { mode, seconds, rounds, binaries, gap_pu } = answer;
      put("mode", word(`mode-${mode}`));
      const effort = [number(seconds, { digits: 1 }), ", ", String(rounds), ", ", String(binaries)];
      const gap = mode === "free" ? ["; ", word("gap"), ` ${gap_pu < 1e-9 ? 0 : gap_pu.toExponential(0)}`] : [];
      put("effort", word("effort"), " ", ...effort, ...gap);
      const more = number(answer.objective_mad - old.objective_mad, { digits: 0, isSigned: true });
      put("progress", word("change"), " ", more, " MAD");
      figures(old, answer);
      costs(old, answer);
      clauses(old, answer);
      charts(old, answer);
    }

    function check(answer) {
      const published = whatIf.published.objective_mad;
      const size = Math.max(1, Math.abs(published));
      const isSame = Math.abs(answer.objective_mad - published) <= AGREE_PU * size;
      const cost = (value) => number(value, { digits: 0 });
      const here = answer.status === "optimal" ? cost(answer.objective_mad) : answer.status;
      const told = element("span", { class: isSame ? "good" : "bad" }, word(isSame ? "agree" : "differ"));
      put("check", word("check"), " ", here, "; ", word("against"), " ", cost(published), ". ", told);
      part("check").hidden = false;
    }

    return { part, put, status, busy, result, check };
  };

  Object.assign(dakhla.whatIfView, { word, exactly, plain });
})((globalThis.dakhla = globalThis.dakhla || {}));
