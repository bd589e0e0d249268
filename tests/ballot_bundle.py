#!/usr/bin/env python3
"""Makes the verification bundle of an invented hosted ballot, with Python's standard library and OpenSSL 3.

    python3 tests/ballot_bundle.py [single_choice|ranked] [1|2] [SEED] >bundle.json
    python3 tests/ballot_bundle.py published >docs/guide/ballot-bundle.json

45 people are on the roll. 28 vote online and 12 on paper, and casting is extended by a day. The keys are new each time; all
else follows from the seed. The published bundle is always the same, as its keys and codes are those of the vectors in
docs/guide/ballot-protocol.md. This is written from that page, and shares no code with what it tries.
"""
import base64
import hashlib
import hmac
import json
import random
import subprocess
import sys
import tempfile

BALLOT = "0190c0de-0000-7000-8000-000000000001"
OPTIONS = {
    "single_choice": [("leave", "Leave the council as a mutual", "mutual"), ("stay", "Stay in the council", "remain_in_house")],
    "ranked": [("mutual", "A mutual of our own", "mutual"), ("stay", "Stay in the council", "remain_in_house"),
               ("trust", "Join the NHS trust \u2013 \U0001f3e5", "nhs_trust"), ("wait", "Wait a year", "other")],
}
EXTENDED = "2026-06-09T17:00:00Z"


class Key:
    """An Ed25519 key of OpenSSL."""

    def __init__(self, private=None):
        der = private and bytes.fromhex("302e020100300506032b657004220420") + bytes(private)
        self.pem = run("pkey", "-inform", "DER", given=der) if private else run("genpkey", "-algorithm", "ed25519")
        self.public = base64.b64encode(run("pkey", "-pubout", "-outform", "DER", given=self.pem)[-32:]).decode()

    def sign(self, message):
        with tempfile.NamedTemporaryFile() as key, tempfile.NamedTemporaryFile() as signed:
            for file, content in (key, self.pem), (signed, message.encode()):
                file.write(content)
                file.flush()
            return base64.b64encode(run("pkeyutl", "-sign", "-rawin", "-inkey", key.name, "-in", signed.name)).decode()


def run(*arguments, given=None):
    return subprocess.run(["openssl", *arguments], input=given, stdout=subprocess.PIPE, check=True).stdout


def hash_of(*parts):
    return hashlib.sha256(":".join(["psm-ballot-v1", *parts]).encode()).hexdigest()


def canonical(value):  # the members' names here are ASCII
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(value):
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def root_of(leaves):
    """The recursive definition of RFC 6962, section 2.1."""
    if len(leaves) < 2:
        return hashlib.sha256(b"\0" + leaves[0].encode() if leaves else b"").digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root_of(leaves[:half]) + root_of(leaves[half:])).digest()


def roll_root(entries):
    return root_of(entries).hex()


def votes_root(votes):
    return root_of([f"psm-ballot-v1:vote:{BALLOT}:{tracker}:{choice}" for tracker, choice in votes]).hex()


def code_of(seed, side, number):
    return hmac.new(seed, f"psm-ballot-v1:code:{BALLOT}:{side}:{number}".encode(), hashlib.sha256).hexdigest()[:32]


def entry_of(spends):
    if len(spends) == 1:
        return hash_of("entry", spends[0])
    return hash_of("entry2", *(hash_of("half", side, spend) for side, spend in zip("ab", spends)))


def tracker_of(codes, nonce):
    return hash_of("tracker" if len(codes) == 1 else "tracker2", BALLOT, *codes, nonce)


def rounds_of(papers, keys, root):
    """The alternative vote, told round by round."""
    rounds, remaining = [], list(keys)
    while True:
        votes, exhausted = dict.fromkeys(remaining, 0), 0
        for paper in papers:
            preferred = [key for key in paper if key in remaining]
            if preferred:
                votes[preferred[0]] += 1
            else:
                exhausted += 1
        this = {"round": len(rounds) + 1, "counts": listed(votes), "exhausted": exhausted}
        rounds.append((this, votes))
        most = max(votes.values())
        if most * 2 > len(papers) - exhausted or len(remaining) < 3:
            this["leading"] = [key for key in remaining if votes[key] == most]
            return [told for told, _ in rounds]
        this["eliminated"], this["by"] = last_of(votes, [before for _, before in rounds[:-1]], root)
        remaining.remove(this["eliminated"])


def last_of(votes, before, root):
    last = [key for key in votes if votes[key] == min(votes.values())]
    if len(last) == 1:
        return last[0], "votes"
    for earlier in before[::-1]:
        fewest = min(earlier[key] for key in last)
        last = [key for key in last if earlier[key] == fewest]
        if len(last) == 1:
            return last[0], "earlier_round"
    return sorted(last, key=lambda key: hash_of("lot", BALLOT, root, key))[0], "lot"


def listed(votes):
    return [{"option": key, "votes": votes[key]} for key in votes]


def result_of(method, votes, batch, root):
    """The result of these votes and this batch of paper."""
    keys = [key for key, _, _ in OPTIONS[method]]
    batch = batch or {"spends": [], "spoiled": 0, "counts": {}, "rankings": []}
    online, paper = len(votes), len(batch["spends"])
    result = {"returned": online + paper, "spoiled": batch["spoiled"], "valid": online + paper - batch["spoiled"],
              "online": online, "paper": paper}
    if method == "ranked":
        result["rounds"] = rounds_of([choice.split(">") for _, choice in votes] + batch["rankings"], keys, root)
        last = {told["option"]: told["votes"] for told in result["rounds"][-1]["counts"]}
        counts = {key: last.get(key, 0) for key in keys}
        result["leading"] = result["rounds"][-1]["leading"]
    else:
        cast = [choice for _, choice in votes]
        apart = {key: cast.count(key) for key in keys}, {key: batch["counts"].get(key, 0) for key in keys}
        result["online_counts"], result["paper_counts"] = map(listed, apart)
        counts = {key: apart[0][key] + apart[1][key] for key in keys}
        result["leading"] = [key for key in keys if counts[key] == max(counts.values())]
    return {**result, "counts": listed(counts)}


