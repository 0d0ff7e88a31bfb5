// Checks values against the schemas of the document: the part of JSON Schema that such documents have.
const { resolve } = globalThis.chanx.asyncapi;

const TYPES = {
  object: (value) => value !== null && typeof value === "object" && !Array.isArray(value),
  array: Array.isArray,
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: Number.isInteger,
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
};
const LIMITS = {
  minimum: [(value, limit) => value >= limit, "at least"],
  maximum: [(value, limit) => value <= limit, "at most"],
  exclusiveMinimum: [(value, limit) => value > limit, "more than"],
  exclusiveMaximum: [(value, limit) => value < limit, "less than"],
  multipleOf: [(value, step) => Math.abs(value / step - Math.round(value / step)) < 1e-9, "a multiple of"],
};
const LENGTHS = [
  ["string", "minLength", "maxLength", (value) => [...value].length, "characters"],
  ["array", "minItems", "maxItems", (value) => value.length, "items"],
  ["object", "minProperties", "maxProperties", (value) => Object.keys(value).length, "keys"],
];

function same(one, other) {
  if (one === other) return true;
  if (!one || !other || typeof one !== "object" || typeof other !== "object") return false;
  const keys = Object.keys(one);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && same(one[key], other[key]))
  );
}

function matches(pattern, value) {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true; // a pattern of Python that is none here
  }
}

function validate(given, value, path = "") {
  if (given === true || given === undefined) return [];
  if (given === false) return [{ path, text: "must not be there" }];
  const schema = resolve(given);
  const problem = (text) => [{ path, text }];
  if ("const" in schema && !same(schema.const, value)) return problem(`must be ${JSON.stringify(schema.const)}`);
  if (schema.enum && !schema.enum.some((each) => same(each, value))) {
    return problem(`must be one of ${schema.enum.map((each) => JSON.stringify(each)).join(", ")}`);
  }
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length && !types.some((type) => TYPES[type]?.(value))) return problem(`must be of type ${types.join(" or ")}`);
  return [...choices(schema, value, path), ...limits(schema, value, path), ...inside(schema, value, path)];
}

function choices(schema, value, path) {
  const found = (schema.allOf ?? []).flatMap((each) => validate(each, value, path));
  const several = schema.anyOf ?? schema.oneOf;
  if (several) {
    const tried = several.map((each) => validate(each, value, path));
    const fits = tried.filter((problems) => !problems.length).length;
    if (!fits) {
      // What fails deepest is what was meant.
      const depth = (problems) => Math.max(...problems.map((each) => each.path && each.path.split(".").length));
      found.push(...tried.sort((one, other) => depth(other) - depth(one))[0]);
    } else if (schema.oneOf && !schema.anyOf && fits > 1) {
      found.push({ path, text: "fits more than one of its choices" });
    }
  }
  return found;
}

function limits(schema, value, path) {
  const found = [];
  if (typeof value === "number") {
    for (const [key, [fits, words]] of Object.entries(LIMITS)) {
      if (key in schema && !fits(value, schema[key])) found.push({ path, text: `must be ${words} ${schema[key]}` });
    }
  }
  for (const [type, least, most, measure, unit] of LENGTHS) {
    if (!TYPES[type](value)) continue;
    if (measure(value) < (schema[least] ?? 0)) found.push({ path, text: `must have at least ${schema[least]} ${unit}` });
    if (measure(value) > (schema[most] ?? Infinity)) found.push({ path, text: `must have at most ${schema[most]} ${unit}` });
  }
  if (typeof value === "string" && schema.pattern && !matches(schema.pattern, value)) {
    found.push({ path, text: `must be like ${schema.pattern}` });
  }
  if (schema.uniqueItems && Array.isArray(value) && value.some((one, i) => value.slice(0, i).some((two) => same(one, two)))) {
    found.push({ path, text: "must not have equal items" });
  }
  return found;
}

function inside(schema, value, path) {
  const below = (key) => (path ? `${path}.${key}` : String(key));
  if (Array.isArray(value)) {
    return value.flatMap((each, i) => {
      const tuple = Array.isArray(schema.items);
      const items = tuple && i >= schema.items.length ? schema.additionalItems : tuple ? schema.items[i] : schema.items;
      return validate(items, each, below(i));
    });
  }
  if (!TYPES.object(value)) return [];
  const missing = (schema.required ?? []).filter((key) => !Object.hasOwn(value, key));
  return [
    ...missing.map((key) => ({ path: below(key), text: "is missing" })),
    ...Object.entries(value).flatMap(([key, each]) => {
      const known = Object.hasOwn(schema.properties ?? {}, key);
      return validate(known ? schema.properties[key] : schema.additionalProperties, each, below(key));
    }),
  ];
}

globalThis.chanx.validate = validate;
