"use strict";
/* The list on the left and the details on the right. Every text is set as text, never as HTML. */

const Panel = (() => {
  const ROWS = 200; // rows that a list shows; the rest is only counted
  const PAIRS = 60;
  const TOPICS = 5; // topics of one cause

  /** Makes an element from its tag, properties and children (elements or texts). */
  function h(tag, properties = {}, ...children) {
    const made = document.createElement(tag);
    Object.assign(made, properties);
    made.append(...children.filter((one) => one !== null && one !== undefined));
    return made;
  }

  const number = (count) => count.toLocaleString("en");
  const plural = (count, what) => `${number(count)} ${what}${count === 1 ? "" : "s"}`;
  const shown = (text) => (text === "" ? "(no name)" : text);

  function dot(state) {
    const made = h("span", { className: "dot", title: state });
    made.style.background = Graph.colour(state);
    return made;
  }

  function link(focus, open) {
    const one = focus.connector || focus.dataset;
    const name = focus.connector ? shown(one.name) : `${one.platform}: ${shown(one.name)}`;
    const go = (event) => {
      event.preventDefault();
      open(focus);
    };
    return h("a", { href: Model.address(focus), title: one.name, onclick: go }, h("bdi", {}, name));
  }

  function bounded(items, most, make) {
    const made = items.slice(0, most).map(make);
    if (items.length > most)
      made.push(h("p", { className: "quiet" }, `… and ${number(items.length - most)} more`));
    return made;
  }

  /** The list on the left: matching connectors, then matching datasets. `empty`: whether the cluster has no connectors. */
  function list(place, matches, open, current, empty) {
    const row = (focus) => {
      const one = focus.connector || focus.dataset;
      const made = h("button", { type: "button", className: "row", title: one.name, onclick: () => open(focus) });
      if (current && (current.connector || current.dataset) === one) made.setAttribute("aria-current", "true");
      const mark = focus.connector
        ? dot(one.state)
        : h("span", { className: one.platform === "kafka" ? "box topic" : "box" });
      const about = h(
        "small",
        { className: "quiet" },
        focus.connector ? `${one.kind} · ${plural(one.edges.length, "edge")}` : one.platform,
      );
      if (focus.connector && one.unresolved.length)
        about.append(h("span", { className: "bad" }, ` · ${number(one.unresolved.length)} unresolved`));
      made.append(mark, h("span", {}, h("bdi", {}, shown(one.name)), about));
      return made;
    };
    const parts = bounded(matches.connectors, ROWS, (one) => row({ connector: one }));
    if (!matches.connectors.length && !matches.datasets.length)
      parts.push(
        h(
          "p",
          { className: "quiet" },
          empty ? "There are no connectors." : "Nothing found. Search finds parts of names; “clear” drops all filters.",
        ),
      );
    if (matches.datasets.length) parts.push(h("h2", {}, "Tables, topics …"));
    place.replaceChildren(...parts, ...bounded(matches.datasets, ROWS, (one) => row({ dataset: one })));
  }

  const section = (title, ...children) => h("section", {}, h("h3", {}, title), ...children);

  function fields(edge) {
    if (!edge.fields.length && !edge.left) return null;
    const pair = ([from, to, how]) =>
      h("li", {}, `${from.join(", ") || "(made)"} → ${to === null ? "(dropped)" : to}${how ? ` by ${how}` : ""}`);
    const inner = h("ul", {}, ...edge.fields.map(pair));
    if (edge.left) inner.append(h("li", { className: "quiet" }, `… and ${edge.left} more`));
    return h("details", {}, h("summary", {}, plural(edge.fields.length + edge.left, "field")), inner);
  }

  /** One edge with its evidence; `own`: the dataset whose details are shown, whose name is not repeated. */
  function pair(edge, open, own) {
    const made = h("div", { className: "edge" });
    const nothing = h("span", { className: "quiet" }, "nothing a catalog knows");
    const up = edge.up ? link({ dataset: edge.up }, open) : nothing;
    const arrow = h("span", { className: "arrow" }, "→");
    made.append(...(own === edge.up ? [arrow] : own === edge.down ? [up] : [up, arrow]));
    if (own !== edge.down) made.append(link({ dataset: edge.down }, open));
    made.append(h("p", { className: "quiet" }, "known from: ", edge.why, " · by ", link({ connector: edge.at }, open)));
    const inner = fields(edge);
    if (inner) made.append(inner);
    return made;
  }

  function pairs(title, edges, open, own) {
    return edges.length
      ? section(`${title} (${edges.length})`, ...bounded(edges, PAIRS, (edge) => pair(edge, open, own)))
      : null;
  }

  /** Everything upstream or downstream as lines to copy: platform, name, steps, connector of the last step. */
  function flat(title, found, open) {
    if (!found.length) return null;
    const lines = found.map(({ dataset, steps, via }) =>
      [dataset.platform, dataset.name, plural(steps, "step"), via.name].join("\t"),
    );
    const box = h("textarea", { readOnly: true, rows: Math.min(8, lines.length), value: lines.join("\n") });
    box.setAttribute("aria-label", title);
    box.setAttribute("wrap", "off");
    const said = h("span", { className: "quiet", role: "status" });
    const copy = async () => {
      box.select();
      try {
        await navigator.clipboard.writeText(box.value);
        said.textContent = " copied";
      } catch {
        said.textContent = " selected: copy with Ctrl-C";
      }
    };
    const rows = bounded(found, ROWS, ({ dataset, steps }) =>
      h("div", { className: "line" }, link({ dataset }, open), h("small", { className: "quiet" }, ` ${plural(steps, "step")}`)),
    );
    return h(
      "details",
      { className: "flat" },
      h("summary", {}, `${title} (${number(found.length)})`),
      h("p", {}, h("button", { type: "button", onclick: copy }, "copy as text"), said),
      box,
      ...rows,
    );
  }

  /** A warning that connectors with unresolved items, other than the one shown, may read or write this too. */
  function warning(doubtful, own, only) {
    const others = doubtful.filter((one) => one !== own);
    if (!others.length) return null;
    return h(
      "p",
      { className: "warning" },
      `${plural(others.length, "connector")} of this page ${others.length === 1 ? "has" : "have"} unresolved reads or writes and may touch this too. `,
      h("button", { type: "button", onclick: () => only({ unresolved: true }) }, "show them"),
    );
  }

  /** Details of a group: datasets that share all their connectors and are drawn as one node. */
  function group(place, datasets, open) {
    const kind = datasets[0].platform;
    place.replaceChildren(
      h("h2", {}, `${datasets.length} of ${kind}, with the same readers and writers`),
      ...bounded(datasets, ROWS, (dataset) => h("div", { className: "line" }, link({ dataset }, open))),
    );
  }

  /** Items of one text are one cause, with the topics that it concerns: at most `most` causes, and how many more. */
  function unresolved(items, most = Infinity) {
    const causes = new Map();
    for (const [what, why, topic] of items) {
      const key = JSON.stringify([what, why]);
      if (!causes.has(key)) causes.set(key, { what, why, topics: [] });
      if (topic) causes.get(key).topics.push(topic);
    }
    const rows = [...causes.values()].slice(0, most).map(({ what, why, topics }) => {
      const some = topics.slice(0, TOPICS).join(", ");
      const rest = topics.length > TOPICS ? ` and ${number(topics.length - TOPICS)} more` : "";
      const concerned = topics.length ? [h("p", { className: "quiet" }, h("bdi", {}, some), rest)] : [];
      return h("div", { className: "item" }, h("bdi", {}, what), h("p", {}, why), ...concerned);
    });
    const more = causes.size - rows.length;
    return more > 0 ? [...rows, h("p", { className: "quiet" }, `… ${number(more)} more`)] : rows;
  }

  function connector(one, open) {
    const tasks = Object.entries(one.tasks)
      .map(([state, count]) => `${count} ${state.toLowerCase()}`)
      .join(", ");
    const facts = h("dl", {});
    const fact = (name, value) => value && facts.append(h("dt", {}, name), h("dd", {}, value));
    fact("state", h("span", {}, dot(one.state), ` ${one.state.toLowerCase()}`));
    fact("tasks", tasks || "none");
    fact("type", one.kind);
    fact("class", one.class || "none");
    fact("family", one.family || "not known: only what its topics show");
    fact("decided by", one.decided.join(", "));
    const trouble = [
      ...one.failures.map(([where, why]) => [where, why]),
      ...one.notes.map((note) => ["not read", note]),
    ];
    return [
      facts,
      trouble.length ? section("Trouble", ...unresolved(trouble)) : null,
      one.unresolved.length ? section(`Unresolved (${number(one.unresolved.length)})`, ...unresolved(one.unresolved)) : null,
      pairs("Edges", one.edges, open),
    ];
  }

  function dataset(one, open) {
    return [
      h("dl", {}, h("dt", {}, "platform"), h("dd", {}, one.platform)),
      pairs("Comes from", one.into, open, one),
      pairs("Goes to", one.out, open, one),
    ];
  }

  /** Details of one connector, dataset or line, and what it leads to. */
  function details(place, focus, model, open, only) {
    if (focus.line) {
      const { at, up, down } = focus.line;
      const edges = at.edges.filter((edge) => (up ? edge.up === up : edge.down === down));
      place.replaceChildren(h("h2", {}, h("bdi", {}, shown(at.name))), pairs("Edges on this line", edges, open));
      return;
    }
    const one = focus.connector || focus.dataset;
    const parts = focus.connector ? connector(one, open) : dataset(one, open);
    const around = h("button", { type: "button", onclick: () => open(focus) }, "show what is around it");
    const reached = [
      warning(Model.doubtful(model), focus.connector, only),
      flat("Everything upstream", Model.reach(focus, "into"), open),
      flat("Everything downstream", Model.reach(focus, "out"), open),
    ];
    const title = h("h2", {}, h("bdi", {}, shown(one.name)));
    place.replaceChildren(title, around, ...[...reached, ...parts].filter(Boolean));
  }

  /** Details of the cluster as a whole. */
  function cluster(place, model, open, only) {
    const { doc, connectors } = model;
    const count = (state) => connectors.filter((one) => one.state === state).length;
    const states = Model.STATES.filter(count).map((state) =>
      h(
        "button",
        { type: "button", className: "row", onclick: () => only({ state }) },
        dot(state),
        h("span", {}, state.toLowerCase()),
        h("span", { className: "quiet" }, plural(count(state), "connector")),
      ),
    );
    const doubtful = connectors.filter((one) => one.unresolved.length);
    const unread = doc.unread.map(([name, why]) => [shown(name), why]);
    if (!connectors.length && !unread.length) {
      const none = "Connect listed no connector, or connector_patterns allow none, when this page was made.";
      place.replaceChildren(h("h2", {}, "This cluster"), h("p", { className: "quiet" }, none));
      return;
    }
    const parts = [
      section("States", ...states),
      unread.length ? section(`Could not be read (${number(unread.length)})`, ...unresolved(unread.slice(0, PAIRS))) : null,
      doubtful.length
        ? section(
            `Unresolved (${number(doubtful.reduce((sum, one) => sum + one.unresolved.length, 0))})`,
            ...bounded(doubtful, PAIRS, (one) =>
              h(
                "div",
                { className: "item" },
                link({ connector: one }, open),
                ...unresolved(one.unresolved, 3),
              ),
            ),
          )
        : section("Unresolved", h("p", { className: "quiet" }, "Nothing: every source and target is known.")),
    ];
    place.replaceChildren(h("h2", {}, "This cluster"), ...parts.filter(Boolean));
  }

  return { cluster, details, group, h, list, plural };
})();
