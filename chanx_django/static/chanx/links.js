// Links that lead into something closed open it; on a phone the contents are behind a button.
const menu = document.getElementById("menu");
const contents = document.getElementById("contents");
const narrow = matchMedia("(max-width: 59.99rem)");

function show(open) {
  menu.setAttribute("aria-expanded", String(open));
  contents.hidden = narrow.matches && !open;
}

function fit() {
  menu.hidden = !narrow.matches;
  show(false);
}

function open() {
  let target = null;
  try {
    target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  } catch {
    return; // a fragment that is no link of ours
  }
  if (!target) return;
  for (let each = target; each; each = each.parentElement) {
    if (each instanceof HTMLDetailsElement) each.open = true;
    each.hidden &&= false;
  }
  target.scrollIntoView();
}

menu.addEventListener("click", () => show(menu.getAttribute("aria-expanded") === "false"));
contents.addEventListener("click", (event) => {
  if (event.target.closest("a")) show(false);
});
narrow.addEventListener("change", fit);
addEventListener("hashchange", open);
fit();
open();
