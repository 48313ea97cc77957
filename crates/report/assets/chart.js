// The interactive chart: which figure, which series, which cells; zoom, thresholds, times and values.
{
  const { data, at, cellOf, state, color, number, escaped, change, toggled } = page;
  const chart = at("chart"), tip = at("tip");
  const FONT = "Arimo, Arial, sans-serif";
  const DASHES = [
    { pattern: [], style: "solid" },
    { pattern: [2, 3], style: "dotted" },
    { pattern: [9, 3, 2, 3], style: "dashed" },
  ];
  // Of several figures the last is solid: it is the one shown at first.
  const dash = (i) => DASHES[(page.family().columns.length - 1 - i) % DASHES.length];
  // Curves of a cell are in the order of all families' columns.
  data.families.flatMap((family) => family.columns).forEach((column, i) => (column.place = i));
  let plot = null;
  // The labels in sight of both axes.
  page.labels = [[], []];

  const translucent = (paint, alpha) => color(paint) + Math.round(alpha * 255).toString(16).padStart(2, "0");
  const selected = () => data.cells.filter((cell) => state.cells.includes(cell.number));
  const height = () => (innerWidth < 600 ? 320 : 420);

  // The series to be drawn: of one cell, a colour a figure; of several, a colour a cell and a
  // dash a figure.
  function series() {
    const cells = selected(), alone = cells.length === 1, family = page.family();
    const found = [];
    for (const cell of cells) {
      const paint = (column) => (alone ? column.paint : page.paint(cell));
      const name = (words) => [data.cells.length > 1 ? cell.name : "", words].filter(Boolean).join(": ");
      family.columns.forEach((column, i) => {
        const curve = cell.curves?.[column.place];
        if (!curve || !state.columns.includes(column.name)) return;
        const quantile = (which) => page.values(cell, curve, which);
        if (state.bands) {
          for (let low = curve[1].length - 2; low > 0; low -= 2) {
            found.push({ cell, values: quantile(low + 1), edge: true });
            found.push({ cell, values: quantile(low), edge: true, fill: translucent(paint(column), 0.16) });
          }
        }
        if (state.singles) {
          for (const single of cell.singles ?? []) {
            if (single[column.place]) found.push({ cell, values: page.values(cell, single[column.place]), thin: true, paint: paint(column) });
          }
        }
        found.push({ cell, label: name(column.words), values: quantile(0), paint: paint(column), dash: alone ? [] : dash(i).pattern });
      });
      if (state.theory && family.name === "accuracy" && cell.theory) {
        found.push({ cell, label: name("theory"), values: page.values(cell, cell.theory), paint: alone ? "ink" : page.paint(cell), dash: [5, 4], theory: true });
      }
    }
    return found;
  }

  // One table of all series: cells are not all evaluated at the same epochs.
  function table(found) {
    const tables = found.map((one) => [page.epochs(one.cell), one.values]);
    return tables.length ? uPlot.join(tables) : [[1], [null]];
  }

  const thresholds = () => page.family().thresholds.filter((threshold) => state.columns.includes(threshold.column));

  // Ticks from `low` to `high`, at least `gap` px apart on an axis of `length` px. On a log axis these are powers of
  // ten and their multiples; where fewer than three of them are in sight, even steps.
  function ticks(low, high, log, length, gap) {
    if (log && low > 0) {
      const decade = length / Math.log10(high / low);
      const kinds = [[[1, 2, 3, 4, 5, 6, 7, 8, 9], 0.0457], [[1, 2, 5], 0.301], [[1], 1]];
      const digits = (kinds.find(([, least]) => least * decade >= gap) ?? kinds[2])[0];
      const every = digits.length > 1 ? 1 : Math.max(1, Math.ceil(gap / decade));
      const found = [];
      for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
        if (power % every) continue;
        for (const digit of digits) found.push(Number(`${digit}e${power}`));
      }
      const seen = found.filter((x) => low <= x && x <= high);
      if (seen.length >= 3) return seen;
    }
    const rough = ((high - low) * gap) / length, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((digit) => digit * power).find((step) => step >= rough) ?? rough;
    const found = [];
    for (let i = Math.ceil(low / step); i * step <= high && found.length < 100; i++) found.push(Number((i * step).toPrecision(12)));
    return found;
  }
  // Neighbours differ in their last digits, so these are shown.
  function labels(values) {
    const step = Math.min(...values.slice(1).map((x, i) => x - values[i]));
    return values.map((x) => {
      const digits = Number.isFinite(step) && x ? Math.floor(Math.log10(Math.abs(x))) - Math.floor(Math.log10(step)) + 1 : 4;
      return number(x, Math.min(15, Math.max(4, digits)));
    });
  }

  function draw() {
    const found = series(), family = page.family(), rows = table(found);
    const ink = color("ink"), faint = color("faint");
    const [first, last] = [rows[0][0], rows[0].at(-1)];
    const zoomed = (u) => u.scales.x.min > first || u.scales.x.max < last;
    const axis = (label, log, gap) => ({
      label, stroke: ink, labelSize: 24, size: label === data.words.axis ? 38 : 62,
      font: `12px ${FONT}`, labelFont: `13px ${FONT}`,
      grid: { stroke: faint, width: 1 }, ticks: { stroke: ink, width: 1, size: 5 },
      splits: (u, i, low, high) => ticks(low, high, log, (i ? u.bbox.height : u.bbox.width) / devicePixelRatio, gap),
      filter: (u, splits) => splits,
      values: (u, splits, i) => (page.labels[i] = labels(splits)),
    });
    // All of the curves, and the thresholds too; of a part, what is seen there.
    const range = (u, low, high) => {
      if (low == null) return [u.scales.y.min ?? 0.1, u.scales.y.max ?? 1];
      const levels = zoomed(u) ? [] : thresholds().map((threshold) => threshold.value);
      [low, high] = [Math.min(low, ...levels), Math.max(high, ...levels)];
      if (family.log) return low > 0 ? [low / 1.15, high * 1.15] : [0.1, 1];
      const room = 0.05 * (high - low || Math.abs(high) || 1);
      return [low - room, high + room];
    };
    const options = {
      width: chart.clientWidth, height: height(),
      legend: { show: false },
      cursor: { drag: { x: true, y: false }, points: { size: 6 } },
      scales: {
        x: { time: false, distr: state.log ? 3 : 1, range: (u, low, high) => [low, high] },
        y: { distr: family.log ? 3 : 1, range },
      },
      axes: [axis(data.words.axis, state.log, 64), axis(family.label, family.log, 30)],
      series: [{}].concat(found.map((one) => ({
        label: one.label ?? "",
        stroke: one.edge ? "transparent" : one.thin ? translucent(one.paint, 0.4) : color(one.paint),
        width: one.edge ? 0 : one.thin ? 0.6 : one.theory ? 1.5 : 2,
        dash: one.dash, points: { show: false }, spanGaps: true,
      }))),
      bands: found.flatMap((one, i) => (one.fill ? [{ series: [i, i + 1], fill: one.fill }] : [])),
      hooks: {
        setCursor: [(u) => hover(u, found)],
        draw: [(u) => annotate(u, found)],
        setScale: [(u, key) => {
          if (key !== "x" || u !== plot) return;
          state.zoom = zoomed(u) ? [u.scales.x.min, u.scales.x.max] : [];
          change({});
        }],
      },
    };
    plot?.destroy();
    plot = null;
    if (found.length === 0) options.series.push({});
    const made = new uPlot(options, rows, chart);
    const [low, high] = state.zoom;
    if (found.length && low < high && low < last && high > first) made.setScale("x", { min: low, max: high });
    plot = made;
    plot.over.addEventListener("mouseleave", () => (tip.style.display = "none"));
    fingers(plot, first, last);
  }

  // One finger reads values, two zoom; up and down the page scrolls.
  function fingers(u, first, last) {
    const down = new Map();
    const left = (event) => event.clientX - u.over.getBoundingClientRect().left;
    const [to, from] = state.log ? [Math.log, Math.exp] : [(x) => x, (x) => x];
    let held = [];
    u.over.style.touchAction = "pan-y";
    u.over.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "touch") return;
      down.set(event.pointerId, left(event));
      held = [...down.values()].map((x) => to(u.posToVal(x, "x")));
    });
    u.over.addEventListener("pointermove", (event) => {
      if (!down.has(event.pointerId)) return;
      down.set(event.pointerId, left(event));
      const [a, b] = [...down.values()];
      if (b == null) {
        u.setCursor({ left: a, top: event.clientY - u.over.getBoundingClientRect().top });
        return;
      }
      const slope = (held[1] - held[0]) / (b - a || 1);
      const min = Math.max(first, from(held[0] - slope * a));
      const max = Math.min(last, from(held[0] + slope * (u.over.clientWidth - a)));
      if (min < max) u.setScale("x", { min, max });
    });
    for (const end of ["pointerup", "pointercancel"]) u.over.addEventListener(end, (event) => down.delete(event.pointerId));
  }

  // Thresholds; and T_mem and T_gen of a cell alone, with their intervals. A label goes above those it would cover.
  function annotate(u, found) {
    const { ctx, bbox } = u, ratio = devicePixelRatio, taken = [];
    const [right, bottom] = [bbox.left + bbox.width, bbox.top + bbox.height];
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.font = `${12 * ratio}px ${FONT}`;
    ctx.lineWidth = ratio;
    ctx.textAlign = "left";
    ctx.textBaseline = "bottom";
    const line = (x0, y0, x1, y1, pattern) => {
      ctx.setLineDash(pattern.map((length) => length * ratio));
      ctx.beginPath();
      ctx.moveTo(x0, y0);
      ctx.lineTo(x1, y1);
      ctx.stroke();
    };
    const write = (words, x, y) => {
      const wide = ctx.measureText(words).width, tall = 15 * ratio, gap = 5 * ratio;
      // To the right of its place, or to the left where there is no room.
      x = x + gap + wide < right ? x + gap : x - gap - wide;
      const covers = (other) => x < other.x + other.wide && other.x < x + wide && Math.abs(y - other.y) < tall;
      for (let other; (other = taken.find(covers)); ) y = other.y - tall;
      taken.push({ x, y, wide });
      ctx.save();
      ctx.setLineDash([]);
      ctx.strokeStyle = color("paper");
      ctx.lineWidth = 4 * ratio;
      ctx.strokeText(words, x, y);
      ctx.restore();
      ctx.fillText(words, x, y);
    };
    const cells = selected();
    for (const { value, words, column } of thresholds()) {
      const y = u.valToPos(value, "y", true);
      if (!(y >= bbox.top && y <= bottom)) continue;
      const paint = page.family().columns.find((other) => other.name === column)?.paint;
      ctx.strokeStyle = ctx.fillStyle = color(cells.length === 1 && paint ? paint : "muted");
      line(bbox.left, y, right, y, [2, 4]);
      write(words, bbox.left, y - 2 * ratio);
    }
    for (const [name, time] of cells.length === 1 ? [["T_mem", cells[0].t_mem], ["T_gen", cells[0].t_gen]] : []) {
      if (!time) continue;
      const [median, low, high] = time;
      const x = (epoch) => u.valToPos(epoch, "x", true);
      if (low != null && high != null) {
        ctx.fillStyle = translucent("muted", 0.18);
        ctx.fillRect(x(low), bbox.top, x(high) - x(low), bbox.height);
      }
      ctx.strokeStyle = ctx.fillStyle = color("muted");
      line(x(median), bbox.top, x(median), bottom, []);
      if (x(median) >= bbox.left && x(median) <= right) write(`${name} ${number(median)}`, x(median), bottom - 5 * ratio);
    }
    ctx.restore();
    // What is written on the chart, for readers who do not see it.
    const names = found.map((one) => one.label).filter(Boolean);
    chart.setAttribute("aria-label", `${page.family().label} against ${data.words.time}: ${names.join(", ")}`);
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
    tip.innerHTML = `<b>${escaped(data.words.time)} ${number(u.data[0][idx], 9)}</b><table>${body.join("")}</table>` +
      (rest > 0 ? `and ${rest} more` : "");
    tip.style.display = rows.length ? "block" : "none";
    const x = u.over.offsetLeft + left, wide = tip.offsetWidth;
    const beside = x + wide + 24 > chart.clientWidth ? x - wide - 14 : x + 14;
    tip.style.left = Math.max(0, beside) + "px";
    tip.style.top = Math.max(0, Math.min(u.over.offsetTop + top + 14, height() - tip.offsetHeight)) + "px";
  }

  function button(into, text, pressed, click, line) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    if (pressed != null) made.setAttribute("aria-pressed", pressed);
    if (line) {
      made.className = "chip";
      made.style.setProperty("--line", line.paint.startsWith("#") ? line.paint : `var(--${line.paint})`);
      made.style.setProperty("--dash", line.dash ?? "solid");
    }
    made.addEventListener("click", click);
    into.append(made);
    return made;
  }

  // A row of buttons is made anew; the one that had the focus has it again.
  function renew(row, fill) {
    const place = [...row.children].indexOf(document.activeElement);
    row.replaceChildren();
    fill(row);
    if (place >= 0) row.children[Math.min(place, row.children.length - 1)]?.focus();
  }

  const FIGURES = ["family", "columns", "cells", "theory", "bands", "singles", "log", "theme"];
  let drawn = "";
  function update() {
    const alone = state.cells.length === 1, family = page.family();
    renew(at("families"), (row) => {
      for (const other of data.families) {
        button(row, other.short, other === family, () => change({ family: other.name, columns: page.columnsOf(other) }));
      }
    });
    renew(at("columns"), (row) => {
      family.columns.forEach((column, i) => {
        const line = alone ? { paint: column.paint } : { paint: "ink", dash: dash(i).style };
        const flip = () => change({ columns: toggled(state.columns, column.name) });
        button(row, column.words, state.columns.includes(column.name), flip, line);
      });
      const flag = (name, words) => button(row, words, state[name], () => change({ [name]: !state[name] }));
      if (family.name === "accuracy" && data.cells.some((cell) => cell.theory)) flag("theory", "theory");
      if (data.has_bands) flag("bands", "bands");
      if (data.has_singles) flag("singles", data.words.singles);
      flag("log", data.words.log);
      if (state.zoom.length) button(row, "see all", null, () => plot?.setScale("x", { min: plot.data[0][0], max: plot.data[0].at(-1) }));
    });
    if (data.cells.length > 1) {
      renew(at("cells"), (row) => {
        for (const cell of data.cells.length <= 24 ? data.cells : selected()) {
          const flip = () => change({ cells: toggled(state.cells, cell.number) });
          button(row, cell.name, state.cells.includes(cell.number), flip, { paint: page.paint(cell) });
        }
        button(row, "none", null, () => change({ cells: [] }));
        button(row, "first choice", null, () => change({ cells: data.shown }));
      });
    }
    const now = JSON.stringify(FIGURES.map((key) => state[key]));
    if (now !== drawn) {
      drawn = now;
      draw();
    }
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  addEventListener("resize", () => plot?.setSize({ width: chart.clientWidth, height: height() }));
  page.parts.push(update);
}
