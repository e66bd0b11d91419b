"use strict";
(() => {
  const make = (name, text, attributes = {}) => {
    const element = document.createElement(name);
    element.textContent = text;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  const key = (row, column) => {
    const cell = row.cells[column];
    const data = cell.querySelector("data");
    return data ? Number(data.value) : cell.textContent.trim();
  };

  const number = (value) => typeof value === "number" ? value : Number(value.replaceAll(",", ""));

  function sort(table, head, column) {
    const numeric = head.classList.contains("n") || table.tBodies[0].rows[0].cells[column].querySelector("data");
    const before = head.getAttribute("aria-sort");
    const first = numeric ? "descending" : "ascending";
    const next = before === null ? first : before === "ascending" ? "descending" : "ascending";
    const sign = next === "ascending" ? 1 : -1;
    const rows = [...table.tBodies[0].rows].map((row) => [key(row, column), row]);
    rows.sort(([a], [b]) => sign * (numeric ? number(a) - number(b) : order.compare(a, b)));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", next);
    table.tBodies[0].append(...rows.map(([, row]) => row));
  }

  function search(table, section) {
    const rows = [...table.tBodies[0].rows];
    const texts = new Map();
    const label = make("label", "Search ");
    const box = make("input", "", { type: "search", autocomplete: "off", spellcheck: "false" });
    const told = make("output", "");
    box.addEventListener("input", () => {
      const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
        const fits = words.every((word) => texts.get(row).includes(word));
        row.hidden = !fits;
        shown += fits;
      }
      told.textContent = words.length ? `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows` : "";
    });
    label.append(box);
    const find = make("div", "", { class: "find", role: "search", "aria-label": section });
    find.append(label, told);
    table.before(find);
  }

  for (const table of document.querySelectorAll("table")) {
    const title = table.caption.textContent;
    if (table.tBodies[0].rows.length > 5) search(table, title);
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = make("button", head.textContent, { type: "button" });
      button.addEventListener("click", () => sort(table, head, column));
      head.replaceChildren(button);
    });
  }

  const root = document.documentElement;
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const toggle = make("button", "", { type: "button" });
  const name = () => { toggle.textContent = dark() ? "Light colours" : "Dark colours"; };
  toggle.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; name(); });
  name();
  document.getElementById("tools-of-page").append(toggle);

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("#advisories details:not([open])")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of opened) details.open = false; });
})();
