// Tiles of the phase diagram stand for cells; words lead to their meaning. Both say more where the reader points.
{
  const { data, at, cellOf, state, change, toggled, number, escaped } = page;
  const tip = at("tile-tip");

  function show(html, near) {
    tip.innerHTML = html;
    tip.style.display = "block";
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = Math.max(8, Math.min(near.x + scrollX, room)) + "px";
    tip.style.top = near.y + scrollY + 14 + "px";
  }
  const hide = () => (tip.style.display = "none");

  function outcome(cell) {
    const counts = cell.counts.map((runs, i) => (runs ? `${runs} ${data.phases[i][0]}` : "")).filter(Boolean);
    const time = cell.t_gen ? `; median T<sub>gen</sub> ${number(cell.t_gen[0])}` : "";
    return `<b>${escaped(cell.name)}</b><br>${counts.join(", ")}${time}` + (cell.curves ? "" : "<br>no curves here");
  }
  page.outcome = outcome;

  for (const tile of document.querySelectorAll("rect[data-cell]")) {
    const cell = cellOf.get(+tile.dataset.cell);
    if (!cell) continue;
    tile.addEventListener("click", () => change({ cells: toggled(state.cells, cell.number) }));
    tile.addEventListener("mousemove", (event) => show(outcome(cell), { x: event.clientX + 14, y: event.clientY }));
    tile.addEventListener("mouseleave", hide);
  }
  page.parts.push(() => {
    for (const tile of document.querySelectorAll("rect[data-cell]")) {
      tile.classList.toggle("on", state.cells.includes(+tile.dataset.cell));
    }
  });

  for (const word of document.querySelectorAll("a.word")) {
    const meaning = document.getElementById(word.hash.slice(1));
    const explain = () => {
      const { left, bottom } = word.getBoundingClientRect();
      show(meaning.innerHTML, { x: left, y: bottom - 8 });
    };
    word.setAttribute("aria-describedby", meaning.id);
    for (const event of ["mouseenter", "focus"]) word.addEventListener(event, explain);
    for (const event of ["mouseleave", "blur"]) word.addEventListener(event, hide);
    // The link itself is for pages without scripts.
    word.addEventListener("click", (event) => {
      event.preventDefault();
      explain();
    });
  }
  addEventListener("keydown", (event) => event.key === "Escape" && hide());
  addEventListener("resize", hide);
}
