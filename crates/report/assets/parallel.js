// Parallel coordinates of a grid of three keys or more: a line a cell, across the keys and what came out. Dragging along
// an axis keeps the cells that pass there, in the table and in the chart.
if (page.data.axes.length >= 3) {
  const { data, at, cellOf, state, change, number, color } = page;
  const picture = at("parallel");
  at("parallels").hidden = false;
  const NAMESPACE = "http://www.w3.org/2000/svg";
  const [TOP, TALL] = [44, 260];
  // Cells that the chart shows of those that pass.
  const MOST = 6;

  function element(into, name, attributes, words) {
    const made = document.createElementNS(NAMESPACE, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (words != null) made.textContent = words;
    into.append(made);
    return made;
  }

  // Axes: a title, ticks at heights from 0 to 1, and the height of a cell. A cell without a time is at the top.
  const times = data.cells.flatMap((cell) => (cell.t_gen ? [Math.log(cell.t_gen[0])] : []));
  const [least, most] = [Math.min(...times), Math.max(...times)];
  const timely = (log) => (most > least ? (0.88 * (log - least)) / (most - least) : 0.44);
  const even = (i, n) => (n > 1 ? i / (n - 1) : 0.5);
  const share = (cell) => cell.counts[0] / cell.counts.reduce((sum, runs) => sum + runs, 0);
  const axes = data.axes.map((axis, k) => ({
    title: axis.title,
    ticks: axis.values.map((value, i) => [even(i, axis.values.length), value]),
    height: (cell) => even(cell.place[k], axis.values.length),
  }));
  axes.push({ title: "share grokked", ticks: [0, 0.5, 1].map((x) => [x, number(x)]), height: share });
  axes.push({
    title: "median T_gen",
    ticks: [...(times.length ? [...new Set([least, (least + most) / 2, most])].map((log) => [timely(log), number(Math.exp(log), 3)]) : []), [1, "none"]],
    height: (cell) => (cell.t_gen ? timely(Math.log(cell.t_gen[0])) : 1),
  });
  const heights = new Map(data.cells.map((cell) => [cell, axes.map((axis) => axis.height(cell))]));
  page.heights = (cell) => heights.get(cell);

  const wide = Math.max(110 * axes.length, Math.min(picture.parentElement.clientWidth, 1080));
  const x = (k) => 70 + (k * (wide - 150)) / (axes.length - 1), y = (height) => TOP + TALL * (1 - height);
  picture.setAttribute("viewBox", `0 0 ${wide} ${TOP + TALL + 22}`);
  picture.style.minWidth = 110 * axes.length + "px";
  const lines = element(picture, "g", { fill: "none", "stroke-width": Math.max(0.6, 2.2 - data.cells.length / 400) });
  const lineOf = new Map(data.cells.map((cell) => {
    const points = heights.get(cell).map((height, k) => `${x(k).toFixed(1)},${y(height).toFixed(1)}`);
    const line = element(lines, "polyline", { points: points.join(" "), "data-line": cell.number });
    element(line, "title", {}, cell.name);
    return [cell, line];
  }));
  const brushes = axes.map((axis, k) => {
    element(picture, "line", { x1: x(k), x2: x(k), y1: y(1), y2: y(0), class: "axis" });
    element(picture, "text", { x: x(k), y: 20, "text-anchor": "middle", class: "title" }, axis.title);
    const every = Math.ceil(axis.ticks.length / 12);
    for (const [height, label] of axis.ticks.filter((tick, i) => i % every === 0)) {
      element(picture, "text", { x: x(k) + 7, y: y(height) + 4 }, label);
    }
    const brush = element(picture, "rect", { x: x(k) - 6, width: 12, class: "brush" });
    const grip = element(picture, "rect", {
      x: x(k) - 18, width: 36, y: TOP - 8, height: TALL + 16, class: "grip", tabindex: 0, "data-axis": k, role: "slider",
      "aria-label": `keep cells by ${axis.title}`, "aria-valuetext": "all",
    });
    drag(grip, axis, k);
    return { brush, grip };
  });

  const chosen = () => {
    const passing = data.cells.filter((cell) => cell.curves && page.passes(cell));
    const step = Math.max(1, passing.length / MOST);
    return Array.from({ length: Math.min(MOST, passing.length) }, (_, i) => passing[Math.floor(i * step)].number);
  };
  function keep(k, range) {
    const { [k]: _, ...others } = state.brushes;
    state.brushes = range ? { ...others, [k]: range } : others;
  }
  const settle = () => change({ cells: Object.keys(state.brushes).length ? chosen() : data.shown });

  function drag(grip, axis, k) {
    let from = null;
    const height = (event) => {
      const box = picture.getBoundingClientRect();
      const at = ((event.clientY - box.top) / box.height) * (TOP + TALL + 22);
      return Math.max(0, Math.min(1, 1 - (at - TOP) / TALL));
    };
    grip.addEventListener("pointerdown", (event) => {
      from = height(event);
      grip.setPointerCapture(event.pointerId);
    });
    grip.addEventListener("pointermove", (event) => {
      if (from == null) return;
      const to = height(event);
      // A little room, for the ends of the axis and for single values.
      keep(k, [Math.min(from, to) - 0.01, Math.max(from, to) + 0.01]);
      show();
    });
    grip.addEventListener("pointerup", (event) => {
      // A click without a drag takes the brush away.
      if (Math.abs(height(event) - from) < 0.015) keep(k, null);
      from = null;
      settle();
    });
    // Arrows go from one tick to the next; Escape keeps all.
    grip.addEventListener("keydown", (event) => {
      const way = { ArrowUp: 1, ArrowDown: -1, Escape: 0 }[event.key];
      if (way == null) return;
      event.preventDefault();
      const [low, high] = state.brushes[k] ?? [way > 0 ? -1 : 2, way > 0 ? -1 : 2];
      const middle = (low + high) / 2;
      const next = axis.ticks.map(([height]) => height).filter((height) => way * (height - middle) > 1e-9);
      const nearest = way > 0 ? Math.min(...next) : Math.max(...next);
      if (way && !next.length) return;
      keep(k, way ? [nearest - 0.01, nearest + 0.01] : null);
      settle();
    });
  }

  const shade = (cell) => {
    if (state.shades === "phase") return data.phases[cell.phase][1];
    if (!cell.t_gen) return "grey";
    return data.ramp[Math.round((timely(Math.log(cell.t_gen[0])) / 0.88) * (data.ramp.length - 1))];
  };
  function show() {
    for (const [cell, line] of lineOf) {
      const passes = page.passes(cell), on = state.cells.includes(cell.number);
      line.setAttribute("stroke", passes ? color(shade(cell)) : color("faint"));
      line.setAttribute("class", passes ? (on ? "on" : "in") : "out");
    }
    brushes.forEach(({ brush, grip }, k) => {
      const range = state.brushes[k];
      brush.style.display = range ? "" : "none";
      grip.setAttribute("aria-valuetext", range ? axes[k].ticks.filter(([height]) => range[0] <= height && height <= range[1]).map(([, label]) => label).join(", ") : "all");
      if (!range) return;
      const [low, high] = range.map((height) => Math.max(-0.02, Math.min(1.02, height)));
      brush.setAttribute("y", y(high));
      brush.setAttribute("height", Math.max(3, y(low) - y(high)));
    });
    for (const button of at("shades").children) button.setAttribute("aria-pressed", button.dataset.by === state.shades);
  }
  for (const by of ["T_gen", "phase"]) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.by = by;
    button.textContent = `colour: ${by}`;
    button.addEventListener("click", () => change({ shades: by }));
    at("shades").append(button);
  }
  page.parts.push(show);
}