class Sample:
    """A ballot with its bundle, the keys of its issuers and of its receipts, and what its voters keep."""

    def __init__(self, method="single_choice", issuers=1, seed=1):
        self.method, self.sides, self.random = method, "ab"[:issuers], random.Random(f"{method} {issuers} {seed}")
        self.make_secrets()
        people = [[code_of(self.seeds[side], side, number) for side in self.sides] for number in range(1, 46)]
        entries = sorted(entry_of(self.spends_of(codes)) for codes in people)
        manifest = self.manifest(entries)
        self.fingerprint = sha256(manifest)
        votes = sorted(self.vote(codes) for codes in people[:28])
        batch = self.batch(sorted(self.spends_of(codes) for codes in people[28:40]))
        root = votes_root(votes)
        self.bundle = {
            "protocol": "psm-ballot-v1", "ballot": BALLOT, "manifest": manifest, "manifest_sha256": self.fingerprint,
            "signatures": self.signed(f"manifest:{self.fingerprint}"), "extensions": [self.extension(EXTENDED)],
            "closed_at": EXTENDED, "entries": entries, "spends": sorted(self.spends_of(codes) for codes in people[:28]),
            "votes": votes, "votes_root": root, "paper": self.paper(batch), "result": result_of(method, votes, batch, root)}

    def make_secrets(self):
        self.keys, self.receipt_key = {side: Key() for side in self.sides}, Key()
        self.seeds = {side: self.random.randbytes(32) for side in self.sides}

    def vote(self, codes):
        return [tracker_of(codes, self.random.randbytes(16).hex()), self.choice()]

    def spends_of(self, codes):
        return [hash_of("spend", BALLOT, code) for code in codes]

    def manifest(self, entries):
        options = [{"key": key, "label": label, "effect": effect} for key, label, effect in OPTIONS[self.method]]
        names = {"a": "Scrutineer & Sons", "b": "Union of Council Staff"}
        return {
            "protocol": "psm-ballot-v1", "ballot": BALLOT, "question": "Shall we leave the council \u2013 as a \u201cmutual\u201d?",
            "method": self.method, "options": options, "opens_at": "2026-06-01T08:00:00Z", "closes_at": "2026-06-08T17:00:00Z",
            "paper_until": "2026-06-12T17:00:00Z", "thresholds": [{"basis": "turnout", "percent": "50.00"}], "min_returned": 20,
            "issuers": [{"side": side, "name": names[side], "public_key": self.keys[side].public} for side in self.sides],
            "roll_size": len(entries), "roll_root": roll_root(entries), "receipt_key": self.receipt_key.public}

    def choice(self):
        keys = [key for key, _, _ in OPTIONS[self.method]]
        return ">".join(self.random.sample(keys, self.random.randint(1, len(keys) if self.method == "ranked" else 1)))

    def batch(self, spends):
        choices = [self.choice() for _ in spends[2:]]
        if self.method == "ranked":
            marks = {"rankings": sorted(choice.split(">") for choice in choices)}
        else:
            marks = {"counts": {key: choices.count(key) for key, _, _ in OPTIONS[self.method]}}
        return {"spends": spends, "spoiled": 2, "duplicates": 1, **marks}

    def signed(self, message):
        return [{"side": side, "signature": self.keys[side].sign(f"psm-ballot-v1:{message}")} for side in self.sides]

    def extension(self, closes_at):
        signature = self.signed(f"extend:{BALLOT}:{self.fingerprint}:{closes_at}")[0]["signature"]
        return {"closes_at": closes_at, "signature": signature}

    def paper(self, batch):
        signatures = self.signed(f"paper:{BALLOT}:{self.fingerprint}:{sha256(batch)}")
        return {"batch": batch, "sha256": sha256(batch), "signatures": signatures}

    def receipt(self, tracker, choice):
        message = f"psm-ballot-v1:receipt:{BALLOT}:{self.fingerprint}:{tracker}:{choice}"
        return message, self.receipt_key.sign(message)


class Published(Sample):
    """The ranked ballot of two issuers in the guide. The first voter is that of its vectors."""

    def __init__(self):
        super().__init__("ranked", 2, "published")

    def make_secrets(self):
        self.seeds = {"a": bytes(range(32)), "b": bytes(range(32, 64))}
        self.keys = {"a": Key(range(64, 96)), "b": Key(range(96, 128))}
        receipts = "-keylen", "32", "-kdfopt", "digest:SHA256", "-kdfopt", f"hexkey:{bytes(range(128, 160)).hex()}"
        private = run("kdf", *receipts, "-kdfopt", f"info:psm-ballot-v1:receipt:{BALLOT}", "-binary", "HKDF")
        self.receipt_key = Key(private)

    def vote(self, codes):
        if codes[0] == code_of(self.seeds["a"], "a", 1):
            return [tracker_of(codes, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"), "trust>mutual>stay"]
        return super().vote(codes)


if __name__ == "__main__":
    wanted, numbers = sys.argv[1] if sys.argv[1:] else "single_choice", map(int, sys.argv[2:])
    sample = Published() if wanted == "published" else Sample(wanted, *numbers)
    sys.stdout.buffer.write(canonical(sample.bundle).encode())
