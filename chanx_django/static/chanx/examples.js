// Puts a choice of languages and a button that copies above each example.
const { programs } = globalThis.chanx;
const status = document.createElement("p");
status.className = "unseen";
status.setAttribute("role", "status");
document.body.append(status);

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    status.textContent = "Copied.";
  } catch {
    // Pages without TLS have no clipboard; the text is there to be selected.
    status.textContent = "The browser didn't allow copying.";
  }
}

function dress(example) {
  const pre = example.querySelector("pre");
  const code = pre.firstElementChild;
  const value = JSON.parse(code.textContent);
  const bar = document.createElement("div");
  bar.className = "bar";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", `Languages of: ${pre.getAttribute("aria-label")}`);
  const choices = Object.keys(programs).map((language) =>
    button(language, () => {
      code.textContent = programs[language](value, example.dataset.sent === "yes");
      for (const each of choices) each.setAttribute("aria-pressed", String(each.textContent === language));
    }),
  );
  for (const each of choices) each.setAttribute("aria-pressed", String(each.textContent === "JSON"));
  const copying = button("Copy", () => copy(code.textContent));
  bar.append(...choices, copying);
  example.prepend(bar);
}

// A page may have thousands of examples: each is dressed when it comes near the window.
const watcher = new IntersectionObserver(
  (seen) => {
    for (const { isIntersecting, target } of seen) {
      if (isIntersecting) {
        watcher.unobserve(target);
        dress(target);
      }
    }
  },
  { rootMargin: "600px" },
);
for (const example of document.querySelectorAll(".example")) watcher.observe(example);
globalThis.chanx.button = button;
globalThis.chanx.copy = copy;
