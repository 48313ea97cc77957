"use strict";
// The page's one interactive chart: which figure, which series, which cells; zoom and hover.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const chart = at("chart"), tip = at("tip"), tileTip = at("tile-tip");
  const cellOf = new Map(data.cells.map((cell) => [cell.number, cell]));
  const DASHES = [
    { pattern: [], style: "solid" },
    { pattern: [2, 3], style: "dotted" },
    { pattern: [9, 3, 2, 3], style: "dashed" },
  ];
  // Of several figures the last is solid: it is the one shown at first.
  const dash = (i) => DASHES[(state.family.columns.length - 1 - i) % DASHES.length];

  // What is shown.
  const state = {
    family: data.families[0],
    log: data.log_epochs,
    columns: new Set(),
    cells: new Set(data.shown),
    theory: true,
    bands: data.cells.length === 1,
    singles: data.cells.length === 1,
  };
  let plot = null;

  const color = (paint) => paint.startsWith("#")
    ? paint : getComputedStyle(document.documentElement).getPropertyValue("--" + paint).trim();
  const translucent = (paint, alpha) => color(paint) + Math.round(alpha * 255).toString(16).padStart(2, "0");
  const number = (x) => {
    if (x == null) return "–";
    const size = Math.abs(x);
    const text = x === 0 || (size >= 1e-3 && size < 1e6)
      ? x.toLocaleString("en-US", { maximumSignificantDigits: 4 }) : x.toExponential(2);
    return text.replace("-", "−");
  };
  const selected = () => data.cells.filter((cell) => state.cells.has(cell.number));

  // The series to be drawn: of one cell, a colour a figure; of several, a colour a cell and a
  // dash a figure.
  function series() {
    const cells = selected();
    const alone = cells.length === 1;
    const found = [];
    for (const cell of cells) {
      const paint = (column) => (alone ? column.paint : cell.paint);
      state.family.columns.forEach((column, i) => {
        const curve = cell.curves[column.name];
        if (!curve || !state.columns.has(column.name)) return;
        const label = [data.cells.length > 1 ? cell.name : "", column.words].filter(Boolean).join(": ");
        if (state.bands) {
          for (const [low, high] of [["q05", "q95"], ["q25", "q75"]]) {
            if (!curve[high]) continue;
            found.push({ cell, values: curve[high], edge: true });
            found.push({ cell, values: curve[low], edge: true, fill: translucent(paint(column), 0.16) });
          }
        }
        if (state.singles) {
          for (const single of cell.singles ?? []) {
            found.push({ cell, values: single[column.name], thin: true, paint: paint(column) });
          }
        }
        found.push({ cell, label, values: curve.q50, paint: paint(column), dash: alone ? [] : dash(i).pattern });
      });
      if (state.theory && state.family.name === "accuracy" && cell.theory) {
        const label = (data.cells.length > 1 ? cell.name + ": " : "") + "theory";
        found.push({ cell, label, values: cell.theory, paint: alone ? "ink" : cell.paint, dash: [5, 4], theory: true });
      }
    }
    return found;
  }

  // One table of all series: cells are not all evaluated at the same epochs.
  function table(found) {
    const positive = state.family.log;
    const clean = (values) => values.map((y) => (y == null || (positive && y <= 0) ? null : y));
    const tables = found.map((one) => [one.cell.epochs, clean(one.values)]);
    return tables.length ? uPlot.join(tables) : [[1], [null]];
  }

  // A logarithmic range with a little room, not out to the next powers of ten.
  const around = (u, low, high) => (low > 0 ? [low / 1.15, high * 1.15] : [0.1, 1]);

  function draw() {
    const found = series();
    const ink = color("ink"), faint = color("faint");
    const axis = (label) => ({
      label, stroke: ink, labelSize: 24, size: label === "epoch" ? 38 : 66,
      font: "12px Arimo, Arial, sans-serif", labelFont: "13px Arimo, Arial, sans-serif",
      grid: { stroke: faint, width: 1 }, ticks: { stroke: ink, width: 1, size: 5 },
    });
    const few = (u, splits) => splits.map((x) => {
      if (x == null) return null;
      const digit = x / 10 ** Math.floor(Math.log10(x) + 1e-9);
      return Math.abs(digit - 1) < 1e-6 ? number(x) : null;
    });
    const options = {
      width: chart.clientWidth, height: 420,
      legend: { show: false },
      cursor: { drag: { x: true, y: false }, points: { size: 6 } },
      scales: {
        x: { time: false, distr: state.log ? 3 : 1, range: (u, low, high) => [low, high] },
        y: { distr: state.family.log ? 3 : 1, range: state.family.log ? around : null },
      },
      axes: [
        { ...axis("epoch"), ...(state.log ? { values: few } : { values: (u, xs) => xs.map(number) }) },
        { ...axis(state.family.label), ...(state.family.log ? { values: few } : { values: (u, ys) => ys.map(number) }) },
      ],
      series: [{}].concat(found.map((one) => ({
        label: one.label ?? "",
        stroke: one.edge ? "transparent" : one.thin ? translucent(one.paint, 0.4) : color(one.paint),
        width: one.edge ? 0 : one.thin ? 0.6 : one.theory ? 1.5 : 2,
        dash: one.dash, points: { show: false }, spanGaps: true,
      }))),
      bands: found.flatMap((one, i) => (one.fill ? [{ series: [i, i + 1], fill: one.fill }] : [])),
      hooks: { setCursor: [(u) => hover(u, found)], draw: [(u) => milestones(u)] },
    };
    plot?.destroy();
    if (found.length === 0) options.series.push({});
    plot = new uPlot(options, table(found), chart);
    plot.over.addEventListener("mouseleave", () => (tip.style.display = "none"));
  }

  // T_mem and T_gen of a cell alone, with their intervals.
  function milestones(u) {
    const cells = selected();
    if (cells.length !== 1) return;
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.font = `${12 * devicePixelRatio}px Arimo, Arial, sans-serif`;
    for (const [name, time] of [["T_mem", cells[0].t_mem], ["T_gen", cells[0].t_gen]]) {
      if (!time) continue;
      const x = (epoch) => u.valToPos(epoch, "x", true);
      if (time.low != null && time.high != null) {
        ctx.fillStyle = translucent("muted", 0.18);
        ctx.fillRect(x(time.low), bbox.top, x(time.high) - x(time.low), bbox.height);
      }
      ctx.strokeStyle = ctx.fillStyle = color("muted");
      ctx.lineWidth = devicePixelRatio;
      ctx.beginPath();
      ctx.moveTo(x(time.median), bbox.top);
      ctx.lineTo(x(time.median), bbox.top + bbox.height);
      ctx.stroke();
      const words = `${name} ${number(time.median)}`;
      const before = x(time.median) + 120 * devicePixelRatio > bbox.left + bbox.width;
      ctx.textAlign = before ? "right" : "left";
      ctx.fillText(words, x(time.median) + (before ? -5 : 5) * devicePixelRatio, bbox.top + bbox.height - 8 * devicePixelRatio);
    }
    ctx.restore();
  }

  function hover(u, found) {
    const { idx, left, top } = u.cursor;
    if (idx == null || left < 0) {
      tip.style.display = "none";
      return;
    }
    const rows = found.flatMap((one, i) => {
      const y = u.data[i + 1]?.[idx];
      return one.label && y != null ? [{ one, y }] : [];
    });
    const shown = rows.slice(0, 14);
    const body = shown.map(({ one, y }) => {
      const line = `<i style="border-color:${color(one.paint)}"></i>`;
      return `<tr><td>${line}${escaped(one.label)}</td><td>${number(y)}</td></tr>`;
    });
    const rest = rows.length - shown.length;
    tip.innerHTML = `<b>epoch ${number(u.data[0][idx])}</b><table>${body.join("")}</table>` +
      (rest > 0 ? `and ${rest} more` : "");
    tip.style.display = rows.length ? "block" : "none";
    const x = u.over.offsetLeft + left, wide = tip.offsetWidth;
    tip.style.left = (x + wide + 24 > chart.clientWidth ? x - wide - 14 : x + 14) + "px";
    tip.style.top = Math.max(0, Math.min(u.over.offsetTop + top + 14, 420 - tip.offsetHeight)) + "px";
  }

  const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

  function button(into, text, pressed, click, line) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.setAttribute("aria-pressed", pressed);
    if (line) {
      made.className = "chip";
      made.style.setProperty("--line", line.paint.startsWith("#") ? line.paint : `var(--${line.paint})`);
      made.style.setProperty("--dash", line.dash ?? "solid");
    }
    made.addEventListener("click", click);
    into.append(made);
    return made;
  }

  function toggle(set, value) {
    set.has(value) ? set.delete(value) : set.add(value);
    update();
  }

  // Columns shown at first: all of one cell; of several, the last: accuracy or loss on unseen data.
  function begin(family) {
    state.family = family;
    const names = family.columns.map((column) => column.name);
    state.columns = new Set(data.cells.length === 1 ? names : names.slice(-1));
  }

  function update() {
    const alone = state.cells.size === 1;
    const families = at("families"), columns = at("columns"), cells = at("cells");
    families.replaceChildren();
    for (const family of data.families) {
      button(families, family.short, family === state.family, () => { begin(family); update(); });
    }
    columns.replaceChildren();
    state.family.columns.forEach((column, i) => {
      const line = alone ? { paint: column.paint } : { paint: "ink", dash: dash(i).style };
      button(columns, column.words, state.columns.has(column.name), () => toggle(state.columns, column.name), line);
    });
    const flag = (name, words) => button(columns, words, state[name], () => { state[name] = !state[name]; update(); });
    if (state.family.name === "accuracy" && data.cells.some((cell) => cell.theory)) flag("theory", "theory");
    if (data.has_bands) flag("bands", "bands");
    if (data.has_singles) flag("singles", "single seeds");
    flag("log", "log epochs");
    if (data.cells.length > 1) {
      cells.replaceChildren();
      const all = data.cells.length <= 24 ? data.cells : selected();
      for (const cell of all) {
        button(cells, cell.name, state.cells.has(cell.number), () => toggle(state.cells, cell.number), { paint: cell.paint });
      }
      button(cells, "none", false, () => { state.cells.clear(); update(); });
      button(cells, "first choice", false, () => { state.cells = new Set(data.shown); update(); });
    }
    for (const marked of document.querySelectorAll("[data-cell]")) {
      marked.classList.toggle("on", data.cells.length > 1 && state.cells.has(+marked.dataset.cell));
    }
    draw();
  }

  // Tiles and rows stand for cells.
  for (const marked of document.querySelectorAll("[data-cell]")) {
    const cell = cellOf.get(+marked.dataset.cell);
    if (!cell) continue;
    marked.addEventListener("click", () => toggle(state.cells, cell.number));
    if (marked.tagName !== "rect") continue;
    marked.addEventListener("mousemove", (event) => {
      tileTip.innerHTML = `<b>${escaped(cell.name)}</b><br>${escaped(cell.words)}`;
      tileTip.style.display = "block";
      tileTip.style.left = Math.min(event.pageX + 14, innerWidth - tileTip.offsetWidth - 24) + "px";
      tileTip.style.top = event.pageY + 14 + "px";
    });
    marked.addEventListener("mouseleave", () => (tileTip.style.display = "none"));
  }

  at("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    draw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  addEventListener("resize", () => plot?.setSize({ width: chart.clientWidth, height: 420 }));
  at("copy").addEventListener("click", async () => {
    const command = at("command");
    try {
      await navigator.clipboard.writeText(command.textContent);
      at("copy").textContent = "copied";
    } catch {
      getSelection().selectAllChildren(command);
    }
  });

  begin(data.families[0]);
  update();
})();
