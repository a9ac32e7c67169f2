"""What Schemathesis has to be told before it can hold the service against its OpenAPI document.

The rest of a rule that OpenAPI has no words for (of two parameters that exclude each other, of places that only the
service gives out) stands here: a request that is meant to be right is made right.
"""

import json
import os
import zlib

import requests
import schemathesis

URL = os.environ["ROCKETS_URL"]
NDJSON = "application/x-ndjson"
SAFE = 2**53 - 1
DEEPEST = 7

CHANNEL = "193270a9-c9cf-404a-8f83-838e71d9ae67"
# Nobody listens there; the service was told that it may be asked.
RECEIVER = {"type": "webhook", "url": "http://127.0.0.1:9099/"}
known = {"channel": CHANNEL, "position": "", "name": "tour"}


def message(number, kind, payload):
    metadata = {"channel": CHANNEL, "messageNumber": number, "messageTime": "2026-10-01T12:00:00Z", "messageType": kind}
    return {"metadata": metadata, "message": payload}


def send(path, body):
    requests.post(URL + path, json=body, timeout=5).raise_for_status()


@schemathesis.hook
def before_load_schema(ctx, raw_schema):
    fly_a_rocket()
    # The document describes one line of NDJSON.
    for item in raw_schema["paths"].values():
        for operation in item.values():
            for response in operation["responses"].values():
                lines = response.get("content", {}).get(NDJSON)
                if lines:
                    lines["schema"] = {"type": "array", "items": lines["schema"]}
    sent = raw_schema["paths"]["/messages"]["post"]["requestBody"]["content"][NDJSON]
    sent.pop("examples")
    # A stream is read to its end, whatever its lines are.
    messages = {"type": "array", "items": {"$ref": "#/components/schemas/RocketMessage"}}
    sent["schema"] = {"anyOf": [messages, {}]}


def fly_a_rocket():
    """There is something of everything: events, a refusal, a skip, a late message, a gap and messages behind it."""
    send("/messages", message(1, "RocketLaunched", {"type": "Falcon-9", "launchSpeed": 500, "mission": "ARTEMIS"}))
    send("/messages", message(2, "RocketSpeedDecreased", {"by": 9000}))
    send("/messages", message(4, "RocketSpeedIncreased", {"by": 3000}))
    send(f"/rockets/{CHANNEL}/gaps/skip", {"upTo": 3})
    send("/messages", message(3, "RocketSpeedIncreased", {"by": 1}))
    send("/messages", message(10**6, "RocketMissionChanged", {"newMission": "SHUTTLE_MIR"}))
    send("/subscriptions", {"name": known["name"], "sink": RECEIVER})
    known["position"] = requests.get(f"{URL}/events?limit=1", timeout=5).json()[0]["position"]


@schemathesis.deserializer(NDJSON)
def read_lines(ctx, response):
    return [json.loads(line) for line in response.content.decode().splitlines()]


@schemathesis.serializer(NDJSON)
def write_lines(ctx, value):
    lines = value if isinstance(value, list) else [value]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


@schemathesis.hook
def before_call(ctx, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    put_known(case)
    if case.query:
        mend_query(ctx.operation.label, case.query)
    if isinstance(case.body, (dict, list)):
        case.body = readable(case.body)
    if ctx.operation.label.endswith("/gaps/skip") and isinstance(case.body, dict):
        mend_skip(case.body)
    if "/subscriptions" in ctx.operation.label and isinstance(case.body, dict):
        mend_subscription(case.body)


def put_known(case):
    """Every other time what is there, as what is drawn hardly ever is."""
    for name, value in known.items():
        drawn = (case.path_parameters or {}).get(name)
        if drawn is not None and zlib.crc32(str(drawn).encode("utf-8", "replace")) % 2:
            case.path_parameters[name] = value


def mend_query(operation, query):
    after = query.get("after")
    if operation == "GET /events":
        if after not in (None, "beginning", "latest"):
            query["after"] = known["position"]
        if query.get("rule") is not None and query.get("type") is not None:
            query["type"] = "MessageRefused"
    elif operation == "GET /rockets" or operation.endswith("/gaps"):
        query.pop("after", None)
    if query.get("sortBy") is not None and query.get("sort") is not None:
        query["sortBy"] = query["sort"]
    if str(query.get("sort") or query.get("sortBy") or "").startswith("-"):
        query.pop("order", None)
    if query.get("version") is not None:
        query.pop("at", None)


def mend_skip(body):
    if "from" in body and "to" in body:
        body["from"], body["to"] = sorted((body["from"], body["to"]))


def mend_subscription(body):
    if "sink" in body:
        body["sink"] = RECEIVER | {name: value for name, value in body["sink"].items() if name == "batch"}
    if "secret" in body:
        body["secret"] = "whsec_" + "a" * 32
    if body.get("from") not in (None, "start", "now"):
        body["from"] = known["position"]


def readable(value, depth=0):
    """Without what programs read differently, which is refused in fields that nobody reads as well."""
    if isinstance(value, dict):
        names = [name for name in value if "\0" not in name and name not in ("__proto__", "constructor", "prototype")]
        return {name: readable(value[name], depth + 1) for name in names} if depth < DEEPEST else None
    if isinstance(value, list):
        return [readable(one, depth + 1) for one in value] if depth < DEEPEST else None
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-SAFE, min(SAFE, value))
    return value
