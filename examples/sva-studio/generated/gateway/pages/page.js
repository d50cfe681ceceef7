// Search as one types, and a button to copy each block of commands. Without this script the search is a question to
// the server, and text is copied by hand.
"use strict";

const words = document.body.dataset;

for (const pre of document.querySelectorAll("pre")) {
  const block = document.createElement("div");
  const button = document.createElement("button");
  block.className = "block";
  button.type = "button";
  button.textContent = words.copy;
  pre.replaceWith(block);
  block.append(pre, button);
  button.addEventListener("click", async () => {
    // A browser gives its clipboard to secure pages only; what is marked can be copied by hand everywhere.
    getSelection().selectAllChildren(pre);
    try {
      await navigator.clipboard.writeText(pre.textContent.trimEnd());
    } catch {
      if (!document.execCommand("copy")) return;
    }
    button.textContent = words.copied;
    setTimeout(() => { button.textContent = words.copy; }, 2000);
  });
}

/** Pages that hold every word, those with a word in their title first; each with the line that fits. */
function find(pages, query) {
  const wanted = query.toLowerCase().split(/\s+/);
  const fits = (text) => wanted.every((word) => text.toLowerCase().includes(word));
  const inTitle = (page) => wanted.some((word) => page.title.toLowerCase().includes(word));
  return pages
    .filter((page) => fits(page.title + "\n" + page.text))
    .sort((one, other) => inTitle(other) - inTitle(one))
    .map((page) => {
      const lines = page.text.split("\n").slice(1);
      return { ...page, line: lines.find(fits) ?? lines.find((line) => line.toLowerCase().includes(wanted[0])) ?? "" };
    });
}

const index = document.getElementById("index");
if (index) {
  const pages = JSON.parse(index.textContent);
  const section = document.getElementById("pages");
  const heading = section.querySelector("h2");
  const list = section.querySelector("ul");
  const field = document.querySelector("input[type=search]");
  const article = document.querySelector("article");

  const show = () => {
    const query = field.value.trim();
    const hits = query ? find(pages, query) : [];
    heading.textContent = !query ? words.all : hits.length ? words.found : words.none;
    if (article) article.hidden = query !== "";
    list.replaceChildren(...(hits.length ? hits : pages).map((page) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = "/" + page.file;
      link.textContent = page.title;
      item.append(link);
      if (page.line) {
        const line = document.createElement("small");
        line.textContent = page.line.trim();
        item.append(line);
      }
      return item;
    }));
  };
  field.addEventListener("input", show);
  if (field.value) show();
}
