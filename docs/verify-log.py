#!/usr/bin/env python3
"""Checks the register's log with Python's standard library, and signatures with OpenSSL.

A copy of the whole log. Line 1 is the head as /v1/log/head gives it, each line after it an entry as /v1/entries does, from
number 1 on:

    mutuals log export >log.ndjson
    python3 docs/verify-log.py log.ndjson [PUBLIC-KEY.pem]

An answer: a record, or a list of records, that the service shows. It must be what its entry says, and that entry must be in
the log. A key with which you see more is taken from the environment, MUTUALS_KEY:

    python3 docs/verify-log.py http://localhost:8080/v1/mutuals/seqol [PUBLIC-KEY.pem]
"""
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

BESIDE = "leaf_hash", "content_hash", "changes"  # what an entry shows and does not say


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value):  # RFC 8785, as far as entries need it
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def leaf_hash(entry):
    seq, leaf = entry["seq"], None
    if "action" in entry:
        leaf = canonical({"after": None, **{name: said for name, said in entry.items() if name not in BESIDE}})
        if "content_hash" in entry and sha256(leaf).hex() != entry["content_hash"]:
            sys.exit(f"entry {seq} is missing or not what was logged")
    elif entry.get("restricted") is not True or "content_hash" not in entry:
        sys.exit(f"entry {seq} is without content, and nothing shows that it was logged as restricted")
    # The leaf of a restricted entry is of what everybody sees of it: only one that was logged as restricted has such a leaf.
    if "content_hash" in entry:
        leaf = canonical({name: entry[name] for name in ("at", "content_hash", "restricted", "seq")})
    return sha256(b"\0", leaf)


def root_of(entries):
    subtrees, count = [], 0  # the hashes of the complete subtrees, the greatest first
    for entry in entries:
        if entry["seq"] != count + 1:
            sys.exit(f"entry {count + 1} is missing or not what was logged")
        node, above = leaf_hash(entry), count
        if node.hex() != entry["leaf_hash"]:
            sys.exit(f"entry {count + 1} is missing or not what was logged")
        while above & 1:  # RFC 6962: two subtrees of one size make one of twice the size
            node, above = sha256(b"\1", subtrees.pop(), node), above >> 1
        subtrees, count = [*subtrees, node], count + 1
    root = subtrees.pop() if subtrees else sha256()
    while subtrees:
        root = sha256(b"\1", subtrees.pop(), root)
    return count, root.hex()


def root_by(node, seq, size, hashes):  # RFC 9162, section 2.1.3.2
    index, last = seq - 1, size - 1
    for sibling in map(bytes.fromhex, hashes):
        if index & 1 or index == last:
            node = sha256(b"\1", sibling, node)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            node = sha256(b"\1", node, sibling)
        index, last = index >> 1, last >> 1
    return node.hex() if last == 0 else None


def check_signature(head, key):
    text, _, signatures = head.get("checkpoint", "").partition("\n\n")
    of_head = text.split("\n")[1:3] == [str(head["tree_size"]), base64.b64encode(bytes.fromhex(head["root_hash"])).decode()]
    signature = base64.b64decode(signatures.split()[-1])[4:] if signatures else b""
    with tempfile.NamedTemporaryFile() as signed, tempfile.NamedTemporaryFile() as by:
        for file, content in (signed, text.encode() + b"\n"), (by, signature):
            file.write(content)
            file.flush()
        command = f"openssl pkeyutl -verify -pubin -rawin -in {signed.name} -sigfile {by.name} -inkey".split()
        if not of_head or subprocess.run([*command, key], capture_output=True).returncode:
            sys.exit("the head is not signed with this key")


def check_copy(file, keys):
    lines = open(file, encoding="utf-8")
    head = json.loads(next(lines))
    count, root = root_of(map(json.loads, lines))
    if (count, root) != (head["tree_size"], head["root_hash"]):
        sys.exit(f"the head has {head['tree_size']} entries and another root than these {count} entries")
    for key in keys:
        check_signature(head, key)
    print(f"{count} entries are unchanged; root {root}")


def fetch(url):
    key = os.environ.get("MUTUALS_KEY")
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"} if key else {})
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response), response.headers
    except urllib.error.HTTPError as error:
        sys.exit(f"{url}: {error}")


def differences(logged, shown, place=""):
    """The members that an answer shows otherwise than its entry says. In place of personal data the entry has a commitment: the
    answer has a text there or, for those who may not see it, nothing."""
    if isinstance(logged, dict) and list(logged) == ["commitment"] and (shown is None or isinstance(shown, str)):
        return []
    if isinstance(logged, dict) and isinstance(shown, dict):
        names = sorted({*logged, *shown})
        return [found for name in names for found in differences(logged.get(name), shown.get(name), f"{place}/{name}")]
    return [] if canonical(logged) == canonical(shown) else [place]


def check_answer(url, keys):
    answer, headers = fetch(url)
    service = url.partition("/v1/")[0]
    shown = answer["items"] if "items" in answer else [answer]
    entries = answer.get("register_entries", []) if "items" in answer else headers.get_all("Register-Entry", [])
    if len(shown) != len(entries):
        sys.exit("the response does not say which log entries its records are from")
    head = fetch(f"{service}/v1/log/head")[0]
    size = head["tree_size"]
    for key in keys:
        check_signature(head, key)
    for record, seq in zip(shown, map(int, entries)):
        if seq > size:
            sys.exit(f"entry {seq} is not in the log, which has {size} entries")
        page, _ = fetch(f"{service}/v1/entries?after={seq - 1}&limit=1&epoch={head['epoch']}")
        entry = page["items"][0] if page["items"] else {}
        if entry.get("seq") != seq:
            sys.exit(f"entry {seq} is not in the log")
        proof = fetch(f"{service}/v1/log/proofs/inclusion?seq={seq}&tree_size={size}")[0]
        if root_by(leaf_hash(entry), seq, size, proof["hashes"]) != head["root_hash"]:
            sys.exit(f"entry {seq} is not in the log as it is shown")
        if "action" not in entry:
            sys.exit(f"entry {seq} is restricted: set MUTUALS_KEY to a key that may see it")
        found = differences(entry.get("after"), record)
        if found:
            sys.exit(f"the response does not match entry {seq}: {', '.join(found)}")
    print(f"{len(shown)} records match the log; {size} entries, root {head['root_hash']}")


target, public_keys = sys.argv[1], sys.argv[2:]
(check_answer if target.startswith(("http://", "https://")) else check_copy)(target, public_keys)
