// Adds to the page of an operation a form that sends a request, made of what the page says of its parameters.
"use strict";

const LONGEST_SHOWN = 100000;
const KEY = "key";

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

const operation = document.getElementById("operation");
const key = element("input", { id: "key", type: "password", autocomplete: "off", spellcheck: false, value: sessionStorage.getItem(KEY) ?? "" });
key.addEventListener("change", () => sessionStorage.setItem(KEY, key.value));
document.getElementById("try").after(formFor(operation));

function formFor(operation) {
  const form = element("form", { className: "trial" });
  if ("key" in operation.dataset) {
    const hint = element("p", { id: "key-hint", className: "hint", textContent: "Sent with each request that you try. This tab keeps it until you close it." });
    key.setAttribute("aria-describedby", hint.id);
    form.append(element("label", { htmlFor: key.id, textContent: "Your API key or JWT" }), key, hint);
  }
  const fields = [...operation.querySelectorAll("tr[data-in]")].map((row) => {
    const { name, in: place, example = "" } = row.dataset;
    const many = "many" in row.dataset;
    const field = element(many ? "textarea" : "input", {
      id: `${place}-${name}`, name, value: example, required: "required" in row.dataset, autocomplete: "off",
    });
    const hint = `${place}${field.required ? ", required" : ""}${many ? ", one value a line" : ""}`;
    form.append(element("label", { htmlFor: field.id, textContent: `${name} (${hint})` }), field);
    return { name, place, many, field };
  });
  const sample = operation.querySelector("pre.body");
  let body;
  if (sample) {
    body = element("textarea", { id: "body", className: "json", value: sample.textContent, spellcheck: false });
    form.append(element("label", { htmlFor: body.id, textContent: `body (${sample.dataset.type})` }), body);
  }
  // Read out by a screen reader; the rest of the answer may be long.
  const status = element("p");
  status.setAttribute("role", "status");
  const details = element("div");
  form.append(
    element("button", { type: "submit", className: "send", textContent: "Send" }),
    element("div", { className: "answer" }, status, details),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(requestOf(operation, fields, body && { text: body.value, type: sample.dataset.type }), status, details);
  });
  return form;
}

function requestOf(operation, fields, body) {
  const { method } = operation.dataset;
  const headers = {};
  const query = new URLSearchParams();
  let { path } = operation.dataset;
  for (const { name, place, many, field } of fields) {
    const values = (many ? field.value.split("\n") : [field.value]).map((value) => value.trim()).filter(Boolean);
    for (const value of values) {
      if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(value));
      if (place === "query") query.append(name, value);
      if (place === "header") headers[name] = value;
    }
  }
  if ("key" in operation.dataset && key.value) headers.Authorization = `Bearer ${key.value}`;
  if (body) headers["Content-Type"] = body.type;
  const url = new URL(operation.dataset.base + path, document.baseURI);
  url.search = query;
  return { url: url.href, method, headers, body: body?.text };
}

async function send({ url, method, headers, body }, status, details) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const words = Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  if (body !== undefined) words.push(`--data-binary ${quoted(body)}`);
  const curl = ["curl -i", `-X ${method}`, quoted(url), ...words].join(" \\\n  ");
  const part = (title, className, text) => [
    element("h3", { textContent: title }),
    element("pre", { className, tabIndex: 0 }, element("code", { textContent: text })),
  ];
  const shown = [...part("As a command", "curl", curl)];
  status.replaceChildren("Asking…");
  details.replaceChildren();
  try {
    const response = await fetch(url, { method, headers, body });
    let text = await response.text();
    if (/[/+]json$/.test(response.headers.get("content-type")?.split(";")[0] ?? "") && text) {
      text = JSON.stringify(JSON.parse(text), null, 2);
    }
    if (text.length > LONGEST_SHOWN) text = `${text.slice(0, LONGEST_SHOWN)}\n… (${text.length} characters)`;
    status.replaceChildren("Answered ", element("strong", { className: "code", textContent: response.status }));
    shown.push(...part("Headers", "headers", [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n")));
    if (text) shown.push(...part("Body", "content", text));
  } catch (error) {
    status.replaceChildren(`Not answered: ${error.message}`);
  }
  details.replaceChildren(...shown);
}
