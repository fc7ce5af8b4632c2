// The charts of web/charts.py, drawn so that they tell their numbers: what [data-chart] holds goes into its [data-plot].
"use strict";

(() => {
  const drawn = new Map(); // figure -> {plot, text}
  const colour = (kind) => getComputedStyle(document.documentElement).getPropertyValue({ failed: "--bad", p95: "--warn" }[kind] || "--accent").trim();
  const quiet = () => getComputedStyle(document.documentElement).getPropertyValue("--quiet").trim();
  const line = () => getComputedStyle(document.documentElement).getPropertyValue("--line").trim();
  const span = (ms) => {
    if (ms === null || ms === undefined) return "–";
    if (ms < 1000) return `${Math.round(ms)} ms`;
    const s = ms / 1000;
    for (const [size, name] of [[86400, "d"], [3600, "h"], [60, "min"]]) if (s >= size) return `${Number((s / size).toFixed(s < 10 * size ? 1 : 0))} ${name}`;
    return `${Number(s.toFixed(s < 10 ? 1 : 0))} s`;
  };
  const SPANS = [1, 2, 5, 10, 20, 50, 100, 200, 500, ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 432000, 864000].map((s) => s * 1000)];
  const count = (value) => (value === null || value === undefined ? "–" : Math.round(value).toLocaleString());

  // Twenty-four hours, as in the rest of the pages; the day stands below the first moment of it.
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }), day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
  function moments(plot, ticks, axis, space, step) {
    let last = "";
    return ticks.map((tick) => {
      const moment = new Date(tick * 1000), date = day.format(moment), fresh = date !== last;
      last = date;
      return step >= 86400 ? date : fresh ? `${clock.format(moment)}\n${date}` : clock.format(moment);
    });
  }

  // Bars stand on those before them; the legend still tells each one's own number.
  function stacked(series) {
    const below = new Array(series[0].values.length).fill(0);
    return series.map((each) => each.values.map((value, place) => (below[place] += value || 0)));
  }

  function options(figure, chart, own) {
    const told = chart.unit === "ms" ? span : count;
    const bars = chart.unit !== "ms";
    const axis = { stroke: quiet(), grid: { stroke: line(), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
    const series = own.map((each) => ({
      label: each.title,
      stroke: colour(each.kind),
      fill: bars ? colour(each.kind) : undefined,
      width: bars ? 0 : 1.8,
      paths: bars ? uPlot.paths.bars({ size: [0.8, 40] }) : undefined,
      points: { show: !bars, size: 4 },
      value: (plot, value, index, place) => (place === null ? "" : told(each.values[place])),
    }));
    return {
      width: Math.max(figure.clientWidth, 240),
      height: 210,
      cursor: { y: false },
      legend: { live: true },
      scales: { y: { range: (plot, least, most) => [0, most > 0 ? most * 1.05 : 1] } },
      axes: [{ ...axis, space: 60, size: 42, values: moments }, { ...axis, size: 56, incrs: bars ? undefined : SPANS, values: (plot, ticks) => ticks.map(told) }],
      series: [{ label: "\u00a0", value: (plot, time) => { const moment = new Date((time ?? 0) * 1000); return time === null ? "" : `${day.format(moment)}, ${clock.format(moment)}`; } }, ...series],
    };
  }

  function draw(figure) {
    const place = figure.querySelector("[data-plot]");
    if (!place) return;
    const text = figure.dataset.chart, before = drawn.get(figure);
    figure.classList.add("plotted");
    place.hidden = false;
    if (before && before.text === text && place.firstChild) return;
    if (before) before.plot.destroy();
    const chart = JSON.parse(text);
    // what stands on others is drawn first, so that they cover it
    const sums = chart.unit === "ms" ? chart.series.map((each) => each.values) : stacked(chart.series);
    const order = chart.series.map((_, index) => index);
    if (chart.unit !== "ms") order.reverse();
    const plot = new uPlot(options(figure, chart, order.map((index) => chart.series[index])), [chart.times, ...order.map((index) => sums[index])], place);
    drawn.set(figure, { plot, text });
  }

  function drawAll() {
    if (typeof uPlot === "undefined") return; // the server's drawings stay
    for (const figure of document.querySelectorAll("figure[data-chart]")) draw(figure);
  }
  function redrawAll() {
    for (const { plot } of drawn.values()) plot.destroy();
    drawn.clear();
    drawAll();
  }

  document.addEventListener("DOMContentLoaded", drawAll);
  document.addEventListener("refreshed", drawAll);
  document.addEventListener("theme", redrawAll);
  let wait = 0;
  addEventListener("resize", () => {
    clearTimeout(wait);
    wait = setTimeout(() => { for (const [figure, { plot }] of drawn) plot.setSize({ width: Math.max(figure.clientWidth, 240), height: 210 }); }, 100);
  });
})();
