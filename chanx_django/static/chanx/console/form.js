// A form for one message: a field for each simple value, JSON for the others.
const { asyncapi } = globalThis.chanx;
const { resolve } = asyncapi;
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// Return the schema without "or null", and whether null is allowed.
function simple(given) {
  const schema = resolve(given);
  const choices = schema.anyOf ?? schema.oneOf;
  const others = choices?.filter((each) => resolve(each).type !== "null");
  if (others?.length === 1 && others.length < choices.length) return [{ ...schema, anyOf: undefined, ...resolve(others[0]) }, true];
  if (schema.allOf?.length === 1) return [{ ...schema, allOf: undefined, ...resolve(schema.allOf[0]) }, false];
  return [schema, false];
}

function select(schema, value) {
  const field = element("select", {}, element("option", { value: "", textContent: "–" }));
  schema.enum.forEach((each, i) => field.append(element("option", { value: i, textContent: String(each) })));
  field.value = value === undefined ? "" : schema.enum.indexOf(value);
  return [field, () => schema.enum[field.value]];
}

function number(schema, value) {
  const field = element("input", { type: "number", step: schema.type === "integer" ? "1" : "any", value: value ?? "" });
  return [field, () => (field.value === "" ? undefined : Number(field.value))];
}

function text(schema, value) {
  const field = element("input", { type: "text", value: value ?? "" });
  return [field, () => (field.value === "" && !schema.filled ? undefined : field.value)];
}

function truth(schema, value) {
  const field = element("input", { type: "checkbox", checked: value === true });
  return [field, () => field.checked];
}

function json(schema, value) {
  const field = element("textarea", { rows: 2, spellcheck: false, value: value === undefined ? "" : JSON.stringify(value) });
  const read = () => {
    try {
      field.removeAttribute("aria-invalid");
      return field.value.trim() ? JSON.parse(field.value) : undefined;
    } catch {
      field.setAttribute("aria-invalid", "true");
      return undefined;
    }
  };
  return [field, read];
}

function control(schema, value) {
  if (schema.enum) return select(schema, value);
  const kinds = { integer: number, number, string: text, boolean: truth };
  const fits = value === undefined || value === null || typeof value !== "object";
  return ((fits && kinds[schema.type]) || json)(schema, value);
}

function field(name, given, parent, required, changed) {
  const [schema, nullable] = simple(given);
  const [input, read] = control({ ...schema, filled: required && !nullable }, parent[name]);
  const update = () => {
    const value = read();
    if (value !== undefined) parent[name] = value;
    else if (nullable && required) parent[name] = null;
    else delete parent[name];
    changed();
  };
  input.addEventListener("input", update);
  const label = element("label", { className: schema.type === "boolean" ? "check" : "" });
  const note = required ? name : `${name} (optional)`;
  label.append(...(schema.type === "boolean" ? [input, ` ${note}`] : [`${note} `, input]));
  if (schema.description) input.title = schema.description;
  return label;
}

// Fill a container with fields that change `value` in place.
function fill(container, given, value, changed, depth = 0) {
  const [schema] = simple(given);
  container.replaceChildren();
  for (const [name, each] of Object.entries(schema.properties ?? {})) {
    const [inner] = simple(each);
    const required = (schema.required ?? []).includes(name);
    if ("const" in inner || (!depth && name === asyncapi.idPath()?.[0])) continue;
    if (inner.properties && isObject(value[name]) && depth < 6) {
      const group = element("fieldset");
      fill(group, inner, value[name], changed, depth + 1);
      group.prepend(element("legend", { textContent: name }));
      container.append(group);
    } else {
      container.append(field(name, each, value, required, changed));
    }
  }
}

Object.assign(globalThis.chanx, { element, fill, simple, isObject });
