// Frames of one connection as a test in Python.
const { python } = globalThis.chanx;
const INDENT = " ".repeat(12);

function step({ direction, value, data }) {
  if (typeof data !== "string") return `${INDENT}assert isinstance(await client.receive_from(), bytes)\n`;
  if (value === undefined) {
    const text = JSON.stringify(data);
    return direction === "sent"
      ? `${INDENT}await client.send_to(text_data=${text})\n`
      : `${INDENT}assert await client.receive_from() == ${text}\n`;
  }
  const written = python(value, INDENT);
  return direction === "sent"
    ? `${INDENT}await client.send_json_to(${written})\n`
    : `${INDENT}assert await client.receive_json_from() == ${written}\n`;
}

function asTest(address, secured, frames) {
  const note = secured ? "    # Credentials aren't recorded: give them in get_ws_headers() or get_subprotocols().\n" : "";
  const body = frames.map(step).join("") || `${INDENT}assert client\n`;
  return (
    "from chanx.channels.testing import WebsocketTestCase\n\n\n" +
    `class RecordedTests(WebsocketTestCase):\n    ws_path = ${JSON.stringify(address)}\n${note}\n` +
    "    async def test_what_was_recorded(self) -> None:\n" +
    `        async with self.auth_communicator as client:\n${body}`
  );
}

globalThis.chanx.asTest = asTest;
