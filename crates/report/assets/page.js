"use strict";
// What the parts of the page share: the data, what the reader has chosen, and how numbers are written.
const page = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const cellOf = new Map(data.cells.map((cell) => [cell.number, cell]));

  // Columns shown at first: all of one cell; of several, the one that tells generalization, or the last, which is on
  // unseen data.
  const columnsOf = (family) => {
    const names = family.columns.map((column) => column.name);
    const told = family.thresholds.find((threshold) => threshold.generalized);
    return data.cells.length === 1 ? names : told ? [told.column] : names.slice(-1);
  };
  const first = data.families[0] ?? { name: "", label: "", columns: [], thresholds: [] };
  const begin = {
    family: first.name, columns: columnsOf(first), cells: data.shown, zoom: [],
    theory: true, bands: data.cells.length === 1, singles: data.cells.length === 1, log: data.log_epochs,
    sort: [], words: "", phases: [], brushes: {}, shades: "T_gen", theme: "",
  };

  // The choices stand in the address, so that a page that is loaded again, or sent on, shows the same.
  // Only what differs from the beginning does, and only what has the right form is taken from there.
  const state = structuredClone(begin);
  const form = (value) => (Array.isArray(value) ? "list" : typeof value);
  try {
    const kept = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    for (const key of Object.keys(begin)) if (form(kept[key]) === form(begin[key])) state[key] = kept[key];
  } catch { /* No address of ours: the page begins as it is. */ }
  const family = () => data.families.find((family) => family.name === state.family) ?? first;
  // Another study's cells may be none of this one's.
  if (!state.cells.every((number) => cellOf.has(number))) state.cells = data.shown;
  const isRange = (range) => Array.isArray(range) && range.length === 2 && range.every(Number.isFinite);
  if (!isRange(state.zoom)) state.zoom = [];
  if (!isRange(state.sort)) state.sort = [];
  if (!Object.values(state.brushes).every(isRange)) state.brushes = {};
  document.documentElement.dataset.theme = state.theme;

  const parts = [];
  let writing = 0;
  function keep() {
    const changed = Object.entries(state).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(begin[key]));
    const hash = changed.length ? "#" + encodeURIComponent(JSON.stringify(Object.fromEntries(changed))) : "";
    clearTimeout(writing);
    // Browsers limit how often an address may change.
    writing = setTimeout(() => {
      if (location.hash !== hash) history.replaceState(null, "", hash || location.pathname + location.search);
    }, 200);
  }
  function change(values) {
    Object.assign(state, values);
    keep();
    for (const show of parts) show();
  }
  const toggled = (list, value) => (list.includes(value) ? list.filter((other) => other !== value) : [...list, value]);

  // Cells within the brushes: those on the axes of the grid, and on what came out.
  const passes = (cell) => Object.entries(state.brushes).every(([axis, [low, high]]) => {
    const y = page.heights?.(cell)[axis];
    return y == null || (low <= y && y <= high);
  });

  // Numbers as they are in the pictures: at most so many digits, and powers of ten outside 0.001 to a million.
  const raised = (power) => String(power).replace("-", "⁻").replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
  function number(x, digits = 4) {
    if (x == null || Number.isNaN(x)) return "–";
    if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
    const [mantissa, power] = x.toExponential(digits - 1).split("e").map(Number);
    if (x === 0 || (power >= -3 && power < 6)) {
      // All digits before the point, as the pictures have them.
      const decimals = Math.max(0, digits - 1 - power);
      return x.toLocaleString("en-US", { maximumFractionDigits: decimals }).replace("-", "−");
    }
    const factor = Math.abs(mantissa) === 1 ? "" : Math.abs(mantissa) + "×";
    return (x < 0 ? "−" : "") + factor + "10" + raised(power);
  }
  // The number that a text begins with, read back; NaN where it begins with none.
  function read(text) {
    const power = /^\s*(−?)(?:([\d.]+)×)?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/.exec(text);
    const [, sign, digits] = power ?? /^\s*(−?)([\d,.]*\d)/.exec(text) ?? [];
    if (sign == null) return NaN;
    const exponent = (power?.[3] ?? "0").replace("⁻", "-").replace(/[^-0]/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(digit));
    return Number(sign.replace("−", "-") + (digits ?? "1").replaceAll(",", "") + "e" + exponent);
  }

  // Values that are packed as crates/report/src/packed.rs says.
  const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const digitOf = new Map([...DIGITS].map((digit, value) => [digit, value]));
  function whole(text) {
    const values = [];
    let sum = 0, rest = 0, unit = 1;
    for (const letter of text) {
      if (letter === ".") {
        values.push(null);
        continue;
      }
      const digit = digitOf.get(letter);
      rest += (digit & 31) * unit;
      unit *= 32;
      if (digit & 32) continue;
      sum += rest % 2 ? -(rest - 1) / 2 : rest / 2;
      values.push(sum);
      rest = 0;
      unit = 1;
    }
    return values;
  }
  const unpacked = new Map();
  function epochs(cell) {
    if (!unpacked.has(cell.epochs)) unpacked.set(cell.epochs, whole(data.epochs[cell.epochs]));
    return unpacked.get(cell.epochs);
  }
  function values(cell, [step, texts], which = 0) {
    const found = whole(texts[which]).map((count) => (count == null ? null : step ? count * step : Math.exp(count * 2e-5)));
    return found.concat(Array(epochs(cell).length - found.length).fill(null));
  }

  const color = (paint) => paint.startsWith("#")
    ? paint : getComputedStyle(document.documentElement).getPropertyValue("--" + paint).trim();
  // The colour of a cell that is shown: its own, or, of more cells than colours, the first that no other has.
  const painted = new Map();
  function paint(cell) {
    if (data.cells.length <= data.paints.length) return data.paints[data.cells.indexOf(cell)];
    for (const number of painted.keys()) if (!state.cells.includes(number)) painted.delete(number);
    if (!state.cells.includes(cell.number)) return "grey";
    if (!painted.has(cell.number)) {
      const free = data.paints.findIndex((_, i) => ![...painted.values()].includes(i));
      painted.set(cell.number, free >= 0 ? free : painted.size % data.paints.length);
    }
    return data.paints[painted.get(cell.number)];
  }
  const escaped = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

  // The theme, and the command.
  at("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    change({ theme: root.dataset.theme });
  });
  at("copy").addEventListener("click", async () => {
    const command = at("command");
    try {
      await navigator.clipboard.writeText(command.textContent);
      at("copy").textContent = "copied";
    } catch {
      getSelection().selectAllChildren(command);
    }
  });

  return { data, at, cellOf, columnsOf, family, state, begin, parts, change, toggled, passes, number, read, epochs, values, color, paint, escaped };
})();
