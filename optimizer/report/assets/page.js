"use strict";
// What the page does beside its charts: draws those it was given, changes language and view.
(() => {
  const dakhla = window.dakhla;
  dakhla.data = (id) => {
    const block = document.getElementById(id);
    return block === null ? null : JSON.parse(block.textContent);
  };

  const charts = dakhla.data("charts");
  dakhla.axis = charts === null ? null : charts.axis; // steps, times and ticks that charts share
  const specs = charts === null ? [] : charts.specs || charts; // or a list, each with its own
  for (const spec of specs) {
    const place = document.getElementById(`place-${spec.id}`);
    if (place !== null) place.replaceWith(dakhla.chart({ ...dakhla.axis, ...spec }));
  }

  const titles = dakhla.data("title");
  const language = document.getElementById("language");
  const showLanguage = () => {
    document.title = dakhla.words(titles);
    document.querySelectorAll("[data-label-en]").forEach((part) =>
      part.setAttribute("aria-label", part.dataset[dakhla.language() === "fr" ? "labelFr" : "labelEn"]));
  };
  language.addEventListener("click", () => dakhla.setLanguage(dakhla.language() === "fr" ? "en" : "fr"));
  document.addEventListener("dakhla:language", showLanguage);
  showLanguage();

  const views = [...document.querySelectorAll("button[data-view]")];
  const showView = () => views.forEach((button) =>
    button.setAttribute("aria-pressed", String(button.dataset.view === dakhla.view())));
  views.forEach((button) => button.addEventListener("click", () => dakhla.setView(button.dataset.view)));
  document.addEventListener("dakhla:view", showView);

  const closed = [];
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details:not(.chart-table):not([open])").forEach((details) => {
      closed.push(details);
      details.open = true;
    });
  });
  window.addEventListener("afterprint", () => {
    closed.splice(0).forEach((details) => { details.open = false; });
  });
})();
