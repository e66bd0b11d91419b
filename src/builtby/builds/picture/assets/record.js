(() => {
  const chart = document.getElementById("time-chart");
  if (!chart) return;
  const { whole, bars } = JSON.parse(document.getElementById("time-data").textContent);
  const view = document.getElementById("time-view"), said = document.getElementById("time-said");
  const tools = document.getElementById("time-tools"), ticks = document.getElementById("ticks");
  const drawn = [...chart.querySelectorAll("svg")];
  const make = (name, text, attributes = {}) => {
    const element = document.createElement(name);
    element.textContent = text;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const time = (value, step = value) =>
    value === 0 ? "0 s" : step >= 1 ? `${value.toFixed(1)} s` : step >= 0.01 ? `${value.toFixed(2)} s` :
      `${(1000 * value).toFixed(step >= 0.001 ? 0 : 2)} ms`;

  const LARGEST = 512;
  let zoom = 1;
  function drawTicks() {
    const width = view.clientWidth * zoom, wanted = whole * 110 / width;
    const power = 10 ** Math.floor(Math.log10(wanted));
    const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= wanted) || wanted;
    const first = Math.max(0, Math.floor(view.scrollLeft / width * whole / step) - 20);
    const parts = [];
    for (let n = first; n * step <= whole && parts.length < 60; n++) {
      const at = `${100 * n * step / whole}%`;
      const line = document.createElementNS(chart.namespaceURI, "line");
      for (const [key, value] of [["x1", at], ["x2", at], ["y1", "0"], ["y2", "100%"]]) line.setAttribute(key, value);
      const label = document.createElementNS(chart.namespaceURI, "text");
      for (const [key, value] of [["x", at], ["dx", "3"], ["y", "13"]]) label.setAttribute(key, value);
      label.textContent = time(n * step, step);
      parts.push(line, label);
    }
    ticks.replaceChildren(...parts);
  }

  function show(next, around) {
    next = Math.min(LARGEST, Math.max(1, next));
    const middle = around ?? (view.scrollLeft + view.clientWidth / 2) / (view.clientWidth * zoom);
    zoom = next;
    chart.style.width = `${100 * zoom}%`;
    view.scrollLeft = middle * view.clientWidth * zoom - view.clientWidth / 2;
    drawTicks();
  }

  let chosen = -1;
  function choose(number) {
    if (chosen >= 0) drawn[chosen].classList.remove("chosen");
    chosen = number;
    const bar = bars[number];
    drawn[number].classList.add("chosen");
    const list = make("dl", "");
    const add = (name, text) => { if (text) list.append(make("dt", name), make("dd", text)); };
    add("command", bar.command);
    add("in", bar.folder);
    add("executable", bar.executable);
    add("package", bar.package + (bar.packaged === true ? ", as it shipped it" : bar.packaged === false ?
      ", NOT as it shipped it" : ""));
    const up = [];
    for (let at = bar.by; at !== null && at !== undefined && up.length < 12; at = bars[at].by) up.push(bars[at].name);
    add("started by", up.join(" ← "));
    add("time", `${time(bar.from)} to ${time(bar.from + bar.took)}, took ${time(bar.took)}`);
    add("exit code", bar.code === null ? "not known" : String(bar.code));
    add("files", bar.files);
    for (const finding of bar.findings) add("finding", finding);
    said.replaceChildren(make("strong", bar.name), list);
  }

  function reveal(number) {
    const bar = bars[number];
    const share = Math.max(bar.took, 1e-6) / whole, width = share * view.clientWidth * zoom;
    if (width < 40) show(80 / view.clientWidth / share, (bar.from + bar.took / 2) / whole);
    else view.scrollLeft = (bar.from + bar.took / 2) / whole * view.clientWidth * zoom - view.clientWidth / 2;
    view.scrollTop = Number(drawn[number].getAttribute("y")) - view.clientHeight / 2;
    choose(number);
  }

  const label = make("label", "Search programs ");
  const box = make("input", "", { type: "search", autocomplete: "off", spellcheck: "false" });
  label.append(box);
  const count = make("output", "");
  const texts = bars.map((bar) => `${bar.name} ${bar.command} ${bar.executable} ${bar.package} ${bar.findings.join(" ")}`
    .toLowerCase());
  let hits = bars.map((_, number) => number), at = -1;
  function search() {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    hits = [];
    texts.forEach((text, number) => {
      const fits = words.every((word) => text.includes(word));
      if (fits) hits.push(number);
      drawn[number].classList.toggle("faint", !fits);
    });
    at = -1;
    count.textContent = words.length ? `${hits.length.toLocaleString("en")} of ${bars.length.toLocaleString("en")}` : "";
  }
  const step = (way) => {
    if (!hits.length) return;
    at = (at + way + hits.length) % hits.length;
    reveal(hits[at]);
  };
  box.addEventListener("input", search);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); step(event.shiftKey ? -1 : 1); }
  });
  const button = (text, name, act) => {
    const made = make("button", text, { type: "button", "aria-label": name });
    made.addEventListener("click", act);
    return made;
  };
  tools.setAttribute("role", "search");
  tools.setAttribute("aria-label", "Programs over time");
  tools.append(label, button("‹", "Previous program", () => step(at < 0 ? 0 : -1)),
    button("›", "Next program", () => step(1)), count,
    button("+", "Look closer", () => show(zoom * 2)), button("−", "Look from further away", () => show(zoom / 2)),
    button("All", "Show all of the time", () => show(1)));
  chart.addEventListener("click", (event) => {
    const bar = event.target.closest("svg[data-n]");
    if (bar) choose(Number(bar.dataset.n));
  });
  view.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "+") show(zoom * 2);
    else if (event.key === "-") show(zoom / 2);
    else return;
    event.preventDefault();
  });
  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const left = event.clientX - view.getBoundingClientRect().left;
    const point = (view.scrollLeft + left) / (view.clientWidth * zoom);
    show(zoom * (event.deltaY < 0 ? 1.25 : 0.8), point);
    view.scrollLeft = point * view.clientWidth * zoom - left;
  }, { passive: false });
  view.addEventListener("scroll", drawTicks, { passive: true });
  addEventListener("resize", drawTicks);
  drawTicks();
})();
