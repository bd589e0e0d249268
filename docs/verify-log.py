#!/usr/bin/env python3
"""Checks a copy of the register's log with Python's standard library, and its signature with OpenSSL.

    mutuals log export >log.ndjson
    python3 docs/verify-log.py log.ndjson [PUBLIC-KEY.pem]

Line 1 is the head as /v1/log/head gives it, each line after it an entry as /v1/entries does, from number 1 on.
"""
import base64
import hashlib
import json
import subprocess
import sys
import tempfile


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def leaf_hash(entry):
    if "action" not in entry:  # not for all to see: its hash stands for it
        return bytes.fromhex(entry["leaf_hash"])
    said = {name: value for name, value in entry.items() if name not in ("leaf_hash", "changes")}
    said.setdefault("after", None)
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(b"\0", canonical.encode())


def signature_is_right(checkpoint, key):
    text, _, signatures = checkpoint.partition("\n\n")
    signature = base64.b64decode(signatures.split()[-1])[4:]
    with tempfile.NamedTemporaryFile() as signed, tempfile.NamedTemporaryFile() as by:
        for file, content in (signed, text.encode() + b"\n"), (by, signature):
            file.write(content)
            file.flush()
        command = f"openssl pkeyutl -verify -pubin -rawin -in {signed.name} -sigfile {by.name} -inkey".split()
        return subprocess.run([*command, key], capture_output=True).returncode == 0


lines = open(sys.argv[1], encoding="utf-8")
head = json.loads(next(lines))
subtrees, count = [], 0  # the hashes of the complete subtrees, the greatest first
for entry in map(json.loads, lines):
    node, above = leaf_hash(entry), count
    if entry["seq"] != count + 1 or node.hex() != entry["leaf_hash"]:
        sys.exit(f"entry {count + 1} is missing or not what was logged")
    while above & 1:  # RFC 6962: two subtrees of one size make one of twice the size
        node, above = sha256(b"\1", subtrees.pop(), node), above >> 1
    subtrees, count = [*subtrees, node], count + 1
root = subtrees.pop() if subtrees else sha256()
while subtrees:
    root = sha256(b"\1", subtrees.pop(), root)
if (count, root.hex()) != (head["tree_size"], head["root_hash"]):
    sys.exit(f"the head is of {head['tree_size']} entries with another root than these {count}")
for key in sys.argv[2:]:
    of_these = head["checkpoint"].split("\n")[1:3] == [str(count), base64.b64encode(root).decode()]
    if not (of_these and signature_is_right(head["checkpoint"], key)):
        sys.exit("the head is not signed with this key")
print(f"{count} entries are unchanged; root {root.hex()}")
