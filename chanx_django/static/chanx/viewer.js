// Shows the document of the page in the official viewer; no module, because the frame has no origin to load one.
AsyncApiStandalone.render(
  { schema: JSON.parse(document.getElementById("asyncapi-document").textContent), config: {} },
  document.getElementById("viewer"),
);
