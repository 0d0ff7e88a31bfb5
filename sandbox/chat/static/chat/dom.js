/** Small tools for the page; text is always text, never markup. */

export const $ = (id) => document.getElementById(id);

/** @param {string} [className] @param {...(Node|string)} children */
export function element(name, className, ...children) {
  const node = document.createElement(name);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** Show the state of the connection in words. */
export function showState(socket, status, retry) {
  const show = (detail) => {
    const words = {
      connecting: "Connecting…",
      open: "Connected",
      waiting: `Connection lost, next try in ${Math.ceil(detail.seconds)} s`,
      closed: "Closed",
    };
    status.textContent = words[detail.name];
    status.dataset.state = detail.name;
    if (retry) retry.hidden = detail.name !== "waiting";
  };
  show({ name: "connecting" });
  socket.addEventListener("state", ({ detail }) => show(detail));
  retry?.addEventListener("click", () => socket.retry());
}

/** Post a form without leaving the page. */
export function postInPlace(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = form.querySelector(".problem") ?? form.appendChild(element("p", "problem"));
    problem.setAttribute("role", "alert");
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "error" });
      problem.textContent = answer.ok ? "" : `It was refused (HTTP ${answer.status}).`;
      if (answer.ok) form.reset();
    } catch {
      problem.textContent = "The server can't be reached. Try again later.";
    }
  });
}
