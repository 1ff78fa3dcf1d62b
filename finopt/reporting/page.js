"use strict";
// The page's own script: draws the pictures, and lets people sort and search the table of applications.
(function () {
  const PAGE = 50, PRINTED = 640;

  function json(id) {
    const element = document.getElementById(id);
    return element ? JSON.parse(element.textContent) : null;
  }

  // ---------------------------------------------------------------- pictures

  function layout(spec) {
    const axis = { automargin: true, fixedrange: true, title: { standoff: 8 } };
    const own = spec.axes;
    return Object.assign({}, own, {
      height: spec.height, margin: { l: 10, r: 20, t: 10, b: 46 }, showlegend: Boolean(own.showlegend),
      legend: { orientation: "h", y: -0.25 }, bargap: 0.3, dragmode: false, hovermode: "closest",
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: "system-ui, sans-serif", size: 12 }, hoverlabel: { align: "left", namelength: -1 },
      xaxis: Object.assign({}, axis, own.xaxis), yaxis: Object.assign({}, axis, own.yaxis),
    });
  }

  function draw() {
    const specs = json("specs") || {};
    const config = { responsive: true, displayModeBar: false };
    const drawn = Object.keys(specs).map((id) => document.getElementById(id));
    for (const element of drawn) Plotly.newPlot(element, specs[element.id].data, layout(specs[element.id]), config);
    const onPaper = (width) => drawn.forEach((element) => Plotly.relayout(element, width));
    window.addEventListener("beforeprint", () => onPaper({ width: PRINTED, autosize: false }));
    window.addEventListener("afterprint", () => onPaper({ width: null, autosize: true }));
  }

  // ---------------------------------------------------------------- table

  function table(data) {
    const count = data.values[0].length;
    const every = Array.from({ length: count }, (_, row) => row);
    const words = new Intl.Collator(undefined, { numeric: true });
    const state = { column: -1, up: true, query: "", page: 0 };
    const body = document.querySelector("#applications tbody");
    const heads = Array.from(document.querySelectorAll("#applications th"));
    let order = every, shown = every, texts = null;

    function searched() {
      if (!state.query) return order;
      if (!texts) {
        const columns = data.values.filter((_, k) => !data.figures[k]);
        texts = every.map((row) => columns.map((column) => column[row]).join("\n").toLowerCase());
      }
      const wanted = state.query.toLowerCase().split(/\s+/).filter(Boolean);
      return order.filter((row) => wanted.every((word) => texts[row].includes(word)));
    }

    function sorted() {
      if (state.column < 0) return every;
      const values = data.values[state.column], way = state.up ? 1 : -1;
      const compare = data.figures[state.column] ? (a, b) => values[a] - values[b] : (a, b) => words.compare(values[a], values[b]);
      return every.slice().sort((a, b) => way * compare(a, b) || a - b);
    }

    function line(row) {
      const element = document.createElement("tr");
      data.values.forEach((column, k) => {
        const cell = element.appendChild(document.createElement("td"));
        const text = cell.appendChild(document.createElement("bdi"));
        if (data.figures[k]) cell.className = "figure";
        text.textContent = String(column[row]);
      });
      return element;
    }

    function show() {
      const pages = Math.max(1, Math.ceil(shown.length / PAGE));
      state.page = Math.min(state.page, pages - 1);
      body.replaceChildren(...shown.slice(state.page * PAGE, (state.page + 1) * PAGE).map(line));
      document.getElementById("found").textContent = shown.length === count ? count + " applications" : shown.length + " of " + count;
      document.getElementById("page").textContent = "page " + (state.page + 1) + " of " + pages;
      document.getElementById("before").disabled = state.page === 0;
      document.getElementById("after").disabled = state.page === pages - 1;
    }

    function search(query) {
      Object.assign(state, { query: query, page: 0 });
      shown = searched();
      show();
    }

    function sort(column) {
      const up = state.column === column ? !state.up : !data.figures[column];
      Object.assign(state, { column: column, up: up, page: 0 });
      heads.forEach((head, k) => head.setAttribute("aria-sort", k !== column ? "none" : up ? "ascending" : "descending"));
      order = sorted();
      shown = searched();
      show();
    }

    function turn(step) {
      state.page += step;
      show();
    }

    heads.forEach((head, k) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => sort(k));
    });
    document.getElementById("search").addEventListener("input", (event) => search(event.target.value));
    document.getElementById("before").addEventListener("click", () => turn(-1));
    document.getElementById("after").addEventListener("click", () => turn(1));
    document.querySelector(".controls").hidden = count < 2;
    document.getElementById("unscripted")?.remove();
    show();
  }

  const rows = json("rows");
  if (rows && rows.values[0].length) table(rows);
  if (window.Plotly) draw();
})();
