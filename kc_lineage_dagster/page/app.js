"use strict";
/* The page as a whole: search and filters, the selected connector or dataset, and the picture of it. */

(() => {
  const WHOLE = 250; // edges up to which the whole cluster is drawn; a larger one is drawn by platform
  const APART = 40; // edges up to which each dataset has a node of its own
  const model = Model.load(JSON.parse(document.getElementById("data").textContent));
  const at = (id) => document.getElementById(id);
  const graph = Graph.create(at("graph"));
  const filter = { text: "", platform: "", state: "", kind: "", unresolved: false };
  const view = { focus: null, depth: 2, allowed: new Map(), edges: [], groups: [], matches: null };

  function head() {
    const { doc } = model;
    const open = model.connectors.reduce((sum, one) => sum + one.unresolved.length, 0);
    at("counts").textContent = [
      Panel.plural(model.connectors.length, "connector"),
      Panel.plural(model.datasets.length, "dataset"),
      Panel.plural(model.edges.length, "edge"),
      `${open.toLocaleString("en")} unresolved`,
    ].join(" · ");
    at("when").textContent = `${doc.source} · as of ${doc.generated}`;
    const states = Model.STATES.filter((state) => model.connectors.some((one) => one.state === state));
    options(at("platform"), "all platforms", [...doc.platforms].sort());
    options(at("state"), "all states", states);
    options(at("kind"), "all types", [...new Set(model.connectors.map((one) => one.kind))].sort());
    at("legend").replaceChildren(
      ...[
        ["box", "table, file …"],
        ["box topic", "topic"],
      ].map(([kind, text]) => Panel.h("span", {}, Panel.h("span", { className: kind }), ` ${text}`)),
      ...states.map((state) => {
        const dot = Panel.h("span", { className: "dot" });
        dot.style.background = Graph.colour(state);
        return Panel.h("span", {}, dot, ` ${state.toLowerCase()}`);
      }),
      Panel.h("span", { className: "quiet" }, "click: its lineage in this picture · double click: what is around it"),
    );
  }

  function options(select, all, values) {
    select.replaceChildren(...["", ...values].map((value) => Panel.h("option", { value }, value || all)));
  }

  function show() {
    at("steps").hidden = !view.focus;
    at("depth").textContent = Panel.plural(view.depth, "step");
    if (view.focus) around();
    else whole();
    Panel.list(at("list"), view.matches, open, view.focus, !model.connectors.length);
  }

  function around() {
    const { focus } = view;
    const found = Model.neighbourhood(model, focus, view.depth, view.allowed);
    view.edges = [...found.edges];
    view.groups = [];
    const one = focus.connector || focus.dataset;
    const id = spot(focus);
    graph.draw(Graph.elements(view.edges, focus.connector ? [one] : [], found.more), id);
    graph.light(lit(focus), id);
    at("title").textContent = `around ${Graph.short(one.name, 60)}${found.cut ? " · cut: show fewer steps" : ""}`;
    Panel.details(at("details"), focus, model, open, only);
  }

  function whole() {
    const { matches } = view;
    const drawn = matches.edges.length <= WHOLE && matches.connectors.length <= WHOLE;
    view.edges = drawn ? matches.edges : [];
    view.groups = matches.edges.length > APART ? Model.groups(view.edges) : [];
    graph.draw(
      drawn
        ? Graph.elements(matches.edges, matches.connectors, new Map(), view.groups)
        : Graph.overview(Model.summary(matches.edges)),
    );
    graph.light(null);
    at("title").textContent = drawn
      ? `${Panel.plural(matches.edges.length, "edge")}${matches.edges.length < model.edges.length ? " found" : ""}`
      : `${Panel.plural(matches.edges.length, "edge")} by platform · search, or click a connector or a platform`;
    Panel.cluster(at("details"), model, open, only);
  }

  /** The id of the node that stands for a connector or dataset; null for a line. */
  function spot({ connector, dataset }) {
    return connector ? `c${connector.id}` : dataset ? `d${dataset.id}` : null;
  }

  /** The ids of nodes and lines on the way through a connector or dataset. */
  function lit(focus) {
    const ids = new Set();
    const { connector, dataset } = focus;
    if (connector) {
      const [own, open] = [`c${connector.id}`, `u${connector.id}`];
      ids.add(own).add(open).add(`${open}>${own}`).add(`${own}>${open}`);
    }
    const drawn = new Map(view.groups.filter((group) => group.length > 1).flatMap((group) => group.map((one) => [one, `g${group[0].id}`])));
    const node = (one) => drawn.get(one) || `d${one.id}`;
    if (dataset) ids.add(node(dataset));
    for (const { at: via, up, down } of Model.path(focus, view.edges)) {
      ids.add(`c${via.id}`).add(node(down)).add(`c${via.id}>${node(down)}`);
      if (up) ids.add(node(up)).add(`${node(up)}>c${via.id}`);
    }
    return ids;
  }

  function search() {
    const before = performance.now();
    view.matches = Model.matches(model, filter);
    const { connectors, datasets } = view.matches;
    const also = datasets.length ? `, ${Panel.plural(datasets.length, "dataset")}` : "";
    at("count").textContent = Panel.plural(connectors.length, "connector") + also;
    show();
    document.body.dataset.took = (performance.now() - before).toFixed(0); // milliseconds, for tests
  }

  /** Selects a connector or dataset and draws what is around it; the page's address then opens this view again. */
  function open(focus) {
    const address = Model.address(focus);
    if (location.hash === address) look(focus);
    else location.hash = address;
  }

  function look(focus) {
    const before = performance.now();
    view.matches = Model.matches(model, filter);
    view.focus = focus;
    view.depth = 2;
    view.allowed = new Map();
    show();
    document.body.dataset.took = (performance.now() - before).toFixed(0);
  }

  /** Clears the selection and draws all that the filters let pass. */
  function leave() {
    view.focus = null;
    if (location.hash) history.pushState(null, "", location.pathname + location.search);
    search();
  }

  function only(chosen) {
    for (const [name, value] of Object.entries(chosen)) {
      filter[name] = value;
      if (at(name).type === "checkbox") at(name).checked = value;
      else at(name).value = value;
    }
    leave();
  }

  function tapped(ref) {
    if (!ref) return;
    if (ref.platform) only({ platform: ref.platform });
    else if (ref.more) {
      view.allowed.set(ref.more, (view.allowed.get(ref.more) || Model.SIBLINGS) + 100);
      show();
    } else if (ref.group) {
      graph.light(lit({ dataset: ref.group[0] }), `g${ref.group[0].id}`);
      Panel.group(at("details"), ref.group, open);
    } else {
      graph.light(ref.line ? null : lit(ref), spot(ref));
      Panel.details(at("details"), ref, model, open, only);
    }
  }

  /** The whole name of the node under the pointer; the node itself shows only the end of the name. */
  function named(ref) {
    const one = ref && (ref.connector || ref.dataset || (ref.line && ref.line.at));
    return one ? one.name : "";
  }

  /** Keys: `/` goes to the search field, the arrows walk through the list, Escape clears the selection. */
  function keyed(event) {
    const active = document.activeElement;
    const typing = active && /^(INPUT|TEXTAREA|SELECT)$/.test(active.tagName);
    if (event.key === "/" && !typing) at("search").focus();
    else if (event.key === "Escape") leave();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const rows = [...at("list").querySelectorAll("button.row")];
      const place = rows.indexOf(active);
      if (place < 0 && active !== at("search")) return;
      const next = place + (event.key === "ArrowDown" ? 1 : -1);
      (rows[next] || (next < 0 ? at("search") : active)).focus();
    } else return;
    event.preventDefault();
  }

  function listen() {
    let waiting = 0;
    at("search").addEventListener("input", (event) => {
      filter.text = event.target.value;
      clearTimeout(waiting);
      waiting = setTimeout(leave, 120);
    });
    at("search").addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      clearTimeout(waiting); // Enter chooses from the results of the text as typed now, not of the text before
      const { connectors, datasets } = Model.matches(model, filter);
      if (connectors.length) open({ connector: connectors[0] });
      else if (datasets.length) open({ dataset: datasets[0] });
    });
    for (const name of ["platform", "state", "kind"]) {
      at(name).addEventListener("change", (event) => only({ [name]: event.target.value }));
    }
    at("unresolved").addEventListener("change", (event) => only({ unresolved: event.target.checked }));
    at("reset").addEventListener("click", () => {
      filter.text = at("search").value = "";
      only({ platform: "", state: "", kind: "", unresolved: false });
    });
    at("home").addEventListener("click", leave);
    at("fit").addEventListener("click", () => graph.fit());
    const deepen = (by) => () => {
      view.depth = Math.min(8, Math.max(1, view.depth + by));
      show();
    };
    at("fewer").addEventListener("click", deepen(-1));
    at("further").addEventListener("click", deepen(1));
    document.addEventListener("keydown", keyed);
    graph.cy.on("tap", "node, edge", (event) => tapped(event.target.data("ref")));
    graph.cy.on("dbltap", "node", (event) => {
      const ref = event.target.data("ref");
      if (ref && (ref.connector || ref.dataset)) open(ref);
    });
    graph.cy.on("mouseover", "node, edge", (event) => {
      at("graph").title = named(event.target.data("ref"));
    });
    graph.cy.on("mouseout", "node, edge", () => {
      at("graph").title = "";
    });
    window.addEventListener("hashchange", route);
    window.addEventListener("popstate", () => {
      if (location.hash) return;
      view.focus = null;
      search();
    });
  }

  function route() {
    const focus = Model.located(model, location.hash);
    if (focus) look(focus);
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    head();
    show();
  });
  head();
  listen();
  view.focus = Model.located(model, location.hash);
  search();
  document.body.dataset.ready = "yes";
  window.lineagePage = { graph, model, open, view };
})();
