"""Frames that clients should not send, with the code that answers each; and odd ones that they may."""

from __future__ import annotations

import json

LIMIT = 65_536
MALFORMED, UNKNOWN, INVALID = "malformed_frame", "unknown_action", "validation_error"


def nested(depth: int, opening: str = "[", closing: str = "]") -> str:
    return opening * depth + closing * depth


def free(payload: str) -> str:
    return f'{{"action": "free", "payload": {payload}}}'


def sized(size: int, letter: str = "a") -> str:
    """Make a valid frame of so many bytes."""
    empty = json.dumps({"action": "free", "payload": ""})
    room = size - len(empty)
    letters, rest = divmod(room, len(letter.encode()))
    return empty[:-2] + letter * letters + "b" * rest + empty[-2:]


BAD: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", MALFORMED),
    "whitespace": (" \t\r\n ", MALFORMED),
    "no JSON": ("hello", MALFORMED),
    "half an object": ('{"action": "say"', MALFORMED),
    "half a string": ('{"action": "say', MALFORMED),
    "half an escape": ('{"action": "say\\u00', MALFORMED),
    "trailing text": ('{"action": "say"} x', MALFORMED),
    "two objects": ('{"action": "ping"}{"action": "ping"}', MALFORMED),
    "trailing comma": ('{"action": "ping",}', MALFORMED),
    "single quotes": ("{'action': 'ping'}", MALFORMED),
    "no quotes": ("{action: ping}", MALFORMED),
    "a comment": ('{"action": "ping"} // yes', MALFORMED),
    "leading zero": (free("01"), MALFORMED),
    "a plus sign": (free("+1"), MALFORMED),
    "hexadecimal": (free("0x10"), MALFORMED),
    "only a brace": ("{", MALFORMED),
    "only closing braces": ("}}}}", MALFORMED),
    "closing brackets first": ("]" * 40 + "[" * 40, MALFORMED),
    "byte order mark": ('\ufeff{"action": "ping"}', MALFORMED),
    "array": ("[]", MALFORMED),
    "array of frames": ('[{"action": "ping"}]', MALFORMED),
    "null": ("null", MALFORMED),
    "true": ("true", MALFORMED),
    "number": ("5", MALFORMED),
    "float": ("1e5", MALFORMED),
    "string": ('"ping"', MALFORMED),
    "array with text": ('["action", "ping"]', MALFORMED),
    "NaN": (free("NaN"), MALFORMED),
    "Infinity": (free("Infinity"), MALFORMED),
    "-Infinity": (free("-Infinity"), MALFORMED),
    "NaN deep inside": (free('{"a": [1, {"b": NaN}]}'), MALFORMED),
    "NaN beside a string with NaN": (free('["NaN", NaN]'), MALFORMED),
    "nan": (free("nan"), MALFORMED),
    "lone high surrogate, escaped": (free('"\\ud800"'), MALFORMED),
    "lone low surrogate, escaped": (free('"\\udc00"'), MALFORMED),
    "lone surrogate in a key": (free('{"\\ud800": 1}'), MALFORMED),
    "lone surrogate in the action": ('{"action": "\\ud800"}', MALFORMED),
    "lone surrogate in the id": ('{"action": "ping", "id": "\\ud800"}', MALFORMED),
    "lone surrogate, raw": (free('"\ud800"'), MALFORMED),
    "control character in a string": (free('"a\x00b"'), MALFORMED),
    "newline in a string": (free('"a\nb"'), MALFORMED),
    "33 arrays": (free(nested(32)), MALFORMED),
    "33 objects": (free('{"a":' * 32 + "1" + "}" * 32), MALFORMED),
    "34 of both": (free('[{"a":' * 16 + "[1]" + "}]" * 16), MALFORMED),
    "30000 arrays": (nested(30_000), MALFORMED),
    "30000 arrays that never close": ("[" * 60_000, MALFORMED),
    "binary": (b'{"action": "ping"}', MALFORMED),
    "binary that is no UTF-8": (b"\xff\xfe\x00", MALFORMED),
    "binary, empty": (b"", MALFORMED),
    "an integer of 5000 digits": (free("9" * 5000), MALFORMED),
    "one byte too many": (sized(LIMIT + 1), "too_large"),
    "two-byte letters, one byte too many": (sized(LIMIT + 1, "é"), "too_large"),
    "four-byte letters, one byte too many": (sized(LIMIT + 1, "🙂"), "too_large"),
    "a megabyte": (sized(1_000_000), "too_large"),
    "no action": ("{}", UNKNOWN),
    "no action but a payload": ('{"payload": {"text": "hi"}}', UNKNOWN),
    "unknown action": ('{"action": "fly"}', UNKNOWN),
    "empty action": ('{"action": ""}', UNKNOWN),
    "action in capitals": ('{"action": "PING"}', UNKNOWN),
    "action with a space": ('{"action": "ping "}', UNKNOWN),
    "action null": ('{"action": null}', UNKNOWN),
    "action true": ('{"action": true}', UNKNOWN),
    "action number": ('{"action": 1}', UNKNOWN),
    "action float": ('{"action": 1.5}', UNKNOWN),
    "action array": ('{"action": []}', UNKNOWN),
    "action array with ping": ('{"action": ["ping"]}', UNKNOWN),
    "action object": ('{"action": {"a": {}}}', UNKNOWN),
    "action huge": ('{"action": ' + "9" * 400 + "}", UNKNOWN),
    "action of 30000 letters": (json.dumps({"action": "é" * 10_000}), UNKNOWN),
    "action with control characters": ('{"action": "\\u001b[31m\\u0000\\r\\nfly"}', UNKNOWN),
    "a dunder method": ('{"action": "__class__"}', UNKNOWN),
    "a method of the consumer": ('{"action": "disconnect"}', UNKNOWN),
    "a message of the server": ('{"action": "pong"}', UNKNOWN),
    "key in capitals": ('{"Action": "ping"}', UNKNOWN),
    "10000 unknown keys": (json.dumps({f"k{n}": 1 for n in range(4_000)}), UNKNOWN),
    "the last of two actions is unknown": ('{"action": "ping", "action": "fly"}', UNKNOWN),
    "no payload": ('{"action": "say"}', INVALID),
    "payload null": ('{"action": "say", "payload": null}', INVALID),
    "payload array": ('{"action": "say", "payload": []}', INVALID),
    "payload string": ('{"action": "say", "payload": "hi"}', INVALID),
    "payload number": ('{"action": "say", "payload": 1}', INVALID),
    "payload for ping": ('{"action": "ping", "payload": {"a": 1}}', INVALID),
    "wrong type": ('{"action": "say", "payload": {"text": 1}}', INVALID),
    "integer of 400 digits as text": ('{"action": "say", "payload": {"text": ' + "9" * 400 + "}}", INVALID),
    "number for an integer": ('{"action": "say", "payload": {"number": 1.5}}', INVALID),
    "4000 wrong items": (json.dumps({"action": "many", "payload": ["x"] * 4_000}), INVALID),
    "wrong at the bottom": (json.dumps({"action": "grow", "payload": {"children": [{"children": [5]}]}}), INVALID),
    "the last of two payloads is wrong": ('{"action":"say","payload":{"text":"a"},"payload":5}', INVALID),
    "id array": ('{"action": "ping", "id": []}', INVALID),
    "id object": ('{"action": "ping", "id": {}}', INVALID),
    "id true": ('{"action": "ping", "id": true}', INVALID),
    "id float": ('{"action": "ping", "id": 1.0}', INVALID),
    "id of 129 letters": (json.dumps({"action": "ping", "id": "x" * 129}), INVALID),
    "id of 129 bytes": (json.dumps({"action": "ping", "id": "é" * 64 + "x"}, ensure_ascii=False), INVALID),
    "id above 64 bits": ('{"action": "ping", "id": 9223372036854775808}', INVALID),
    "id below 64 bits": ('{"action": "ping", "id": -9223372036854775809}', INVALID),
    "id of 400 digits": ('{"action": "ping", "id": ' + "9" * 400 + "}", INVALID),
    "cancel without id": ('{"action": "cancel"}', INVALID),
    "cancel of null": ('{"action": "cancel", "payload": {"id": null}}', INVALID),
    "cancel of an array": ('{"action": "cancel", "payload": {"id": []}}', INVALID),
}  # fmt: skip

