// Search: hides the operations, channels and entries of the contents that don't have all the words.
const box = document.getElementById("search");
const field = document.getElementById("search-text");
const result = document.getElementById("search-result");
const entries = new Map();
for (const link of document.querySelectorAll("#contents a[href^='#operation-']")) {
  entries.set(link.getAttribute("href").slice(1), link.parentElement);
}
let operations = null;

function read() {
  operations ??= [...document.querySelectorAll("article.operation")].map((article) => {
    const section = article.closest("section");
    const about = section.querySelector("h2").textContent;
    return { article, section, text: `${about} ${article.textContent}`.toLowerCase() };
  });
  return operations;
}

function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = new Set();
  let count = 0;
  for (const { article, section, text } of read()) {
    const found = words.every((word) => text.includes(word));
    article.hidden = !found;
    const entry = entries.get(article.id);
    if (entry) entry.hidden = !found;
    if (found) {
      shown.add(section);
      count += 1;
    }
  }
  for (const section of document.querySelectorAll("section.channel")) {
    section.hidden = words.length > 0 && !shown.has(section);
    const link = document.querySelector(`#contents a[href="#${CSS.escape(section.getAttribute("aria-labelledby"))}"]`);
    if (link) link.parentElement.hidden = section.hidden;
  }
  result.textContent = words.length ? `${count} of ${operations.length} operations` : "";
}

box.hidden = false;
field.addEventListener("input", search);
field.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    field.value = "";
    search();
  }
});
addEventListener("keydown", (event) => {
  const writing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    const menu = document.getElementById("menu");
    if (menu.getAttribute("aria-expanded") === "false" && !menu.hidden) menu.click();
    field.focus();
  }
});
