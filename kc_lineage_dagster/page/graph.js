"use strict";
/* Draws pictures: nodes and lines in layers from left to right, by dagre and cytoscape. */

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
  const SIZES = {
    connector: [196, 34],
    dataset: [206, 34],
    topic: [206, 34],
    more: [110, 24],
    unresolved: [130, 24],
    platform: [170, 44],
  };
  const LABEL = 29; // characters of a name; its end says more than its beginning
  const LARGE = 300; // nodes and lines
  const ODD = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

  const STYLE = [
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
        color: "#1f2933",
        "font-family": "system-ui, sans-serif",
        "background-color": "#ffffff",
        "border-width": 1,
        "border-color": "#9aa5b1",
      },
    },
    { selector: ".dataset", style: { "background-color": "#e8f0fe", "border-color": "#7b9fd6" } },
    { selector: ".topic", style: { shape: "cut-rectangle", "background-color": "#fdf3e1", "border-color": "#d9a441" } },
    {
      selector: ".connector",
      style: { "border-width": 2, "border-color": "data(colour)", "background-color": "#f7f8fa" },
    },
    {
      selector: ".more, .unresolved",
      style: { "border-style": "dashed", "background-color": "#ffffff", "font-size": 11 },
    },
    { selector: ".unresolved", style: { "border-color": "#c0392b", color: "#a02818" } },
    { selector: ".platform", style: { "background-color": "#e8f0fe", "border-color": "#7b9fd6", "font-size": 12 } },
    { selector: ".platform.topic", style: { "background-color": "#fdf3e1", "border-color": "#d9a441" } },
    {
      selector: "edge",
      style: {
        width: "data(width)",
        "line-color": "#b4bcc6",
        "target-arrow-color": "#b4bcc6",
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
        "text-background-color": "#ffffff",
        "text-background-opacity": 0.9,
        "text-background-padding": 2,
        color: "#52606d",
        "font-family": "system-ui, sans-serif",
      },
    },
    { selector: "edge.dashed", style: { "line-style": "dashed", "target-arrow-shape": "none" } },
    { selector: ".faded", style: { opacity: 0.22 } },
    { selector: "edge.lit", style: { "line-color": "#3b6fb6", "target-arrow-color": "#3b6fb6", width: 2 } },
    { selector: ".focus", style: { "border-width": 3, "border-color": "#3b6fb6" } },
    {
      selector: ".connector.focus",
      style: { "border-width": 4, "border-color": "data(colour)", "background-color": "#dbe7fb" },
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

  /** Datasets, connectors and what is left out of a set of edges; `more` as Model.neighbourhood counts it. */
  function elements(edges, connectors, more) {
    const found = new Map();
    const add = (one) => found.has(one.data.id) || found.set(one.data.id, one);
    const connector = (one) => {
      add(
        node(
          `c${one.id}`,
          "connector",
          [short(one.name, 28), `${one.kind} · ${one.state.toLowerCase()}`],
          { connector: one },
          { colour: COLOURS[one.state] || COLOURS.UNKNOWN },
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
    const dataset = (one) => {
      const kind = one.platform === "kafka" ? "topic" : "dataset";
      add(node(`d${one.id}`, kind, [short(one.name), one.platform], { dataset: one }));
    };
    connectors.forEach(connector);
    for (const edge of edges) {
      connector(edge.at);
      dataset(edge.down);
      add(line(`c${edge.at.id}`, `d${edge.down.id}`, { ref: { line: { at: edge.at, down: edge.down } } }));
      if (!edge.up) continue;
      dataset(edge.up);
      add(line(`d${edge.up.id}`, `c${edge.at.id}`, { ref: { line: { at: edge.at, up: edge.up } } }));
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
        const label = `${one.connectors.size} connector${one.connectors.size === 1 ? "" : "s"}`;
        const end = one.from === "kafka" ? { arriving: label } : { leaving: label }; // there lines are apart
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
        [short(platform, 24), `${datasets.size} ${what}${datasets.size === 1 ? "" : "s"}`],
        { platform },
        { classes: platform === "kafka" ? "platform topic" : "platform" },
      );
    });
    return [...nodes, ...lines];
  }

  function positions(parts) {
    const platforms = parts.some(({ data }) => data.id.startsWith("p"));
    const layout = new dagre.graphlib.Graph();
    const ranker = parts.length > LARGE ? "tight-tree" : "network-simplex"; // ten times faster, not quite as tidy
    layout.setGraph({ rankdir: "LR", ranker, nodesep: platforms ? 24 : 8, ranksep: platforms ? 150 : 50, edgesep: 4 });
    layout.setDefaultEdgeLabel(() => ({}));
    for (const { group, data } of parts)
      if (group === "nodes") layout.setNode(data.id, { width: data.w, height: data.h });
    for (const { group, data } of parts) if (group === "edges") layout.setEdge(data.source, data.target);
    dagre.layout(layout);
    return Object.fromEntries(layout.nodes().map((id) => [id, { x: layout.node(id).x, y: layout.node(id).y }]));
  }

  function create(container) {
    const cy = cytoscape({
      container,
      style: STYLE,
      minZoom: 0.05,
      maxZoom: 2.5,
      boxSelectionEnabled: false,
      autoungrabify: true,
    });

    function fit(around) {
      cy.fit(undefined, 30);
      if (cy.zoom() > 1.15) cy.zoom(1.15);
      if (around && cy.zoom() < 0.45) cy.zoom(0.45); // legible first; the rest is a drag away
      cy.center(around && cy.zoom() <= 0.45 ? cy.getElementById(around) : undefined);
    }

    function draw(parts, around) {
      const at = positions(parts);
      cy.batch(() => {
        cy.elements().remove();
        cy.add(parts.map((part) => (part.group === "nodes" ? { ...part, position: at[part.data.id] } : part)));
      });
      cy.resize();
      fit(around);
    }

    /** Everything but the nodes and lines with these ids fades; null: nothing does. */
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

  return { COLOURS, create, elements, overview, short };
})();
