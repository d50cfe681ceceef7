// As much of a browser as page.js needs. Arguments: page.js, what is typed; the index comes as JSON on standard input.
// Prints what is shown.
"use strict";
const fs = require("node:fs");
const vm = require("node:vm");

class Element {
  constructor(tag) { Object.assign(this, { tag, dataset: {}, children: [], handlers: {}, text: "", value: "" }); }
  get textContent() { return this.text + this.children.map((child) => child.textContent).join(""); }
  set textContent(text) { this.text = text; this.children = []; }
  append(...children) { this.children.push(...children); }
  replaceChildren(...children) { this.children = children; }
  replaceWith(other) { this.replaced = other; }
  addEventListener(name, handler) { this.handlers[name] = handler; }
  querySelector(tag) { return this.children.find((child) => child.tag === tag); }
}

const [script, typed] = process.argv.slice(2);
const element = (tag, ...children) => { const made = new Element(tag); made.append(...children); return made; };
const [body, pre, article, field, data] = ["body", "pre", "article", "input", "script"].map((tag) => element(tag));
const section = element("section", element("h2"), element("ul"));
Object.assign(body.dataset, { copy: "Copy", copied: "Copied", found: "Found", none: "None", all: "All" });
pre.textContent = "docker compose ps\n";
data.textContent = fs.readFileSync(0, "utf8");
const copied = [];
const document = {
  body,
  createElement: element,
  getElementById: (id) => ({ index: data, pages: section })[id],
  querySelector: (selector) => ({ article, "input[type=search]": field })[selector],
  querySelectorAll: () => [pre],
  execCommand: () => false,
};
const navigator = { clipboard: { writeText: async (text) => { copied.push(text); } } };
const getSelection = () => ({ selectAllChildren: () => {} });
vm.runInNewContext(fs.readFileSync(script, "utf8"), { document, navigator, getSelection, setTimeout: () => {}, JSON });

field.value = typed;
field.handlers.input();
const button = pre.replaced.children[1];
button.handlers.click().then(() => {
  const list = section.querySelector("ul").children.map((item) => item.children.map((child) => child.textContent));
  const heading = section.querySelector("h2").textContent;
  console.log(JSON.stringify({ heading, list, hidden: Boolean(article.hidden), copied, button: button.textContent }));
});
