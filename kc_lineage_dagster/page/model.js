"use strict";
/* The lineage that is embedded in the page: look-ups, search and neighbourhoods. Does not touch the DOM. */

const Model = (() => {
  const SIBLINGS = 20; // edges shown at one node before the rest becomes "… n more"
  const EDGES = 220; // edges that one picture holds at most
  const STATES = ["RUNNING", "PAUSED", "STOPPED", "FAILED", "UNASSIGNED", "RESTARTING", "UNKNOWN", "UNREAD"];

  /**
   * doc: the JSON that page/data.py describes. An edge is {id, up, down, at, why, fields, left}: the datasets it comes
   * from and leads to, its connector, its evidence, its pairs of fields, and how many pairs are not listed.
   */
  function load(doc) {
    const datasets = doc.datasets.map(([platform, name], id) => ({
      id,
      name,
      platform: doc.platforms[platform],
      into: [],
      out: [],
      connectors: new Set(),
      text: `${doc.platforms[platform]}:${name}`.toLowerCase(),
    }));
    const edges = [];
    const connectors = doc.connectors.map((one, id) => ({
      ...one,
      decided: one.decided.map((key) => doc.keys[key]),
      id,
      edges: [],
      datasets: new Set(),
      platforms: new Set(),
      text: `${one.name} ${one.class || ""} ${one.family || ""}`.toLowerCase(),
    }));
    for (const at of connectors) {
      for (const [from, to, why, fields, left] of doc.connectors[at.id].edges) {
        const edge = {
          id: edges.length,
          at,
          up: datasets[from] || null,
          down: datasets[to],
          why: doc.evidence[why],
          fields,
          left,
        };
        edges.push(edge);
        at.edges.push(edge);
        edge.down.into.push(edge);
        if (edge.up) edge.up.out.push(edge);
        for (const end of ends(edge)) {
          at.datasets.add(end);
          at.platforms.add(end.platform);
          end.connectors.add(at);
        }
      }
    }
    return { doc, datasets, connectors, edges };
  }

  const ends = (edge) => (edge.up ? [edge.up, edge.down] : [edge.down]);

  /**
   * The connectors and datasets that pass the filters. filter: {text, platform, state, kind, unresolved}; an empty value
   * lets all pass.
   */
  function matches(model, filter) {
    const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
    const said = (one) => words.every((word) => one.text.includes(word));
    const fits = (one) =>
      (!filter.state || one.state === filter.state) &&
      (!filter.kind || one.kind === filter.kind) &&
      (!filter.unresolved || one.unresolved.length > 0) &&
      (!filter.platform || one.platforms.has(filter.platform));
    const fitting = new Set(model.connectors.filter(fits));
    const connectors = [...fitting].filter(said);
    const datasets = words.length
      ? model.datasets.filter(
          (one) => (!filter.platform || one.platform === filter.platform) && said(one) && some(one.connectors, fitting),
        )
      : [];
    const edges = new Set(connectors.flatMap((one) => one.edges));
    for (const one of datasets) {
      for (const edge of [...one.into, ...one.out]) if (fitting.has(edge.at)) edges.add(edge);
    }
    return { connectors, datasets, edges: [...edges] };
  }

  function some(values, set) {
    for (const value of values) if (set.has(value)) return true;
    return false;
  }

  /**
   * The edges around a connector or dataset, nearest first, `depth` steps up and down. Edges beyond a node's share are
   * counted in `more` (key of the node -> {focus, side, count}); `allowed` (key -> number) raises the share of a node.
   */
  function neighbourhood(model, focus, depth, allowed) {
    const found = { edges: new Set(), more: new Map(), cut: false };
    const take = (list, key, about) => {
      const most = allowed.get(key) || SIBLINGS;
      if (list.length > most) found.more.set(key, { ...about, count: list.length - most });
      return list.slice(0, most);
    };
    let up = new Set(),
      down = new Set();
    if (focus.connector) {
      const one = focus.connector;
      for (const edge of take(one.edges, `c${one.id}`, { connector: one })) {
        found.edges.add(edge);
        if (edge.up) up.add(edge.up);
        down.add(edge.down);
      }
    } else {
      up.add(focus.dataset);
      down.add(focus.dataset);
    }
    const seen = { into: new Set(up), out: new Set(down) };
    for (let step = focus.connector ? 1 : 0; step < depth; step += 1) {
      up = walk(up, "into", "up", seen.into, found, take);
      down = walk(down, "out", "down", seen.out, found, take);
    }
    return found;
  }

  function walk(from, side, end, seen, found, take) {
    const next = new Set();
    for (const dataset of from) {
      if (found.edges.size > EDGES) {
        found.cut = true;
        return next;
      }
      for (const edge of take(dataset[side], `${side}${dataset.id}`, { dataset, side })) {
        found.edges.add(edge);
        if (edge[end] && !seen.has(edge[end])) {
          seen.add(edge[end]);
          next.add(edge[end]);
        }
      }
    }
    return next;
  }

  /** Those edges of a picture that lie on a way through a dataset or connector, upstream and downstream. */
  function path(focus, edges) {
    const among = new Set(edges);
    const found = new Set();
    const follow = (start, side, end) => {
      const seen = new Set(start);
      for (const waiting = [...start]; waiting.length;) {
        for (const edge of waiting.pop()[side]) {
          if (!among.has(edge)) continue;
          found.add(edge);
          if (edge[end] && !seen.has(edge[end])) {
            seen.add(edge[end]);
            waiting.push(edge[end]);
          }
        }
      }
    };
    const own = focus.connector ? focus.connector.edges.filter((edge) => among.has(edge)) : [];
    own.forEach((edge) => found.add(edge));
    follow(focus.dataset ? [focus.dataset] : own.map((edge) => edge.up).filter(Boolean), "into", "up");
    follow(focus.dataset ? [focus.dataset] : own.map((edge) => edge.down), "out", "down");
    return found;
  }

  /**
   * Everything that a dataset or connector leads to (`side` "out") or comes from ("into"), nearest first:
   * [{dataset, steps, via}], `via` being the connector of the last step. What a connector itself reads or writes
   * is one step away.
   */
  function reach(focus, side) {
    const end = side === "out" ? "down" : "up";
    const found = new Map();
    let waiting = [];
    const take = (edge, steps) => {
      const one = edge[end];
      if (!one || one === focus.dataset || found.has(one)) return;
      found.set(one, { dataset: one, steps, via: edge.at });
      waiting.push(one);
    };
    for (const edge of focus.connector ? focus.connector.edges : focus.dataset[side]) take(edge, 1);
    for (let steps = 2; waiting.length; steps += 1) {
      const reached = waiting;
      waiting = [];
      for (const one of reached) for (const edge of one[side]) take(edge, steps);
    }
    return [...found.values()];
  }

  /** Connectors with unresolved items: each may read or write more datasets than its edges show. */
  function doubtful(model) {
    return model.connectors.filter((one) => one.unresolved.length || one.state === "UNREAD");
  }

  /**
   * Groups of datasets that are written by the same connectors and read by the same connectors: [[dataset, ...], ...].
   * A group can be drawn as one node without losing an edge.
   */
  function groups(edges) {
    const touched = new Map();
    const note = (dataset, side, at) => {
      if (!touched.has(dataset)) touched.set(dataset, { into: new Set(), out: new Set() });
      touched.get(dataset)[side].add(at.id);
    };
    for (const edge of edges) {
      note(edge.down, "into", edge.at);
      if (edge.up) note(edge.up, "out", edge.at);
    }
    const found = new Map();
    const ids = (set) => [...set].sort((a, b) => a - b).join(",");
    for (const [dataset, { into, out }] of touched) {
      const key = [dataset.platform, ids(into), ids(out)].join("|");
      if (!found.has(key)) found.set(key, []);
      found.get(key).push(dataset);
    }
    return [...found.values()];
  }

  /** Edges summed up by platform, for a cluster too large to draw: [{from, to, connectors, tables}]. */
  function summary(edges) {
    const groups = new Map();
    for (const edge of edges) {
      const from = edge.up ? edge.up.platform : null;
      const key = `${from}\n${edge.down.platform}`;
      if (!groups.has(key))
        groups.set(key, { from, to: edge.down.platform, connectors: new Set(), up: new Set(), down: new Set() });
      const group = groups.get(key);
      group.connectors.add(edge.at);
      if (edge.up) group.up.add(edge.up);
      group.down.add(edge.down);
    }
    return [...groups.values()];
  }

  /** The fragment of the page's address (after #) that opens the page at a connector or dataset. */
  function address(focus) {
    const spelled = (text) => encodeURIComponent(text.toWellFormed ? text.toWellFormed() : text);
    if (focus.connector) return `#connector=${spelled(focus.connector.name)}`;
    return `#dataset=${spelled(`${focus.dataset.platform}:${focus.dataset.name}`)}`;
  }

  function located(model, hash) {
    const kind = hash.startsWith("#connector=") ? "connector" : hash.startsWith("#dataset=") ? "dataset" : null;
    const one = kind && model[`${kind}s`].find((each) => address({ [kind]: each }) === hash);
    return one ? { [kind]: one } : null;
  }

  return {
    EDGES,
    SIBLINGS,
    STATES,
    load,
    matches,
    neighbourhood,
    path,
    reach,
    doubtful,
    groups,
    summary,
    address,
    located,
  };
})();
