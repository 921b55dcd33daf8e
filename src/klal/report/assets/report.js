"use strict";
// Only comfort: everything the report says is there without this file.

// The map: point at a dot or tap it to see its group alone.
for (const map of document.querySelectorAll(".map")) {
  const only = (group) => (group === null ? delete map.dataset.only : (map.dataset.only = group));
  const groupOf = (target) => {
    const dots = target.closest?.(".dots");
    const found = dots?.getAttribute("class").match(/dots-(\d+)/);
    return found ? found[1] : null;
  };
  const canvas = map.querySelector(".canvas");
  if (!canvas) continue;
  let held = null;
  canvas.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse") only(groupOf(event.target) ?? held); });
  canvas.addEventListener("pointerleave", () => only(held));
  canvas.addEventListener("click", (event) => { const group = groupOf(event.target); held = group === held ? null : group; only(held); });
}

// The overview: point at a mark to read its statement.
for (const figure of document.querySelectorAll(".overview")) {
  const says = figure.querySelector(".says");
  const places = figure.dataset.order.split(",");
  const texts = JSON.parse(figure.dataset.texts);
  const marks = [...figure.querySelectorAll("use")];
  says.hidden = false;
  const near = (event) => {
    let best = null, least = 22 * 22;
    for (const mark of marks) {
      const box = mark.getBoundingClientRect();
      const distance = (box.x + box.width / 2 - event.clientX) ** 2 + (box.y + box.height / 2 - event.clientY) ** 2;
      if (distance < least) { least = distance; best = mark; }
    }
    for (const mark of marks) mark.classList.toggle("on", mark === best);
    if (!best) return;
    const place = places[marks.indexOf(best)];
    says.textContent = texts[place] ?? document.querySelector(`#row-${place} .statement`).textContent;
  };
  const chart = figure.querySelector("svg");
  chart.addEventListener("pointermove", near);
  chart.addEventListener("click", near);
}

// The table: sort by a column, find in the statements.
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const body = table.tBodies[0];
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.v === undefined ? cell.textContent.trim() : Number(cell.dataset.v || "-1");
  };
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sorter";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const first = head.dataset.first ?? "descending";
      const other = first === "descending" ? "ascending" : "descending";
      const order = head.getAttribute("aria-sort") === first ? other : first;
      for (const one of table.tHead.rows[0].cells) one.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const rows = [...body.rows].map((row) => [value(row, column), row]);
      rows.sort(([a], [b]) => sign * (typeof a === "number" ? a - b : a.localeCompare(b, document.documentElement.lang)));
      body.append(...rows.map(([, row]) => row));
    });
  });
  const tools = document.getElementById("tools");
  if (!tools) continue;
  tools.hidden = false;
  const field = tools.querySelector("input");
  const found = tools.querySelector("output");
  const forms = JSON.parse(found.dataset.forms);
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLocaleLowerCase();
    let count = 0;
    for (const row of body.rows) {
      row.hidden = !row.querySelector(".statement").textContent.toLocaleLowerCase().includes(wanted);
      count += row.hidden ? 0 : 1;
    }
    found.textContent = wanted ? (forms[count] ?? forms.other).replace("{count}", count.toLocaleString(document.documentElement.lang)) : "";
  });
}

// Paper cannot be unfolded.
const folded = () => [...document.querySelectorAll("details:not([open], .twin)")];
addEventListener("beforeprint", () => {
  const opened = folded();
  for (const one of opened) one.open = true;
  addEventListener("afterprint", () => opened.forEach((one) => (one.open = false)), { once: true });
});
