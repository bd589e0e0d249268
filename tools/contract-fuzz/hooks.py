"""What Schemathesis needs to know of the register: its media types, its vocabularies, its long poll, and why a request that the
schemas allow may be refused all the same."""

import json
import re

import schemathesis

# Faults that depend on the register's records, or on several values at once: no schema says them.
BEYOND_SCHEMAS = {
    "check-digit",
    "cycle",
    "date-order",
    "duplicate-item",
    "inconsistent",
    "invalid-cursor",
    "misfiled",
    "not-supported",
    "unknown-reference",
}

# Faults that a schema could say of another value, and not of these: where they are, their code, and why.
BEYOND_SCHEMAS_HERE = [
    ("", "required", "a return has one of several figures"),
    ("", "invalid-format", "what a file is, its first bytes say"),
    (r"/.*", "duplicate-member", "a table names each of its columns once"),
    (r"fields", "not-in-vocabulary", "the fields of a record are those of its schema"),
    ("", "too-many", "what comes after so many faults isn't listed"),
    (r"/(.*/)?sources/\d+", "required", "a source has one of several members"),
    (r"/(closed_on|decided_on|decision_reasons)", "required", "an outcome has its day and its reasons"),
    (r"/(position|staff_ballot_id)", "required", "staff endorse by a ballot, and others by saying so"),
    (r"/declared_on", "required", "a declaration has the day that its ballot doesn't say"),
    (r"/effective_on", "required", "only what is entered after the fact may lack its day"),
    (r"/effective_on", "invalid-format", "only what is entered after the fact may have less than a day"),
    (r"/(thresholds|published_figures)/\d+/option", "required", "only turnout is of no option"),
    (r"/scrutineer", "required", "a scrutineer has one of two names"),
    (r"/counts", "required", "a declared ballot has one of two results"),
    (r"/[a-z_]+", "read-only", "what is set once is sent as it is"),
    (r"/(.*/)?([a-z_]+_on|stage_since)", "out-of-range", "what is to come has not happened"),
    (r"/enabler_id", "required", "who is assigned is named"),
    (r"identifier", "not-in-vocabulary", "a number is found in any of its forms, but only of the schemes that there are"),
    (r"q", "empty", "which characters are letters is Unicode's to say"),
    (r"/identifiers/\d+/id|identifier", "invalid-format", "the form of an identifier is its scheme's"),
    (r"from", "too-many", "periods are counted from one parameter to the other"),
    (r"from|to|seq|tree_size|after", "out-of-range", "the log is as long as it is now"),
    (r"epoch", "required", "a place in the log is of an epoch, unless it is the beginning"),
    (r"/expires_in_days", "out-of-range", "no key outlives the one that makes it"),
    (r"known_at", "out-of-range", "what is to come is not known"),
    (r"/hosting", "required", "only a ballot of mode `hosted` has a plan"),
    (r"/(hosting/)?(opens_at|closes_at|paper_until)", "invalid-format", "a time that is signed has one text only"),
    (r"/(.*/)?signature", "invalid-format", "the last bits of base64 are 0"),
    (r"/public_key", "invalid-format", "not all 32 bytes are a key"),
    (r"/public_key", "not-supported", "a key for which anybody can sign is none"),
    (r"/spend", "required", "a vote has one of two kinds of spends"),
    (r"/code(_[ab])?", "invalid-format", "a code is read as people type it"),
    (r"/code(_[ab])?", "invalid-character", "a code is read as people type it"),
    (r"/nonce", "out-of-range", "a nonce has different digits"),
]


def is_positive(case):
    """Whether the request is one that the schemas allow."""
    return case.meta is not None and case.meta.generation.mode.is_positive


def is_beyond_schemas(error, method):
    """Whether no schema could have said this fault."""
    place = error.get("pointer", error.get("parameter", error.get("header", "")))
    return (
        error["code"] in BEYOND_SCHEMAS
        or any(error["code"] == code and re.fullmatch(where, place) for where, code, _ in BEYOND_SCHEMAS_HERE)
        # What a patch leaves out may be there already.
        or (error["code"] == "required" and method == "PATCH")
        # The days of a month depend on the month and the year, and a date of the schemas may be of any year.
        or (error["code"] == "out-of-range" and re.search("is not a day in the calendar|is not within 1000 to 9999", error["detail"]))
        # Patterns that every dialect of regular expressions reads speak of ASCII alone: what else is a control character or a blank
        # is Unicode's to say.
        or (error["code"] == "invalid-character" and re.search(r"U\+(?!00[0-7])", error["detail"]))
        or (error["code"] == "empty" and error.get("pointer"))
    )


def close(node):
    """The words of a vocabulary that grows are those that it has today."""
    if isinstance(node, dict):
        words = node.get("x-extensible-enum")
        if isinstance(words, list):
            node["enum"] = words
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        close(child)


@schemathesis.hook
def before_load_schema(ctx, raw_schema):
    close(raw_schema)


@schemathesis.serializer("application/x-ndjson", "text/csv")
def lines(ctx, value):
    """A file of an import: text is sent as it is, anything else as one line of JSON."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "surrogatepass")


@schemathesis.deserializer("application/x-ndjson", "text/csv", "text/html")
def text(ctx, response):
    """Files and pages are text to the contract."""
    return response.content.decode("utf-8")


@schemathesis.hook
def map_query(ctx, query):
    """Nobody waits for entries: the answer comes at once, whatever the number of seconds. Lists are read with all fields."""
    if query and isinstance(query.get("wait"), int) and 0 < query["wait"] <= 20:
        query["wait"] = 0
    # Items with some of their fields lack others, which no schema can say.
    if query and "fields" in query and not ctx.operation.path.endswith(("export.csv", "export.ndjson")):
        del query["fields"]
    return query


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Schemathesis may send 0 as a header that may be absent, whatever its pattern: then the header is as in its example. Examples do
    not come by `map_query`."""
    if case.query and not case.operation.path.endswith(("export.csv", "export.ndjson")):
        case.query.pop("fields", None)
    if is_positive(case) and case.headers and case.headers.get("If-Match") == "0":
        case.headers["If-Match"] = '"7"'


@schemathesis.hook
def filter_body(ctx, body):
    """Any text is a file of an import: what is wrong with its lines is said by line, once they are read."""
    takes_lines = any(one.media_type == "application/x-ndjson" for one in ctx.operation.body)
    return isinstance(body, str) if takes_lines else True


@schemathesis.check
def refused_for_what_no_schema_says(ctx, response, case):
    """A request that the contract's schemas allow is refused for what they can't say, and for nothing else."""
    if not is_positive(case) or response.status_code not in (400, 422):
        return
    problem = response.json()
    errors = problem.get("errors", [])
    unsaid = [error for error in errors if not is_beyond_schemas(error, case.method)]
    is_reused_key = problem["type"].endswith("/idempotency-key-reused")
    assert not unsaid and (errors or is_reused_key), json.dumps(unsaid or problem, indent=2, ensure_ascii=False)
