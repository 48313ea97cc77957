// The table of cells: sorted by a click on a heading, filtered by words and by phase, and every row adds its cell
// to the chart.
{
  const { data, at, cellOf, state, change, toggled } = page;
  const table = document.querySelector(".table table");
  const heads = [...table.rows[0].cells], body = table.tBodies[0];
  const rows = [...body.rows].map((row) => {
    const cells = [...row.cells].map((cell) => cell.textContent.trim());
    return { row, cells, numbers: cells.map(page.read), text: cells.join(" ").toLowerCase(), number: +row.dataset.cell };
  });
  const PHASE = heads.findIndex((head) => head.querySelector("a")?.hash === "#word-phase");

  // Numbers by size, words by letter, and what is missing last, whichever way.
  function compare(column, way) {
    return (a, b) => {
      const [x, y] = [a.numbers[column], b.numbers[column]];
      const [no, none] = [a.cells[column] === "–", b.cells[column] === "–"];
      if (no !== none) return no - none;
      const numeric = !Number.isNaN(x) && !Number.isNaN(y);
      const order = numeric ? x - y : a.cells[column].localeCompare(b.cells[column]);
      return way * order || a.number - b.number;
    };
  }

  if (rows.length > 1) heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.title = "sort";
    button.setAttribute("aria-label", `sort by ${head.textContent}`);
    head.append(button);
    const sort = () => {
      const [by, way] = state.sort;
      // Up, down, and as it was.
      change({ sort: by !== column ? [column, 1] : way === 1 ? [column, -1] : [] });
    };
    button.addEventListener("click", sort);
    head.addEventListener("click", (event) => event.target === head && sort());
  });

  // The row of filters, where there is something to tell apart.
  const filters = at("filters"), words = document.createElement("input"), count = document.createElement("span");
  words.type = "search";
  words.placeholder = "filter, for example: grokked 10⁻⁴";
  words.setAttribute("aria-label", "filter the rows by words");
  words.value = state.words;
  words.addEventListener("input", () => change({ words: words.value }));
  count.className = "muted";
  count.setAttribute("role", "status");
  const present = [...new Set(rows.map((row) => row.cells[PHASE]))];
  const chips = present.length < 2 ? [] : present.map((phase) => {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.textContent = phase;
    chip.addEventListener("click", () => change({ phases: toggled(state.phases, phase) }));
    return chip;
  });
  const clear = document.createElement("button");
  clear.type = "button";
  clear.textContent = "clear";
  clear.addEventListener("click", () => {
    words.value = "";
    change({ words: "", phases: [], brushes: {} });
  });
  if (rows.length > 1) filters.append(words, ...chips, clear, count);

  let sorted = "";
  function update() {
    const asked = state.words.toLowerCase().split(/\s+/).filter(Boolean);
    const brushed = Object.keys(state.brushes).length > 0;
    let shown = 0;
    for (const { row, cells, text, number } of rows) {
      const cell = cellOf.get(number);
      const passes = asked.every((word) => text.includes(word)) &&
        (!state.phases.length || state.phases.includes(cells[PHASE])) && (!brushed || (cell != null && page.passes(cell)));
      row.hidden = !passes;
      shown += passes;
      const on = data.cells.length > 1 && state.cells.includes(number);
      row.classList.toggle("on", on);
      if (rows.length > 1) row.setAttribute("aria-selected", on);
    }
    count.textContent = `${shown} of ${rows.length} cells`;
    clear.hidden = shown === rows.length;
    chips.forEach((chip) => chip.setAttribute("aria-pressed", state.phases.includes(chip.textContent)));
    const [column, way] = state.sort[0] in heads ? state.sort : [];
    heads.forEach((head, i) => head.setAttribute("aria-sort", i !== column ? "none" : way === 1 ? "ascending" : "descending"));
    if (sorted !== String(state.sort)) {
      sorted = String(state.sort);
      const order = column == null ? rows : [...rows].sort(compare(column, way));
      body.append(...order.map(({ row }) => row));
    }
  }

  // One row is in the order of the Tab key; arrows lead to the others, and Enter or Space takes one.
  if (rows.length > 1) {
    rows.forEach(({ row }, i) => (row.tabIndex = i ? -1 : 0));
    const take = (row) => cellOf.get(+row.dataset.cell)?.curves && change({ cells: toggled(state.cells, +row.dataset.cell) });
    body.addEventListener("click", (event) => {
      const row = event.target.closest("tr");
      if (row && !event.target.closest("a")) take(row);
    });
    body.addEventListener("keydown", (event) => {
      const row = event.target.closest("tr"), side = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      if (event.target !== row) return;
      if (side) {
        let next = row[side];
        while (next?.hidden) next = next[side];
        next?.focus();
      } else if (event.key === "Enter" || event.key === " ") take(row);
      else return;
      event.preventDefault();
    });
  }
  page.parts.push(update);
}
