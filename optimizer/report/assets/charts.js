"use strict";
// Charts of the page: dakhla.chart(spec) returns a figure with its title, keys, a drawing and the
// same numbers as a table. Times are hours since the plan's start; their texts come with the spec.
(() => {
  const dakhla = (window.dakhla = window.dakhla || {});
  const ROOT = document.documentElement;
  const SVG = "http://www.w3.org/2000/svg";
  const FONT = 12; // px
  const TICK_GAP = 48; // px that a time's label needs, with a little air
  const WORDS = {
    table: { en: "The same as a table", fr: "Les mêmes données en tableau" },
    hint: { en: "Point at the chart to read values.", fr: "Pointez le graphique pour lire les valeurs." },
    utc: { en: "UTC", fr: "UTC" },
    site: { en: "site time", fr: "heure du site" },
    here: { en: "site", fr: "site" },
    low: { en: "low", fr: "bas" },
    high: { en: "high", fr: "haut" },
    yes: { en: "yes", fr: "oui" },
    before: { en: "before", fr: "avant" },
  };
  const drawings = new WeakMap(); // figure -> what draws it again
  let count = 0; // of patterns, whose names are of the whole page
  let view = "day"; // the binding day, or all of the plan
  let isPrinting = false;
  const PRINT_WIDTH = 680; // px: an A4 page between its margins

  // ------------------------------------------------------------------ words and numbers
  dakhla.language = () => (ROOT.dataset.language === "fr" ? "fr" : "en");
  dakhla.words = (both) => both[dakhla.language()];
  dakhla.setLanguage = (language) => {
    ROOT.dataset.language = ROOT.lang = language;
    document.dispatchEvent(new CustomEvent("dakhla:language", { detail: language }));
  };
  dakhla.both = (both) => {
    // a text in both languages; the style sheet shows one
    const parts = ["en", "fr"].map((language) => {
      const span = element("span", { class: language, lang: language });
      span.textContent = both[language];
      return span;
    });
    const fragment = document.createDocumentFragment();
    fragment.append(...parts);
    return fragment;
  };
  dakhla.number = (value, digits, language = dakhla.language()) => {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    const shown = digits === undefined ? digitsOf(value) : digits;
    const text = new Intl.NumberFormat(language === "fr" ? "fr-FR" : "en-GB", {
      minimumFractionDigits: shown,
      maximumFractionDigits: shown,
    }).format(Math.abs(value) < 0.5 * 10 ** -shown ? 0 : value);
    return text.replace("-", "−");
  };
  const digitsOf = (value) => (Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 1 ? 1 : 3);
  const numberInBoth = (value) => ({
    en: dakhla.number(value, undefined, "en"),
    fr: dakhla.number(value, undefined, "fr"),
  });

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }
  function drawn(name, attributes = {}) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  // ------------------------------------------------------------------ colours and patterns
  const STRIPES = {
    // a path on a tile of 8 px, so that areas differ without their colours
    stripes: "M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4",
    back: "M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4",
    upright: "M2,0 v8 M6,0 v8",
    level: "M0,2 h8 M0,6 h8",
    cross: "M0,8 l8,-8 M0,0 l8,8",
    dots: "M1.5,2 h2 M5.5,6 h2",
  };
  function patternOf(layer) {
    if (!STRIPES[layer.pattern]) return { fill: layer.color, pattern: null };
    const id = `pattern-${(count += 1)}`;
    const pattern = drawn("pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse" });
    const ink = d3.lab(layer.color).l > 55 ? "#00000080" : "#ffffffb0";
    pattern.append(
      drawn("rect", { width: 8, height: 8, fill: layer.color }),
      drawn("path", {
        d: STRIPES[layer.pattern],
        stroke: ink,
        "stroke-width": layer.pattern === "dots" ? 2 : 1.2,
        fill: "none",
      }),
    );
    return { fill: `url(#${id})`, pattern };
  }

  function key(layer) {
    // the little picture of a layer beside its name
    const svg = drawn("svg", { width: 26, height: 14, "aria-hidden": "true", focusable: "false" });
    if (layer.kind === "line" || layer.is_old) {
      svg.append(
        drawn("line", {
          x1: 1, x2: 25, y1: 7, y2: 7,
          stroke: layer.color,
          "stroke-width": layer.is_old ? 1.3 : 2.4,
          "stroke-dasharray": layer.is_old ? "5 3" : layer.dash || "",
        }),
      );
      return svg;
    }
    const { fill, pattern } = patternOf(layer);
    if (pattern) svg.append(pattern);
    const box = { x: 1, y: 1, width: 24, height: 12, fill, stroke: layer.color, "stroke-width": 1 };
    if (layer.kind === "band" || layer.kind === "shade") box["fill-opacity"] = 0.35;
    svg.append(drawn("rect", box));
    return svg;
  }

  function keysOf(spec) {
    const list = element("ul", { class: "keys" });
    for (const layer of spec.layers.filter((layer) => layer.kind !== "strip")) {
      const item = element("li", {}, key(layer), dakhla.both(layer.label));
      if (layer.is_old) item.append(" (", dakhla.both(WORDS.before), ")");
      if (layer.axis === "right") {
        const unit = layer.unit ?? spec.right_unit;
        item.append(unit ? ` [${unit}, →]` : " [→]");
      }
      list.append(item);
    }
    for (const one of spec.classes || []) {
      list.append(element("li", {}, key({ kind: "stack", color: one.color }), dakhla.both(one.label)));
    }
    return list;
  }

  // ------------------------------------------------------------------ from layers to marks
  const endOf = (spec) => spec.begin_h[spec.begin_h.length - 1] + spec.step_h[spec.step_h.length - 1];
  const shownUntil = (spec) =>
    view === "day" && spec.binding_h ? Math.min(spec.binding_h, endOf(spec)) : endOf(spec);
  const shownSteps = (spec, until) => {
    const steps = [];
    spec.begin_h.forEach((h, t) => { if (h < until - 1e-9) steps.push(t); });
    return steps;
  };

  function stepPoints(spec, steps, low, high) {
    // both edges of a mean over each step, as points of a step curve
    const points = steps.map((t) => ({ h: spec.begin_h[t], low: low(t), high: high(t) }));
    const last = steps[steps.length - 1];
    points.push({ h: spec.begin_h[last] + spec.step_h[last], low: low(last), high: high(last) });
    return points;
  }
  function linePoints(spec, steps, layer) {
    if (layer.at !== "end") // both edges of each step: a gap may follow
      return steps.flatMap((t) => [0, spec.step_h[t]].map((h) => ({ h: spec.begin_h[t] + h, high: layer.values[t] })));
    const first = steps[0];
    const before = first === 0 ? (layer.first ?? null) : layer.values[first - 1];
    return [
      { h: spec.begin_h[first], high: before },
      ...steps.map((t) => ({ h: spec.begin_h[t] + spec.step_h[t], high: layer.values[t] })),
    ];
  }
  const real = (value) => (value === null || value === undefined ? NaN : value);

  function stacked(spec, steps) {
    // layers of a stack with their lower and upper edges; new ones and old ones apart
    const sums = {};
    return spec.layers
      .filter((layer) => layer.kind === "stack")
      .map((layer) => {
        const side = layer.stack === "below" ? -1 : 1;
        const pile = `${side}${Boolean(layer.is_old)}`;
        const base = (sums[pile] = sums[pile] || {});
        const low = {}, high = {};
        for (const t of steps) {
          low[t] = base[t] || 0;
          high[t] = base[t] = low[t] + side * Math.max(layer.values[t] || 0, 0);
        }
        return { layer, low: (t) => low[t], high: (t) => high[t] };
      });
  }

  function extentOf(values, isFromZero) {
    const known = values.filter((v) => Number.isFinite(v));
    let [low, high] = known.length ? [Math.min(...known), Math.max(...known)] : [0, 1];
    if (isFromZero) { low = Math.min(low, 0); high = Math.max(high, 0); }
    if (high - low < 1e-9) high = low + 1;
    const air = 0.05 * (high - low);
    return [low < 0 ? low - air : low === 0 ? 0 : Math.max(low - air, isFromZero ? 0 : low - air), high + air];
  }

  function scales(spec, steps, stacks) {
    const left = [], right = [];
    for (const { high } of stacks) steps.forEach((t) => left.push(high(t)));
    for (const layer of spec.layers) {
      const into = layer.axis === "right" ? right : left;
      if (layer.kind === "line") {
        steps.forEach((t) => into.push(real(layer.values[t])));
        if (layer.at === "end" && layer.first !== undefined) into.push(real(layer.first));
      }
      if (layer.kind === "band") steps.forEach((t) => into.push(real(layer.low[t]), real(layer.high[t])));
    }
    const [low, high] = extentOf(left, spec.is_from_zero !== false);
    if (!right.length) return { left: [low, high], toLeft: null };
    const [rightLow, rightHigh] = extentOf(right, spec.right_from_zero !== false);
    if (spec.right_from_zero !== false && high > 0) {
      const factor = rightHigh / high; // both axes have their zero at one height
      return { left: [Math.min(low, rightLow / factor), high],
        toLeft: (v) => v / factor, fromLeft: (v) => v * factor, rightLow, rightHigh };
    }
    const factor = (rightHigh - rightLow) / (high - low);
    return { left: [low, high], toLeft: (v) => low + (v - rightLow) / factor,
      fromLeft: (v) => rightLow + (v - low) * factor, rightLow, rightHigh };
  }

  function marksOf(spec, steps, stacks, axes) {
    const behind = [], areas = [], lines = [], patterns = [];
    const until = shownUntil(spec);
    for (const layer of spec.layers) {
      if (layer.kind === "shade") {
        const spans = layer.spans.filter(([from]) => from < until)
          .map(([from, to]) => ({ from, to: Math.min(to, until) }));
        behind.push(Plot.rect(spans, { x1: "from", x2: "to", y1: axes.left[0], y2: axes.left[1],
          fill: layer.color, fillOpacity: layer.opacity || 0.13 }));
      }
    }
    for (const { layer, low, high } of stacks) {
      const points = stepPoints(spec, steps, low, high);
      if (layer.is_old) {
        lines.push(Plot.line(points, { x: "h", y: "high", curve: "step-after", stroke: layer.color,
          strokeWidth: 1.2, strokeDasharray: "5 3" }));
        continue;
      }
      const { fill, pattern } = patternOf(layer);
      if (pattern) patterns.push(pattern);
      areas.push(Plot.areaY(points, { x: "h", y1: "low", y2: "high", curve: "step-after", fill }));
    }
    for (const layer of spec.layers) {
      const to = layer.axis === "right" && axes.toLeft ? axes.toLeft : (v) => v;
      if (layer.kind === "band") {
        const points = stepPoints(spec, steps, (t) => to(real(layer.low[t])), (t) => to(real(layer.high[t])));
        const edge = { x: "h", curve: "step-after", stroke: layer.color, strokeWidth: 1,
          strokeDasharray: layer.dash || "2 2" };
        behind.push(Plot.areaY(points, { x: "h", y1: "low", y2: "high", curve: "step-after",
          fill: layer.color, fillOpacity: 0.25 }));
        lines.push(Plot.line(points, { ...edge, y: "low" }), Plot.line(points, { ...edge, y: "high" }));
      }
      if (layer.kind === "line") {
        const points = linePoints(spec, steps, layer).map((p) => ({ h: p.h, v: to(real(p.high)) }));
        lines.push(Plot.line(points, { x: "h", y: "v", curve: layer.at === "end" ? "linear" : "step-after",
          stroke: layer.color, strokeWidth: layer.is_old ? 1.2 : 2.2,
          strokeDasharray: layer.is_old ? "5 3" : layer.dash || null }));
      }
    }
    return { marks: [...behind, ...areas, Plot.ruleY([0], { stroke: "#333" }), ...lines], patterns };
  }

  // ------------------------------------------------------------------ the time axis
  function ticksOf(spec, width) {
    // the finest of the levels whose labels have room: days, then 6, 3 and 1 hours
    const until = shownUntil(spec);
    const ticks = spec.ticks.filter((tick) => tick.h <= until + 1e-9);
    const levels = [...new Set(ticks.map((tick) => tick.level ?? 0))].sort((a, b) => a - b);
    const room = Math.max(1, Math.floor(width / TICK_GAP));
    let shown = [];
    for (const level of levels) {
      const finer = ticks.filter((tick) => (tick.level ?? 0) <= level);
      if (finer.length > room && shown.length > 1) break;
      shown = finer;
    }
    const every = Math.ceil(shown.length / (room + 1));
    return shown.filter((_, k) => k % every === 0);
  }
  function tickLabel(tick) {
    const utc = typeof tick.utc === "string" ? tick.utc : dakhla.words(tick.utc);
    return hasOwnTime(tick) ? `${utc}\n${tick.site}` : utc;
  }
  const hasOwnTime = (tick) => Boolean(tick.site) && tick.site !== tick.utc;

  // ------------------------------------------------------------------ the drawing
  function plotOf(spec, width) {
    return spec.layers.some((layer) => layer.kind === "strip")
      ? stripsOf(spec, width)
      : layersOf(spec, width);
  }
  function frameOf(spec, width, margins) {
    const ticks = ticksOf(spec, width - margins.marginLeft - margins.marginRight);
    const isTwo = ticks.some(hasOwnTime);
    return {
      width,
      ...margins,
      marginBottom: isTwo ? 44 : 30,
      style: { fontSize: `${FONT}px`, background: "none", overflow: "visible" },
      ariaLabel: dakhla.words(spec.title),
      x: { domain: [0, shownUntil(spec)], axis: null },
      axisX: [
        Plot.axisX(ticks.map((tick) => tick.h), {
          tickFormat: (h) => tickLabel(ticks.find((tick) => tick.h === h)),
          label: null, tickSize: 5,
        }),
        isTwo ? Plot.text(["UTC\n" + dakhla.words(WORDS.here)], { frameAnchor: "bottom-left",
          dx: -margins.marginLeft + 2, dy: 32, lineAnchor: "bottom", fill: "currentColor" }) : null,
      ],
    };
  }
  function layersOf(spec, width) {
    const steps = shownSteps(spec, shownUntil(spec)), stacks = stacked(spec, steps);
    const axes = scales(spec, steps, stacks);
    const { marks, patterns } = marksOf(spec, steps, stacks, axes);
    const margins = { marginLeft: 52, marginRight: axes.toLeft ? 52 : 14, marginTop: 22 };
    const { axisX, ...frame } = frameOf(spec, width, margins);
    const lefts = d3.ticks(axes.left[0], axes.left[1], 6);
    const format = (v) => dakhla.number(spec.has_sides ? Math.abs(v) : v, decimals(lefts));
    const named = { fontSize: FONT, labelArrow: "none" };
    const axisMarks = [
      Plot.gridY(lefts, { stroke: "#888", strokeOpacity: 0.25 }),
      Plot.axisY(lefts, { ...named, anchor: "left", tickFormat: format, label: spec.unit }),
      ...axisX,
    ];
    if (axes.toLeft) {
      const values = d3.ticks(axes.rightLow, axes.rightHigh, 5);
      axisMarks.push(Plot.axisY(values.map(axes.toLeft), { ...named, anchor: "right",
        tickFormat: (v) => dakhla.number(axes.fromLeft(v), decimals(values)), label: spec.right_unit || "" }));
    }
    const figure = Plot.plot({ ...frame, height: spec.height || 280, y: { domain: axes.left },
      clip: false, marks: [...axisMarks, ...marks] });
    return { svg: figure, patterns, margins };
  }

  const decimals = (ticks) =>
    // as many as tell one tick from the next
    ticks.length < 2 ? 0 : Math.max(0, Math.ceil(-Math.log10(ticks[1] - ticks[0]) - 1e-9));

  const STRIP = 34; // px: a line of text and its strip
  function stripsOf(spec, width) {
    const until = shownUntil(spec), steps = shownSteps(spec, until);
    const strips = spec.layers.filter((layer) =>
      layer.kind === "strip" && steps.some((t) => classOf(spec, layer.values[t])));
    const margins = { marginLeft: 14, marginRight: 14, marginTop: 4 };
    const { axisX, ...frame } = frameOf(spec, width, margins);
    const rects = [];
    strips.forEach((layer, row) => {
      let open = null;
      for (const t of steps) {
        const color = classOf(spec, layer.values[t]);
        const end = spec.begin_h[t] + spec.step_h[t];
        if (open && color === open.color) open.to = end;
        else open = color ? rects[rects.push({ row, color, from: spec.begin_h[t], to: end }) - 1] : null;
      }
    });
    const svg = Plot.plot({
      ...frame,
      height: STRIP * strips.length + 44,
      y: { domain: [0, strips.length], reverse: true, axis: null },
      marks: [
        Plot.rect(strips, { x1: 0, x2: until, y1: (_, k) => k + 0.52, y2: (_, k) => k + 0.94, fill: "#8881" }),
        Plot.rect(rects, { x1: "from", x2: "to", y1: (r) => r.row + 0.52, y2: (r) => r.row + 0.94, fill: "color" }),
        Plot.text(strips, { x: 0, y: (_, k) => k + 0.3, text: (layer) => dakhla.words(layer.label),
          textAnchor: "start", fontSize: FONT, fill: "currentColor" }),
        ...axisX,
      ],
    });
    return { svg, patterns: [], margins };
  }
  function classOf(spec, value) {
    const found = (spec.classes || []).filter((one) => value !== null && value >= one.from);
    return found.length ? found[found.length - 1].color : null;
  }

  // ------------------------------------------------------------------ values under the pointer
  function readoutOf(spec, t) {
    const parts = [spec.times.utc[t]];
    if (spec.times.site[t] !== spec.times.utc[t]) parts.push(`${dakhla.words(WORDS.site)} ${spec.times.site[t]}`);
    const told = spec.layers.map((layer) => {
      const name = dakhla.words(layer.label) + (layer.is_old ? ` (${dakhla.words(WORDS.before)})` : "");
      if (layer.kind === "shade") return isInside(spec, layer, t) ? name : null;
      if (layer.kind === "band")
        return `${name} ${dakhla.number(layer.low[t])}–${dakhla.number(layer.high[t])}`;
      const value = layer.values[t];
      if (value === null || (Math.abs(value) < 1e-6 && layer.kind !== "line")) return null;
      return `${name} ${dakhla.number(value)}`;
    });
    return [...parts, ...told.filter(Boolean)].join(" · ");
  }
  const isInside = (spec, layer, t) =>
    layer.spans.some(([from, to]) => spec.begin_h[t] >= from - 1e-9 && spec.begin_h[t] < to - 1e-9);

  function follow(figure, spec, svg, margins) {
    const readout = figure.querySelector(".readout");
    const cursor = drawn("line", { stroke: "currentColor", "stroke-width": 1, visibility: "hidden",
      "pointer-events": "none" });
    svg.append(cursor);
    const until = shownUntil(spec);
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect(), factor = svg.viewBox.baseVal.width / box.width;
      const inner = svg.viewBox.baseVal.width - margins.marginLeft - margins.marginRight;
      const h = (((event.clientX - box.left) * factor - margins.marginLeft) / inner) * until;
      const t = spec.begin_h.findIndex((begin, k) => h >= begin && h < begin + spec.step_h[k]);
      if (t < 0) return;
      const x = margins.marginLeft + (inner * (spec.begin_h[t] + spec.step_h[t] / 2)) / until;
      for (const [name, value] of Object.entries({ x1: x, x2: x, y1: margins.marginTop,
        y2: svg.viewBox.baseVal.height - 30, visibility: "visible" })) cursor.setAttribute(name, value);
      readout.textContent = readoutOf(spec, t);
    });
    svg.addEventListener("pointerleave", () => {
      cursor.setAttribute("visibility", "hidden");
      readout.replaceChildren(dakhla.both(WORDS.hint));
    });
  }

  // ------------------------------------------------------------------ the table
  function columnsOf(spec) {
    const columns = [];
    for (const layer of spec.layers) {
      const unit = layer.unit ?? (layer.axis === "right" ? spec.right_unit : spec.unit);
      const add = (cell, more) => columns.push({ layer, unit, more, cell });
      if (layer.kind === "band") {
        add((t) => numberInBoth(layer.low[t]), WORDS.low);
        add((t) => numberInBoth(layer.high[t]), WORDS.high);
      } else if (layer.kind === "shade") {
        add((t) => (isInside(spec, layer, t) ? WORDS.yes : null), null);
      } else add((t) => (layer.kind === "strip" && !layer.values[t] ? null : numberInBoth(layer.values[t])), null);
    }
    return columns;
  }
  function tableOf(spec) {
    const columns = columnsOf(spec);
    const heads = ["utc", "site"].map((name) => element("th", { scope: "col" }, dakhla.both(WORDS[name])));
    for (const { layer, unit, more } of columns) {
      const head = element("th", { scope: "col" }, dakhla.both(layer.label));
      if (more) head.append(", ", dakhla.both(more));
      if (layer.is_old) head.append(" (", dakhla.both(WORDS.before), ")");
      if (unit && layer.kind !== "shade") head.append(` [${unit}]`);
      heads.push(head);
    }
    const body = element("tbody");
    spec.begin_h.forEach((_, t) => {
      const row = element("tr", {}, element("th", { scope: "row" }, spec.times.utc[t]),
        element("td", {}, spec.times.site[t]));
      for (const { cell } of columns) {
        const text = cell(t), made = element("td", { class: "number" });
        if (text) made.append(text.en === text.fr ? text.en : dakhla.both(text));
        row.append(made);
      }
      body.append(row);
    });
    const caption = element("caption", {}, dakhla.both(spec.title));
    return element("table", {}, caption, element("thead", {}, element("tr", {}, ...heads)), body);
  }
  function detailsOf(spec) {
    const details = element("details", { class: "chart-table" });
    const summary = element("summary", {}, dakhla.both(WORDS.table));
    summary.append(element("span", { class: "visually-hidden" }, ": ", dakhla.both(spec.title)));
    details.append(summary);
    details.addEventListener("toggle", () => {
      if (!details.open || details.querySelector("table")) return;
      const region = element("div", { class: "wide", tabindex: "0", role: "region",
        "aria-label": dakhla.words(spec.title) });
      region.append(tableOf(spec)); // thousands of cells: only for who asks
      details.append(region);
    });
    return details;
  }

  // ------------------------------------------------------------------ the figure
  const watcher = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (!target.isConnected) watcher.unobserve(target);
      else draw(target.closest("figure"));
    }
  });
  function draw(figure, isForced = false) {
    const again = drawings.get(figure);
    if (again) again(isForced);
  }
  const drawAll = () => document.querySelectorAll("figure.chart").forEach((figure) => draw(figure, true));

  dakhla.chart = (spec) => {
    const figure = element("figure", { class: "chart", id: spec.id });
    const caption = element("figcaption", {}, element("span", { class: "title" }, dakhla.both(spec.title)));
    if (spec.note) caption.append(element("span", { class: "note" }, dakhla.both(spec.note)));
    const place = element("div", { class: "drawing" });
    const readout = element("p", { class: "readout", "aria-hidden": "true" }, dakhla.both(WORDS.hint));
    figure.append(caption, keysOf(spec), place, readout, detailsOf(spec));
    let drawnWidth = 0;
    drawings.set(figure, (isForced) => {
      const width = isPrinting ? PRINT_WIDTH : Math.floor(place.clientWidth);
      if (width < 50 || (!isForced && width === drawnWidth)) return;
      drawnWidth = width;
      const { svg, patterns, margins } = plotOf(spec, width);
      svg.setAttribute("role", "img");
      svg.querySelectorAll("[aria-label]").forEach((part) => part.removeAttribute("aria-label"));
      if (patterns.length) {
        const defs = drawn("defs");
        defs.append(...patterns);
        svg.prepend(defs);
      }
      follow(figure, spec, svg, margins);
      place.replaceChildren(svg);
    });
    watcher.observe(place);
    return figure;
  };
  dakhla.setView = (name) => {
    view = name;
    drawAll();
    document.dispatchEvent(new CustomEvent("dakhla:view", { detail: name }));
  };
  dakhla.view = () => view;

  document.addEventListener("dakhla:language", () => {
    drawAll();
    document.querySelectorAll("figure.chart .wide").forEach((region) =>
      region.setAttribute("aria-label", region.querySelector(`caption .${dakhla.language()}`).textContent));
  });
  const printing = (is) => { isPrinting = is; drawAll(); };
  window.addEventListener("beforeprint", () => printing(true));
  window.addEventListener("afterprint", () => printing(false));
})();
