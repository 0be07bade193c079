"use strict";
/* Draws pictures with dagre (layout) and cytoscape: nodes and lines in layers from left to right. */

const Graph = (() => {
  const COLOURS = {
    RUNNING: "#2e7d4f",
    PAUSED: "#b7791f",
    STOPPED: "#6b7280",
    FAILED: "#c0392b",
    UNASSIGNED: "#2b6cb0",
    RESTARTING: "#2b6cb0",
    UNKNOWN: "#9aa1ab",
    UNREAD: "#7b4fa3",
  };
  const DARK = {
    RUNNING: "#58b583",
    PAUSED: "#d9a441",
    STOPPED: "#9aa1ab",
    FAILED: "#ef7565",
    UNASSIGNED: "#6ea8e0",
    RESTARTING: "#6ea8e0",
    UNKNOWN: "#7b8794",
    UNREAD: "#b58ad6",
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const colour = (state) => (dark.matches ? DARK : COLOURS)[state] || (dark.matches ? DARK : COLOURS).UNKNOWN;
  const SIZES = {
    connector: [196, 34],
    dataset: [206, 34],
    topic: [206, 34],
    group: [206, 34],
    more: [110, 24],
    unresolved: [130, 24],
    platform: [170, 44],
  };
  const LABEL = 29; // characters of a name that a node shows, counted from its end: beginnings are alike
  const LARGE = 120; // nodes and lines of a picture that gets the faster layout
  const LEGIBLE = 0.55; // the smallest zoom at which names can be read
  const ODD = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

  const LIGHT_PALETTE = {
    text: "#1f2933",
    ground: "#ffffff",
    border: "#9aa5b1",
    table: "#e8f0fe",
    tableBorder: "#7b9fd6",
    topic: "#fdf3e1",
    topicBorder: "#d9a441",
    connector: "#f7f8fa",
    bad: "#c0392b",
    badText: "#a02818",
    line: "#b4bcc6",
    quiet: "#52606d",
    lit: "#3b6fb6",
    chosen: "#dbe7fb",
  };
  const DARK_PALETTE = {
    text: "#e4e7eb",
    ground: "#1b1f24",
    border: "#616e7c",
    table: "#22314a",
    tableBorder: "#5c84bf",
    topic: "#3a2f1b",
    topicBorder: "#b9892f",
    connector: "#262c33",
    bad: "#ef7565",
    badText: "#f29d92",
    line: "#5a6572",
    quiet: "#9fb0c0",
    lit: "#7fb0f0",
    chosen: "#2b3f5e",
  };
  const palette = () => (dark.matches ? DARK_PALETTE : LIGHT_PALETTE);

  const style = (c) => [
    {
      selector: "node",
      style: {
        shape: "round-rectangle",
        width: "data(w)",
        height: "data(h)",
        label: "data(label)",
        "text-wrap": "wrap",
        "text-valign": "center",
        "text-halign": "center",
        "font-size": 12,
        "line-height": 1.1,
        color: c.text,
        "font-family": "system-ui, sans-serif",
        "background-color": c.ground,
        "border-width": 1,
        "border-color": c.border,
      },
    },
    { selector: ".dataset", style: { "background-color": c.table, "border-color": c.tableBorder } },
    { selector: ".topic", style: { shape: "cut-rectangle", "background-color": c.topic, "border-color": c.topicBorder } },
    {
      selector: ".connector",
      style: { "border-width": 2, "border-color": "data(colour)", "background-color": c.connector },
    },
    {
      selector: ".more, .unresolved",
      style: { "border-style": "dashed", "background-color": c.ground, "font-size": 11 },
    },
    { selector: ".unresolved", style: { "border-color": c.bad, color: c.badText } },
    { selector: ".platform", style: { "background-color": c.table, "border-color": c.tableBorder, "font-size": 12 } },
    { selector: ".platform.topic", style: { "background-color": c.topic, "border-color": c.topicBorder } },
    {
      selector: "edge",
      style: {
        width: "data(width)",
        "line-color": c.line,
        "target-arrow-color": c.line,
        "target-arrow-shape": "triangle",
        "source-label": "data(leaving)",
        "target-label": "data(arriving)",
        "source-text-offset": 60,
        "target-text-offset": 66,
        "arrow-scale": 0.8,
        "curve-style": "bezier",
        "source-endpoint": "50% 0%",
        "target-endpoint": "-50% 0%",
        "font-size": 10,
        "text-background-color": c.ground,
        "text-background-opacity": 0.9,
        "text-background-padding": 2,
        color: c.quiet,
        "font-family": "system-ui, sans-serif",
      },
    },
    { selector: ".group", style: { "border-style": "double", "border-width": 4 } },
    { selector: "edge.dashed", style: { "line-style": "dashed", "target-arrow-shape": "none" } },
    { selector: ".faded", style: { opacity: 0.22 } },
    { selector: "edge.lit", style: { "line-color": c.lit, "target-arrow-color": c.lit, width: 2 } },
    { selector: ".focus", style: { "border-width": 3, "border-color": c.lit } },
    {
      selector: ".connector.focus",
      style: { "border-width": 4, "border-color": "data(colour)", "background-color": c.chosen },
    },
  ];

  function short(text, most = LABEL) {
    const clean = text.replace(ODD, "\ufffd");
    return clean.length <= most ? clean || "(no name)" : `…${clean.slice(1 - most)}`;
  }

  const node = (id, kind, lines, ref, more = {}) => ({
    group: "nodes",
    classes: more.classes || kind,
    data: { id, label: lines.join("\n"), w: SIZES[kind][0], h: SIZES[kind][1], ref, colour: more.colour },
  });

  const line = (from, to, more = {}) => ({
    group: "edges",
    classes: more.classes || "",
    data: {
      id: `${from}>${to}`,
      source: from,
      target: to,
      width: more.width || 1.2,
      ref: more.ref,
      leaving: more.leaving || "",
      arriving: more.arriving || "",
    },
  });

  /** The common beginning of the names in a group, up to a dot, slash, dash or underscore. */
  function common(group) {
    let start = group[0].name;
    for (const { name } of group) while (!name.startsWith(start)) start = start.slice(0, -1);
    const cut = Math.max(...[".", "/", "_", "-"].map((sign) => start.lastIndexOf(sign)));
    return cut > 0 ? `${start.slice(0, cut + 1)}*` : "*";
  }

  /**
   * The nodes and lines for a set of edges: datasets, connectors, and a node for the edges left out. `more`: the edges
   * left out, as Model.neighbourhood counts them. `groups`: datasets drawn as one node, as Model.groups finds them.
   */
  function elements(edges, connectors, more, groups = []) {
    const found = new Map();
    const add = (one) => found.has(one.data.id) || found.set(one.data.id, one);
    const connector = (one) => {
      add(
        node(
          `c${one.id}`,
          "connector",
          [short(one.name, 28), `${one.kind} · ${one.state.toLowerCase()}`],
          { connector: one },
          { colour: colour(one.state) },
        ),
      );
      if (!one.unresolved.length) return;
      add(node(`u${one.id}`, "unresolved", [`? ${one.unresolved.length} unresolved`], { connector: one }));
      add(
        one.kind === "sink"
          ? line(`c${one.id}`, `u${one.id}`, { classes: "dashed" })
          : line(`u${one.id}`, `c${one.id}`, { classes: "dashed" }),
      );
    };
    const grouped = new Map(); // dataset -> the group that is drawn for it
    for (const datasets of groups) if (datasets.length > 1) datasets.forEach((one) => grouped.set(one, datasets));
    const spot = (one) => (grouped.has(one) ? `g${grouped.get(one)[0].id}` : `d${one.id}`);
    const dataset = (one) => {
      const kind = one.platform === "kafka" ? "topic" : "dataset";
      const group = grouped.get(one);
      if (!group) add(node(`d${one.id}`, kind, [short(one.name), one.platform], { dataset: one }));
      else
        add(
          node(
            spot(one),
            "group",
            [short(common(group)), `${group.length} ${kind === "topic" ? "topics" : `of ${one.platform}`}`],
            { group },
            { classes: `${kind} group` },
          ),
        );
    };
    connectors.forEach(connector);
    for (const edge of edges) {
      connector(edge.at);
      dataset(edge.down);
      add(line(`c${edge.at.id}`, spot(edge.down), { ref: { line: { at: edge.at, down: edge.down } } }));
      if (!edge.up) continue;
      dataset(edge.up);
      add(line(spot(edge.up), `c${edge.at.id}`, { ref: { line: { at: edge.at, up: edge.up } } }));
    }
    for (const [key, { connector: at, dataset: of, side, count }] of more) {
      const anchor = at ? `c${at.id}` : `d${of.id}`;
      if (!found.has(anchor)) continue;
      add(node(`m${key}`, "more", [`… ${count} more`], { more: key }));
      add(
        side === "into"
          ? line(`m${key}`, anchor, { classes: "dashed" })
          : line(anchor, `m${key}`, { classes: "dashed" }),
      );
    }
    return [...found.values()];
  }

  /** Platforms instead of datasets; sources on the left, targets on the right, Kafka between them. */
  function overview(groups) {
    const places = new Map();
    const count = (id, platform, datasets) => {
      const place = places.get(id) || { platform, datasets: new Set() };
      datasets.forEach((one) => place.datasets.add(one));
      places.set(id, place);
      return id;
    };
    const widest = Math.max(1, ...groups.map((one) => one.connectors.size));
    const lines = groups
      .filter((one) => one.from)
      .map((one) => {
        const from = count(one.from === "kafka" ? "pkafka" : `pfrom ${one.from}`, one.from, one.up);
        const to = count(one.to === "kafka" ? "pkafka" : `pto ${one.to}`, one.to, one.down);
        const label = `${one.connectors.size.toLocaleString("en")} connector${one.connectors.size === 1 ? "" : "s"}`;
        // all lines meet at Kafka, so each label stands at the other end of its line
        const end = one.from === "kafka" ? { arriving: label } : { leaving: label };
        return line(from, to, {
          ...end,
          width: 1 + (5 * one.connectors.size) / widest,
          ref: { platform: one.from === "kafka" ? one.to : one.from },
        });
      });
    const nodes = [...places].map(([id, { platform, datasets }]) => {
      const what = platform === "kafka" ? "topic" : "dataset";
      return node(
        id,
        "platform",
        [short(platform, 24), `${datasets.size.toLocaleString("en")} ${what}${datasets.size === 1 ? "" : "s"}`],
        { platform },
        { classes: platform === "kafka" ? "platform topic" : "platform" },
      );
    });
    return [...nodes, ...lines];
  }

  const GAP = 40; // pixels between parts of the picture that nothing connects

  /** The position of each node: unconnected parts are laid out one by one, then placed in rows like words on a page. */
  function positions(parts, shape) {
    const laid = components(parts).map(layered);
    laid.sort((a, b) => b.height - a.height || b.width - a.width);
    const area = laid.reduce((sum, one) => sum + (one.width + GAP) * (one.height + GAP), 0);
    const most = Math.max(Math.sqrt(area * shape), ...laid.map((one) => one.width));
    const at = {};
    let [x, y, tallest] = [0, 0, 0];
    for (const one of laid) {
      if (x > 0 && x + one.width > most) [x, y, tallest] = [0, y + tallest + GAP, 0];
      for (const [id, place] of Object.entries(one.at)) at[id] = { x: x + place.x, y: y + place.y };
      x += one.width + GAP;
      tallest = Math.max(tallest, one.height);
    }
    return at;
  }

  /** The connected parts of the picture: one list of nodes and lines each. */
  function components(parts) {
    const parent = new Map(parts.filter((one) => one.group === "nodes").map(({ data }) => [data.id, data.id]));
    const root = (id) => {
      while (parent.get(id) !== id) {
        parent.set(id, parent.get(parent.get(id)));
        id = parent.get(id);
      }
      return id;
    };
    for (const { group, data } of parts) if (group === "edges") parent.set(root(data.source), root(data.target));
    const found = new Map();
    for (const one of parts) {
      const id = root(one.group === "nodes" ? one.data.id : one.data.source);
      if (!found.has(id)) found.set(id, []);
      found.get(id).push(one);
    }
    return [...found.values()];
  }

  function layered(parts) {
    const platforms = parts.some(({ data }) => data.id.startsWith("p"));
    const layout = new dagre.graphlib.Graph();
    const ranker = parts.length > LARGE ? "tight-tree" : "network-simplex"; // ten times faster, not quite as tidy
    layout.setGraph({ rankdir: "LR", ranker, nodesep: platforms ? 24 : 8, ranksep: platforms ? 150 : 50, edgesep: 4 });
    layout.setDefaultEdgeLabel(() => ({}));
    for (const { group, data } of parts)
      if (group === "nodes") layout.setNode(data.id, { width: data.w, height: data.h });
    for (const { group, data } of parts) if (group === "edges") layout.setEdge(data.source, data.target);
    dagre.layout(layout);
    const { width, height } = layout.graph();
    const at = Object.fromEntries(layout.nodes().map((id) => [id, { x: layout.node(id).x, y: layout.node(id).y }]));
    return { at, width, height };
  }

  function create(container) {
    const cy = cytoscape({
      container,
      style: style(palette()),
      minZoom: 0.05,
      maxZoom: 2.5,
      boxSelectionEnabled: false,
      autoungrabify: true,
    });

    dark.addEventListener("change", () => cy.style(style(palette())));

    /** Shows the whole picture; `legible`: if that is too small to read, its beginning or the part around a node. */
    function fit(around, legible = false) {
      cy.fit(undefined, 30);
      if (cy.zoom() > 1.15) cy.zoom(1.15);
      const small = cy.zoom() < LEGIBLE;
      if (small && legible) cy.zoom(LEGIBLE); // the rest is reached by dragging
      cy.center(around && small ? cy.getElementById(around) : undefined);
      if (!small || !legible || around) return;
      const box = cy.elements().boundingBox();
      cy.pan({ x: 20 - box.x1 * LEGIBLE, y: 20 - box.y1 * LEGIBLE });
    }

    function draw(parts, around) {
      cy.resize();
      const at = positions(parts, Math.max(0.5, cy.width() / Math.max(1, cy.height())));
      cy.batch(() => {
        cy.elements().remove();
        cy.add(parts.map((part) => (part.group === "nodes" ? { ...part, position: at[part.data.id] } : part)));
      });
      fit(around, true);
    }

    /** Fades everything but the nodes and lines with these ids; null: fades nothing. */
    function light(ids, focus) {
      cy.batch(() => {
        cy.elements().removeClass("faded lit focus");
        if (!ids) return;
        cy.elements().forEach((one) => one.addClass(ids.has(one.id()) ? "lit" : one.hasClass("more") ? "" : "faded"));
        if (focus) cy.getElementById(focus).addClass("focus");
      });
    }

    return { cy, draw, fit, light };
  }

  return { colour, create, elements, overview, short };
})();
