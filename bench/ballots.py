"""A hosted ballot: what opens one, and what its voters send."""

import datetime
import hashlib
import http.client
import json
import os
import subprocess
import sys

VOTERS = int(os.environ.get("BENCH_VOTERS", "20000"))
# Votes a second, at 64 connections.
AT_LEAST = {"sqlite": 2_000, "postgres": 800}
CHOICES = ("yes", "no", "none")


class Parties:
    """Those who hold a ballot in a service that this program serves on this register. Their files are in a folder."""

    def __init__(self, program, port, url, folder):
        self.program, self.port, self.url, self.folder = program, port, url, folder
        self.editor, self.issuer = self.key("department_editor"), self.key("scrutineer")

    def key(self, role):
        return self.told("keys", "create", "--role", role, "--label", "bench", "--database-url", self.url)

    def told(self, *command):
        ended = subprocess.run([self.program, *command], cwd=self.folder, check=True, stdout=subprocess.PIPE, text=True)
        return ended.stdout.strip()

    def send(self, key, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        headers = {"Authorization": f"Bearer {key}", "If-Match": "*"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        told = response.read()
        connection.close()
        if response.status not in (200, 201):
            sys.exit(f"{method} {path}: {told}")
        return json.loads(told)


def write_votes(program, port, url, folder, file):
    """Opens a ballot, and writes its path and then one vote of each voter, by line."""
    parties = Parties(program, port, url, folder)
    admin = os.environ["BENCH_KEY"]
    led = parties.send(admin, "POST", "/v1/mutuals", {"name": "Voting", "sectors": ["culture"]})
    now = datetime.datetime.now(datetime.timezone.utc)
    at = [f"{now + datetime.timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (0, 1)]
    draft = {
        "mutual_id": led["id"], "kind": "formal", "mode": "hosted", "question": "Shall we leave the council?", "method": "single_choice",
        "options": [
            {"key": "yes", "label": "Yes", "effect": "mutual"},
            {"key": "no", "label": "No", "effect": "remain_in_house"},
            {"key": "none", "label": "Neither", "effect": "abstain"},
        ],
        "hosting": {"issuer_count": 1, "opens_at": at[0], "closes_at": at[1]},
    }
    ballot = parties.send(parties.editor, "POST", "/v1/staff-ballots", draft)["id"]
    own = f"/v1/staff-ballots/{ballot}"
    digits = parties.issuer.split("_")[1]
    key_id = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    appointed = {"key_id": key_id, "name": "Issuer", "public_key": parties.told("ballot", "key", "issuer.pem")}
    parties.send(admin, "PUT", f"{own}/issuers/a", appointed)
    codes = ("ballot", "codes", "--ballot", ballot, "--count", str(VOTERS), "--seed-file", "issuer.seed")
    parties.send(parties.issuer, "PUT", f"{own}/roll", json.loads(parties.told(*codes)))
    parties.send(parties.issuer, "POST", f"{own}/freeze-roll")
    manifest = parties.send(parties.issuer, "GET", f"{own}/opening")["manifest"]
    (folder / "manifest.json").write_text(json.dumps(manifest, separators=(",", ":"), ensure_ascii=False))
    signature = parties.told("ballot", "sign", "--key-file", "issuer.pem", "--manifest", "manifest.json")
    parties.send(parties.issuer, "PUT", f"{own}/manifest-signatures/a", {"signature": signature})
    parties.send(parties.issuer, "POST", f"{own}/open")
    letters = parties.told(*codes, "--manifest", "manifest.json").splitlines()[1:]
    with file.open("w") as lines:
        lines.write(f"{own}/votes\n")
        for number, letter in enumerate(letters):
            code = letter.split(",")[1].replace(" ", "").replace('"', "")
            lines.write(json.dumps(vote(ballot, code, number)) + "\n")


def vote(ballot, code, number):
    nonce = sha256(f"nonce {number}")[:32]
    return {
        "spend": sha256(f"psm-ballot-v1:spend:{ballot}:{code}"),
        "tracker": sha256(f"psm-ballot-v1:tracker:{ballot}:{code}:{nonce}"),
        "choice": CHOICES[number % len(CHOICES)],
    }


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()