GOOD: dict[str, str] = {
    "exactly at the limit": sized(LIMIT),
    "two-byte letters at the limit": sized(LIMIT, "é"),
    "four-byte letters at the limit": sized(LIMIT, "🙂"),
    "32 deep": free(nested(31)),
    "32 deep of both": free('[{"a":' * 15 + "[1]" + "}]" * 15),
    "many brackets, but flat": free("[" + "[]," * 500 + "{}]"),
    "brackets in a string": free(json.dumps("[{" * 500)),
    "brackets after escaped quotes": free(json.dumps('\\"[{' * 500)),
    "the word NaN": free('"NaN and Infinity, -Infinity"'),
    "NaN as a key": free('{"NaN": "Infinity"}'),
    "an integer of 400 digits": free("9" * 400),
    "a large exponent in a string": free('"1e999"'),
    "4000 keys": free(json.dumps({f"k{n}": n for n in range(4_000)})),
    "duplicate keys": '{"action": "fly", "action": "free", "payload": 1, "payload": 2}',
    "surrounding whitespace": f" \r\n\t{free('1')} \n",
    "escaped control characters": free('"\\u0000\\u001b"'),
    "a surrogate pair": free('"\\ud83d\\ude42"'),
    "escaped action": '{"\\u0061ction": "fr\\u0065e"}',
}
