// The console: puts target, form, connection and frames together.
const { asyncapi, asTest, button, Connection, copy, element, fill, frames, isObject, Target, validate } = globalThis.chanx;
const part = (name) => document.getElementById(`console-${name}`);
const [channels, servers, choices, editor, problems] = ["channel", "server", "operation", "json", "problems"].map(part);
let target = null;
let offered = [];
let number = 0;
let recorded = null;
let shown = null; // the value that the form changes

const connection = new Connection((text) => {
  part("state").textContent = text;
  part("connect").textContent = connection?.busy ? "Disconnect" : "Connect";
  part("send").disabled = !connection?.open;
});

const chosen = () => offered[choices.selectedIndex]?.message;

function example(message) {
  const value = structuredClone(message.examples?.[0]?.payload ?? {});
  const path = asyncapi.idPath(message);
  if (message.correlationId && isObject(value) && path?.length === 1) {
    number += 1;
    value[path[0]] = `console-${number}`;
  }
  return value;
}

function read() {
  try {
    return { value: JSON.parse(editor.value) };
  } catch (error) {
    return { problem: error.message };
  }
}

function showForm() {
  shown = null;
  const message = chosen();
  const { value } = read();
  if (!message || !isObject(value)) return;
  shown = value;
  fill(part("fields"), message.payload, value, () => {
    editor.value = JSON.stringify(value, null, 2);
    showProblems([]);
  });
}

function chooseOperation() {
  const message = chosen();
  editor.value = message ? JSON.stringify(example(message), null, 2) : "{}";
  part("fields").replaceChildren();
  showProblems([]);
  showForm();
}

function chooseChannel() {
  if (connection.busy) connection.drop();
  target = new Target(part("target"), channels.value);
  offered = asyncapi.operations(channels.value);
  choices.replaceChildren(...offered.map(({ label }) => element("option", { textContent: label })));
  chooseOperation();
}

function showProblems(found) {
  problems.replaceChildren(...found.map(({ path, text }) => element("li", { textContent: `${path || "The message"} ${text}` })));
}

function nextId() {
  const message = chosen();
  const path = asyncapi.idPath(message);
  if (message?.correlationId && path?.length === 1 && shown?.[path[0]] === `console-${number}`) {
    number += 1;
    shown[path[0]] = `console-${number}`;
    editor.value = JSON.stringify(shown, null, 2);
  }
}

function send(event) {
  event.preventDefault();
  const { value, problem } = read();
  const checked = part("check").checked;
  const found = problem ? [{ path: "", text: `is no JSON: ${problem}` }] : validate(chosen()?.payload, value);
  showProblems(checked ? found : []);
  if (checked && found.length) return;
  connection.send(problem ? editor.value : JSON.stringify(value));
  nextId();
}

function toggle(event) {
  event.preventDefault();
  if (connection.busy) {
    connection.drop();
    return;
  }
  recorded = { address: target.address(), secured: target.schemes.length > 0 };
  connection.connect(target, servers.value, () => part("reconnect").checked);
}

function record() {
  const { address, secured } = recorded ?? { address: target.address(), secured: target.schemes.length > 0 };
  part("code").value = asTest(address, secured, frames.of(connection.number));
  part("test").hidden = false;
  part("code").focus();
}

function tryIt(article) {
  if (channels.value !== article.dataset.channel) {
    channels.value = article.dataset.channel;
    chooseChannel();
  }
  choices.selectedIndex = offered.findIndex(({ key }) => key === article.dataset.operation);
  chooseOperation();
  part("title").scrollIntoView();
  choices.focus({ preventScroll: true });
}

for (const [key, channel] of Object.entries(asyncapi.all.channels)) {
  channels.append(element("option", { value: key, textContent: `${channel.title ?? key} ${channel.address}` }));
}
for (const [url, name] of asyncapi.servers()) servers.append(element("option", { value: url, textContent: `${url} (${name})` }));
for (const article of document.querySelectorAll("article.operation.send")) {
  const opener = button("Try it", () => tryIt(article));
  opener.setAttribute("aria-label", `Try it: ${article.querySelector("h4 a").textContent}`);
  article.querySelector("h4").after(opener);
}
channels.addEventListener("change", chooseChannel);
servers.addEventListener("change", () => connection.busy && connection.drop());
choices.addEventListener("change", chooseOperation);
editor.addEventListener("input", showForm);
part("connection").addEventListener("submit", toggle);
part("message").addEventListener("submit", send);
part("export").addEventListener("click", record);
part("copy").addEventListener("click", () => copy(part("code").value));
if (channels.options.length) {
  chooseChannel();
  document.getElementById("console").hidden = false;
}
