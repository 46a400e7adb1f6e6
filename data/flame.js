// SPDX-License-Identifier: GPL-2.0-or-later
//
// A flame graph that can be zoomed, searched, and looked at by state: draws
// anew what src/report/flame_draw.c has drawn, with the same classes, in a
// picture or in a page. Texts go into the document as text, never as markup.
"use strict";
(function () {
const SVG = "http://www.w3.org/2000/svg";
const HTML = "http://www.w3.org/1999/xhtml";
const CLASSES = ["cpu", "runq", "blocked"];
const WORDS = ["on CPU", "run queue", "blocked"];
const ALL = [0, 1, 2];
const TOOLS = 68;	// pixels of the tools in a picture
const TABLE = 40;	// functions in the table

const svg = document.getElementById("flame");
const isPage = svg !== document.documentElement;
const frames = document.getElementById("frames");
const narrowNote = document.getElementById("narrow");
const data = JSON.parse(document.getElementById("flame-data").textContent);
const nodes = grow(data);
const root = nodes[0];

let shown = ALL;	// states
let zoom = root;
let inverted = false;
let term = "";
let pattern = null;
const first = Number(svg.getAttribute("width"));
let width = first;
let tallest = 0;
let current = root;	// has the keyboard's focus, or will
const top = data.top + (isPage ? 0 : TOOLS);

// --- the tree --------------------------------------------------------------

// From four numbers a node; those below come before those above.
function grow(from) {
	const list = [];
	const path = [];
	for (let i = 0; i < from.nodes.length; i += 4) {
		const depth = from.nodes[i];
		const kind = from.nodes[i + 2];
		const node = {
			index: list.length, depth: depth,
			name: from.names[from.nodes[i + 1]],
			parent: depth ? path[depth - 1] : null,
			above: [], ns: [0, 0, 0], leaf: kind > 0,
			state: Math.min(kind, 3) - 1, shade: kind - 3,
		};
		if (node.leaf)
			node.ns[node.state] = from.nodes[i + 3];
		if (depth)
			node.parent.above.push(node);
		path[depth] = node;
		list.push(node);
	}
	for (let i = list.length - 1; i > 0; i--)
		for (const s of ALL)
			list[i].parent.ns[s] += list[i].ns[s];
	return list;
}

function sum(ns, states) {
	let all = 0;
	for (const s of states)
		all += ns[s];
	return all;
}

function value(node) {
	return sum(node.ns, shown);
}

function classOf(node) {
	if (node.leaf)
		return node.state < 2 ? CLASSES[node.state] : "b" + node.shade;
	let most = shown[0];
	for (const s of shown)
		if (node.ns[s] > node.ns[most])
			most = s;
	const share = node.ns[most] / value(node);
	return CLASSES[most] + "-" +
		(share >= 0.85 ? 3 : share >= 0.6 ? 2 : 1);
}

// --- words -----------------------------------------------------------------

function time(ns) {
	if (ns >= 1e9)
		return (ns / 1e9).toFixed(3) + " s";
	if (ns >= 1e6)
		return (ns / 1e6).toFixed(2) + " ms";
	return (ns / 1e3).toFixed(1) + " \u00b5s";
}

function percent(part, whole, digits) {
	return (whole ? 100 * part / whole : 0).toFixed(digits) + "%";
}

function mix(node) {
	const all = value(node);
	if (node.leaf || shown.length === 1)
		return "";
	return "; " + shown.map(s => WORDS[s] + " " +
		percent(node.ns[s], all, 1)).join(", ");
}

function details(node) {
	const all = value(node);
	let text = ": " + time(all) + ", " +
		percent(all, value(root), 2) + " of all";
	if (shown.length === 1)
		text += " " + WORDS[shown[0]];
	if (zoom !== root && zoom !== node)
		text += ", " + percent(all, value(zoom), 2) + " of " +
			zoom.name;
	return text + mix(node);
}

function columns(c) {
	const code = c.codePointAt(0);
	return code >= 0x1100 && (code < 0x2000 || code > 0x2bff) ? 2 : 1;
}

function cut(text, room) {
	let used = 0;
	let kept = "";
	for (const c of text)
		used += columns(c);
	if (used <= room)
		return text;
	for (const c of text) {
		room -= columns(c);
		if (room < 1)
			break;
		kept += c;
	}
	return kept + "\u2026";
}

// --- drawing ---------------------------------------------------------------

function create(space, name, attributes, ...content) {
	const element = document.createElementNS(space, name);
	for (const key in attributes)
		element.setAttribute(key, attributes[key]);
	element.append(...content);
	return element;
}

// What is drawn of the view: frames with their places, and how many are
// too narrow.
function layout() {
	const inner = width - 2 * data.pad;
	const view = { places: [], narrow: 0, depth: zoom.depth };
	const all = value(zoom);
	for (let n = zoom.parent; n; n = n.parent)
		view.places.push({ node: n, x: 0, w: inner, above: true });
	function place(node, x) {
		const w = all ? inner * value(node) / all : inner;
		view.places.push({ node: node, x: x, w: w });
		view.depth = Math.max(view.depth, node.depth);
		for (const next of node.above) {
			const part = value(next);
			if (part > 0 && part >= all * data.narrow)
				place(next, x);
			else
				view.narrow += count(next);
			x += all ? inner * part / all : 0;
		}
	}
	place(zoom, 0);
	return view;
}

function count(node) {
	if (!value(node))
		return 0;
	return node.above.reduce((n, next) => n + count(next), 1);
}

function draw() {
	const view = layout();
	const hadFocus = frames.contains(document.activeElement);
	tallest = Math.max(tallest, (view.depth + 1) * data.row);
	if (!view.places.some(p => p.node === current))
		current = zoom;
	frames.replaceChildren(...view.places.map(frame));
	frames.setAttribute("transform",
		"translate(" + data.pad + "," + top + ")");
	narrowNote.setAttribute("y", top + tallest + 14);
	narrowNote.textContent = view.narrow ? view.narrow + " frame" +
		(view.narrow === 1 ? "" : "s") + " too narrow to draw" : "";
	svg.setAttribute("width", width);
	svg.setAttribute("height", top + tallest + 24);
	if (!isPage)
		svg.setAttribute("viewBox",
			"0 0 " + width + " " + (top + tallest + 24));
	if (hadFocus)
		element(current).focus({ preventScroll: true });
	showMatched();
	tools.reset.disabled = zoom === root;
}

// "[blocked: disk]" where it fits, else "disk".
function label(node, room) {
	const whole = cut(node.name, room);
	if (!node.leaf || whole === node.name)
		return whole;
	if (node.state < 2)
		return cut(["CPU", "queue"][node.state], room);
	const reason = node.name.indexOf(" ");
	return cut(reason < 0 ? "blocked" : node.name.slice(reason + 1, -1),
		room);
}

// A stripe in which each state has its part of the frame.
function mixture(node, x, y, w) {
	const all = value(node);
	return shown.map(s => {
		const part = all ? w * node.ns[s] / all : 0;
		x += part;
		return create(SVG, "rect", {
			class: "mix " + CLASSES[s], x: (x - part).toFixed(2),
			y: y, width: part.toFixed(2), height: 3,
		});
	}).filter(rect => rect.getAttribute("width") > 0);
}

function frame(place) {
	const node = place.node;
	const y = inverted ? node.depth * data.row :
		tallest - (node.depth + 1) * data.row;
	const room = Math.floor((place.w - 6) / data.column);
	const w = place.w > 3 ? place.w - data.gap : place.w;
	let marks = "f " + classOf(node);
	if (place.above)
		marks += " above";
	if (pattern)
		marks += isHit(node) ? " hit" : " miss";
	const group = create(SVG, "g", {
		class: marks, "data-index": node.index, role: "button",
		tabindex: node === current ? 0 : -1,
		"aria-label": node.name + details(node),
	}, create(SVG, "rect", {
		x: place.x.toFixed(2), y: y, width: w.toFixed(2),
		height: data.row - 1,
	}));
	if (w > 6 && !node.leaf && shown.length > 1)
		group.append(...mixture(node, place.x, y + data.row - 4, w));
	if (room >= 3)
		group.append(create(SVG, "text",
			{ x: (place.x + 3).toFixed(2), y: y + 12 },
			label(node, room)));
	return group;
}

function element(node) {
	return frames.querySelector('[data-index="' + node.index + '"]');
}

function nodeOf(event) {
	const group = event.target.closest("[data-index]");
	return group ? nodes[Number(group.dataset.index)] : null;
}

// --- what users do ---------------------------------------------------------

function zoomTo(node) {
	while (node.parent && !value(node))
		node = node.parent;
	zoom = current = node;
	draw();
	tell(null);
}

function showStates(states) {
	shown = states;
	for (const button of tools.states)
		button.setAttribute("aria-pressed",
			button.value === states.join(""));
	zoomTo(zoom);
}

// Who looks for locks does not mean all that is blocked.
function isHit(node) {
	return pattern.test(node.leaf && !/^\W*block/i.test(term) ?
		node.name.replace("blocked", "") : node.name);
}

function showMatched() {
	let matched = 0;
	function look(node) {
		const part = value(node);
		if (part && isHit(node))
			matched += part;
		else if (part)
			node.above.forEach(look);
	}
	if (pattern)
		look(zoom);
	tools.matched.textContent = pattern ?
		"matched " + percent(matched, value(zoom), 1) : "";
}

// A regular expression where it is one, else the text itself; a "[" in front
// is that of a state.
function search(text) {
	term = text;
	tools.search.value = text;
	pattern = null;
	if (text) {
		try {
			pattern = new RegExp(text.replace(/^\[/, "\\["), "iu");
		} catch (error) {
			pattern = new RegExp(literal(text), "iu");
		}
	}
	draw();
}

function literal(text) {
	return text.replace(/[\\^$.*+?()[\]{}|\/]/g, "\\$&");
}

function invert() {
	inverted = !inverted;
	tools.invert.setAttribute("aria-pressed", inverted);
	draw();
}

// Of the node at the pointer, or of what all is about.
function tell(node) {
	node = node || zoom;
	tools.details.replaceChildren(create(HTML, "b", {}, node.name),
		details(node));
	tools.details.title = node.name + details(node);
}

function neighbour(node, key) {
	const up = inverted ? "ArrowDown" : "ArrowUp";
	const drawn = n => n && element(n);
	if (key === up)
		return node.above.find(drawn);
	if (key === "ArrowUp" || key === "ArrowDown")
		return node.parent;
	const row = node.parent ? node.parent.above.filter(drawn) : [];
	return row[row.indexOf(node) + (key === "ArrowLeft" ? -1 : 1)];
}

function onFrameKey(event) {
	const node = nodeOf(event);
	if (!node)
		return;
	if (event.key === "Enter" || event.key === " ") {
		zoomTo(node);
		event.preventDefault();
	} else if (/^Arrow/.test(event.key)) {
		const next = neighbour(node, event.key);
		if (next) {
			element(node).setAttribute("tabindex", -1);
			element(next).setAttribute("tabindex", 0);
			current = next;
			element(next).focus();
		}
		event.preventDefault();
	}
}

function onKey(event) {
	const find = (event.ctrlKey || event.metaKey) && event.key === "f";
	if (find && document.activeElement !== tools.search) {
		// Twice is for the browser's own.
		tools.search.focus();
		tools.search.select();
		event.preventDefault();
	} else if (event.key === "Escape") {
		if (term)
			search("");
		else
			zoomTo(root);
	}
}

// --- tools -----------------------------------------------------------------

const tools = makeTools();

function button(text, value, action) {
	const made = create(HTML, "button", { type: "button", value: value },
		text);
	made.addEventListener("click", action);
	return made;
}

function stateButton(text, states) {
	const made = button(text, states.join(""), () => showStates(states));
	made.setAttribute("aria-pressed", states === shown);
	made.disabled = !sum(root.ns, states);
	return made;
}

function makeTools() {
	const made = {
		states: [stateButton("All wall time", ALL),
			...ALL.map(s => stateButton(
				WORDS[s][0].toUpperCase() + WORDS[s].slice(1),
				[s]))],
		invert: button("Icicle", "", invert),
		reset: button("Reset zoom", "", () => zoomTo(root)),
		search: create(HTML, "input", {
			type: "search", placeholder: "Search (Ctrl-F)",
			"aria-label": "Search function names", id: "search",
			spellcheck: "false", autocomplete: "off",
		}),
		matched: create(HTML, "output", { class: "matched" }),
		details: create(HTML, "div", { class: "details" }),
	};
	made.invert.id = "invert";
	made.invert.setAttribute("aria-pressed", "false");
	made.invert.title = "The outermost functions at the top";
	made.reset.id = "reset";
	made.search.addEventListener("input",
		() => search(made.search.value));
	place(create(HTML, "div", { class: "row" },
		create(HTML, "div", { class: "group", role: "group",
			"aria-label": "States shown" }, ...made.states),
		made.invert, made.reset, made.search, made.matched),
		made.details);
	return made;
}

function place(...content) {
	if (isPage) {
		document.getElementById("tools").append(...content);
		return;
	}
	const box = create(SVG, "foreignObject",
		{ x: 0, y: data.top - 6, width: "100%", height: TOOLS });
	box.append(create(HTML, "div", { id: "tools" }, ...content));
	svg.append(box);
}

// --- the table of functions ------------------------------------------------

// Of each function what it takes itself and with all that it calls; one that
// calls itself is counted once.
function functions() {
	const found = new Map();
	const path = new Map();
	function visit(node) {
		let entry = found.get(node.name);
		if (!entry) {
			entry = { name: node.name, self: [0, 0, 0],
				total: [0, 0, 0] };
			found.set(node.name, entry);
		}
		const depth = path.get(entry) || 0;
		path.set(entry, depth + 1);
		for (const s of ALL)
			entry.total[s] += depth ? 0 : node.ns[s];
		for (const next of node.above) {
			if (next.leaf)
				entry.self[next.state] += next.ns[next.state];
			else
				visit(next);
		}
		path.set(entry, depth);
	}
	root.above.filter(n => !n.leaf).forEach(visit);
	return [...found.values()];
}

const COLUMNS = [["self", ALL], ["self", [0]], ["self", [1]], ["self", [2]],
	["total", ALL], ["total", [0]], ["total", [1]], ["total", [2]]];
const HEADS = ["wall", ...WORDS, "wall", ...WORDS];

function makeTable(list, by) {
	const [part, states] = COLUMNS[by];
	const head = create(HTML, "tr", {},
		create(HTML, "th", { class: "name", scope: "col" },
			"function"),
		create(HTML, "th", { scope: "col" }, "self, by state"),
		...COLUMNS.map((column, i) => create(HTML, "th", {
			scope: "col", class: i % 4 ? "" : "first",
			"aria-sort": i === by ? "descending" : "none",
		}, button(HEADS[i] + (i === by ? " \u25be" : ""), i,
			() => showTable(list, i)))));
	const groups = create(HTML, "tr", {},
		create(HTML, "th", { colspan: 2 }),
		create(HTML, "th", { colspan: 4, class: "first" }, "self"),
		create(HTML, "th", { colspan: 4, class: "first" },
			"with all it calls"));
	list.sort((a, b) => sum(b[part], states) - sum(a[part], states));
	const most = Math.max(...list.map(f => sum(f.self, ALL)), 1);
	return create(HTML, "table", {},
		create(HTML, "thead", {}, groups, head),
		create(HTML, "tbody", {},
			...list.slice(0, TABLE).map(f => tableRow(f, most))));
}

function tableRow(entry, most) {
	const bar = create(SVG, "svg", { width: 104, height: 10 });
	let x = 0;
	for (const s of ALL) {
		const w = 104 * entry.self[s] / most;
		bar.append(create(SVG, "rect", { class: CLASSES[s],
			x: x.toFixed(2), width: w.toFixed(2), height: 10 }));
		x += w;
	}
	const name = button(entry.name, "", () => {
		search("^" + literal(entry.name) + "$");
		svg.scrollIntoView({ block: "nearest" });
	});
	name.title = entry.name + ": search for it";
	return create(HTML, "tr", {},
		create(HTML, "td", { class: "name" }, name),
		create(HTML, "td", { class: "bar" }, bar),
		...COLUMNS.map(([part, states], i) => {
			const ns = sum(entry[part], states);
			return create(HTML, "td", {
				class: i % 4 ? "" : "first",
				title: percent(ns, sum(root.ns, ALL), 2) +
					" of all",
			}, ns ? time(ns) : "0");
		}));
}

function showTable(list, by) {
	const section = document.getElementById("functions");
	const rest = list.length - TABLE;
	section.replaceChildren(create(HTML, "h2", {}, "Functions"),
		create(HTML, "div", { class: "scroll" },
			makeTable(list, by)),
		create(HTML, "p", { class: "note" }, rest > 0 ?
			rest + " more functions have less" : ""));
}

// --- begin -----------------------------------------------------------------

// A picture has room for the window's scroll bar, and for its own legend.
function room() {
	return isPage ? Math.max(svg.parentNode.clientWidth, 400) :
		Math.max(window.innerWidth, first) - 16;
}

function resize() {
	if (room() !== width) {
		width = room();
		draw();
	}
}

frames.addEventListener("click", event => {
	const node = nodeOf(event);
	if (node)
		zoomTo(node);
});
frames.addEventListener("keydown", onFrameKey);
for (const kind of ["mouseover", "focusin"])
	frames.addEventListener(kind, event => tell(nodeOf(event)));
frames.addEventListener("mouseleave", () => tell(null));
document.addEventListener("keydown", onKey);
window.addEventListener("resize", resize);
if (isPage)
	showTable(functions(), 0);
width = room();
draw();
tell(null);
// The scroll bar may have come with what was drawn.
resize();
})();
