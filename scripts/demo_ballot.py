"""The last story of the demo: a secret ballot held in the register, and checked by those who do not trust it.

The issuers work with the program, without the service. The voters and the public have a shell, and each line that
they type is shown as it is run.
"""

import csv
import hashlib
import json
import secrets
import shlex
import shutil
import subprocess
import sys
import textwrap
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

VERIFIER = Path(__file__).resolve().parent.parent / "docs" / "verify-ballot.py"
PEOPLE, ONLINE, PAPERS = 45, 28, 12
SIDES = {"a": "Borough Ballot Services", "b": "Union of Leisure Staff"}
# How those vote who vote online, again and again in this order: 21 for the mutual and 7 against.
CHOICES = ["mutual", "mutual", "stay", "mutual"]
# What the voter and the public paste first.
FUNCTIONS = r"""
hash() { printf '%s' "$1" | sha256sum | cut -c1-64; }
leaf() { (printf '\000'; printf '%s' "$1") | sha256sum | cut -c1-64; }
bytes() { printf "$(printf '%s' "$1" | sed 's/../\\x&/g')"; }
node() { (printf '\001'; bytes "$1"; bytes "$2") | sha256sum | cut -c1-64; }
root() {
  local line level=()
  while IFS= read -r line; do level+=("$(leaf "$line")"); done
  while [ ${#level[@]} -gt 1 ]; do
    set -- "${level[@]}"
    level=()
    while [ $# -gt 1 ]; do level+=("$(node "$1" "$2")"); shift 2; done
    level+=("$@")
  done
  echo "${level[0]}"
}
signed() { # MESSAGE PUBLIC-KEY SIGNATURE
  printf '%s' "$1" >message.txt
  printf 'MCowBQYDK2VwAyEA%s' "$2" | openssl base64 -d -A >key.der
  printf '%s' "$3" | openssl base64 -d -A >signature.bin
  openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey key.der -in message.txt -sigfile signature.bin
}
""".strip()


def play(story, base, program, folder):
    """Plays it with the keys and the words of the story so far, and leaves its files in a folder of its own."""
    if story.ask("GET", "/v1/log/key")[0] != 200:
        story.chapter("A ballot that nobody needs to believe")
        story.tell("This service has no signing key, so it holds no ballots: `mutuals log make-key` makes one.")
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    HostedBallot(story, base, program, folder).play()


class HostedBallot:
    """The ballot, and the people around it."""

    def __init__(self, story, base, program, folder):
        self.story, self.base, self.program, self.folder = story, base, program, folder

    def play(self):
        self.draft()
        self.make_the_roll()
        self.sign_and_open()
        self.vote()
        self.hand_in_papers()
        self.declare()
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with subprocess.Popen(["bash"], cwd=self.folder, text=True, **streams) as self.shell:
            self.type("set -o pipefail", shown=False)
            self.check_as_a_voter()
            self.check_as_anybody()
            self.check_with_the_script()

    def draft(self):
        story = self.story
        story.chapter("A ballot that nobody needs to believe")
        leisure = {
            "name": story.leisure_name,
            "department_id": story.department_id,
            "sectors": ["leisure_sport"],
            "stage": "business_case",
            "staff_count": PEOPLE,
        }
        mutual_id = story.call("POST", "/v1/mutuals", leisure, show=["slug", "stage"])["id"]
        story.tell("Staff and council do not trust each other. So two issuers make the codes, each with a key:")
        self.keys, self.key_ids = {}, {}
        for side, name in SIDES.items():
            wanted = {"label": name, "role": "scrutineer", "expires_in_days": 30}
            key = story.call("POST", "/v1/keys", wanted, key=story.admin_key, show=["role"])
            self.keys[side], self.key_ids[side] = key["key"], key["id"]
        story.tell("The council drafts the ballot, which the register is to hold:")
        self.closes_at = soon(8)
        ballot = {
            "mutual_id": mutual_id,
            "kind": "formal",
            "mode": "hosted",
            "organiser": "joint",
            "question": "Should the leisure centres leave the council as a mutual of their staff?",
            "method": "single_choice",
            "options": [
                {"key": "mutual", "label": "Leave as a mutual", "effect": "mutual"},
                {"key": "stay", "label": "Stay with the council", "effect": "remain_in_house"},
            ],
            "thresholds": [{"basis": "of_entitled", "percent": "50", "option": "mutual"}],
            "hosting": {
                "issuer_count": 2,
                "opens_at": written(soon(2)),
                "closes_at": written(self.closes_at),
                "paper_until": written(soon(60)),
            },
        }
        self.id = story.call("POST", "/v1/staff-ballots", ballot, show=["mode", "state"])["id"]
        self.own = f"/v1/staff-ballots/{self.id}"

    def make_the_roll(self):
        story = self.story
        story.tell("Each issuer makes a signing key on a machine of its own. The administrator appoints both:")
        for side, name in SIDES.items():
            public_key = self.run("ballot", "key", f"issuer-{side}.pem")
            issuer = {"key_id": self.key_ids[side], "name": name, "public_key": public_key}
            story.call("PUT", f"{self.own}/issuers/{side}", issuer, key=story.admin_key, show=["version"])
        story.tell("What the issuers send for the roll does not tell the codes:")
        for side, key in self.keys.items():
            roll = json.loads(self.codes(side))
            said = f'{{"halves": [{json.dumps(roll["halves"][0])}, … {PEOPLE} in all]}}'
            story.call("PUT", f"{self.own}/roll/{side}", roll, key=key, show=["version"], said=said)
        story.tell("The scrutineer freezes the roll. From now on nothing changes, neither people nor the question:")
        story.call("POST", f"{self.own}/freeze-roll", {}, 200, key=self.keys["a"], show=["state"])
        opening = story.call("GET", f"{self.own}/opening", show=["fingerprint", "manifest_sha256"], key=story.nobodys)
        self.fingerprint = opening["fingerprint"]
        self.manifest = opening["manifest_sha256"]
        # As canonical JSON: all names in it are ASCII.
        text = json.dumps(opening["manifest"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        (self.folder / "manifest.json").write_text(text)
        tables = [csv.DictReader(self.codes(side, "--manifest", "manifest.json").splitlines()) for side in SIDES]
        # The codes of the two letters of each person.
        self.letters = [tuple(row["code"].replace(" ", "") for row in both) for both in zip(*tables)]
        story.line(f"Each person gets two letters with a code and these 16 digits: {self.fingerprint}")

    def sign_and_open(self):
        story = self.story
        story.tell("A ballot that its issuers have not signed does not open:")
        story.call("POST", f"{self.own}/open", {}, 409, key=self.keys["a"])
        for side, key in self.keys.items():
            signature = {"signature": self.sign(side)}
            story.call("PUT", f"{self.own}/manifest-signatures/{side}", signature, key=key, show=["version"])
        story.call("POST", f"{self.own}/open", {}, 200, key=self.keys["a"], show=["state"])

    def vote(self):
        story, votes = self.story, f"{self.own}/votes"
        story.chapter("Votes")
        wait_until(self.closes_at - timedelta(seconds=6))
        story.tell("A voter needs no key of the register. The codes stay at home, and what is sent was made of them:")
        self.nonce, first = self.ballot_paper(0, CHOICES[0])
        self.receipt = story.call("POST", votes, first, key=story.nobodys, show=["receipt", "signature"])
        story.tell("Each person votes once:")
        again = self.ballot_paper(0, "stay")[1]
        story.call("POST", votes, again, 409, key=story.nobodys)
        story.tell("With a code that is in no letter, nobody votes:")
        unknown = {**self.ballot_paper(1, "stay")[1], "spend_a": "0" * 64}
        story.call("POST", votes, unknown, 403, key=story.nobodys)
        for number in range(1, ONLINE):
            paper = self.ballot_paper(number, CHOICES[number % len(CHOICES)])[1]
            status, answer = story.ask("POST", votes, paper)
            if status != 201:
                sys.exit(f"demo: vote {number + 1} was answered {status}: {answer['detail']}")
        story.tell(f"{ONLINE - 1} others vote. Until the close nobody sees how many or how, not even the administrator:")
        story.call("GET", votes, expect=404, key=story.admin_key)

    def hand_in_papers(self):
        story = self.story
        story.chapter("Papers, and the close")
        story.tell("Casting ends by the clock:")
        wait_until(self.closes_at)
        late = self.ballot_paper(PEOPLE - 1, "mutual")[1]
        story.call("POST", f"{self.own}/votes", late, 409, key=story.nobodys)
        story.tell(f"{PAPERS} people voted on paper. Two papers are spoiled. Both issuers sign for them:")
        sent = [self.spends(number) for number in range(ONLINE, ONLINE + PAPERS)]
        batch = {"spends": sent, "counts": {"mutual": 6, "stay": 4}, "spoiled": 2, "duplicates": 0}
        (self.folder / "batch.json").write_text(json.dumps(batch))
        signatures = [{"side": side, "signature": self.sign(side, "--paper", "batch.json")} for side in SIDES]
        said = json.dumps({**batch, "spends": f"… {PAPERS} pairs"}, ensure_ascii=False)
        body = {"batch": batch, "signatures": signatures}
        story.call("POST", f"{self.own}/paper-batches", body, 200, key=self.keys["b"], show=["state"], said=said)
        shown = ["state", "roll_size", "returned", "spoiled", "counts"]
        story.call("POST", f"{self.own}/close", {}, 200, key=self.keys["a"], show=shown)

    def declare(self):
        story = self.story
        report = {"satisfied": True, "report_url": "https://www.example.org/leisure/scrutineer.pdf"}
        story.call("PUT", f"{self.own}/scrutineer-report", report, key=self.keys["a"], show=["scrutineer_report"])
        story.tell("The council does not declare its own ballot. The scrutineer does:")
        story.call("POST", f"{self.own}/declare", {}, 403)
        story.call("POST", f"{self.own}/declare", {}, key=self.keys["a"], show=["state", "declared_by"])
        story.tell("A voter says that the vote was lost, and shows the receipt. The complaint judges itself:")
        story.call("POST", f"{self.own}/complaints", self.receipt, 200, key=story.nobodys, show=["judgement", "tracker"])

    def check_as_a_voter(self):
        code_a, code_b = self.letters[0]
        self.story.chapter("Checked by a voter, with curl and sha256sum")
        self.story.tell("These functions hash a text, make the root of lines, and verify a signature:")
        print(textwrap.indent(FUNCTIONS, "     "))
        self.type(FUNCTIONS, shown=False)
        self.story.tell("From the two letters, and from the day of the vote:")
        self.type(f"BALLOT={self.id} URL={self.base.rstrip('/')}{self.own}")
        self.type(f"CODE_A={code_a} CODE_B={code_b}")
        self.type(f"NONCE={self.nonce}")
        self.story.tell("Am I on the roll?")
        for side in "AB":
            self.type(f'SPEND_{side}=$(hash "psm-ballot-v1:spend:$BALLOT:$CODE_{side}")')
        halves = " ".join(f'HALF_{side}=$(hash "psm-ballot-v1:half:{side.lower()}:$SPEND_{side}")' for side in "AB")
        self.type(halves)
        self.type('curl -s $URL/roll | grep -o $(hash "psm-ballot-v1:entry2:$HALF_A:$HALF_B")')
        self.story.tell("Is my vote there, and as I cast it?")
        self.type('TRACKER=$(hash "psm-ballot-v1:tracker2:$BALLOT:$CODE_A:$CODE_B:$NONCE")')
        self.type('curl -s $URL/votes | grep -oE "$TRACKER\\",\\"[a-z]+"', CHOICES[0])

    def check_as_anybody(self):
        verified = "Signature Verified Successfully"
        self.story.chapter("Checked by anybody, with curl, sha256sum, openssl and jq")
        self.story.tell("Is the roll the one that was signed? The root in the manifest, and that of the roll:")
        self.type("curl -s $URL/opening >opening.json")
        root = self.type("jq -r .manifest.roll_root opening.json")
        self.type("curl -s $URL/roll | jq -r '.entries[]' | root", root)
        self.story.tell("Is the manifest the one of the letters, and did both issuers sign it?")
        self.type("MANIFEST=$(jq -cjS .manifest opening.json | sha256sum | cut -c1-64)")
        self.type("echo $MANIFEST | cut -c1-16", self.fingerprint)
        for number in range(len(SIDES)):
            key, signature = f".manifest.issuers[{number}].public_key", f".signatures[{number}].signature"
            keys = f"\"$(jq -r '{key}' opening.json)\" \"$(jq -r '{signature}' opening.json)\""
            self.type(f'signed "psm-ballot-v1:manifest:$MANIFEST" {keys}', verified)
        self.story.tell("Did the service sign the voter's receipt?")
        self.type(f"SIGNATURE={self.receipt['signature']}")
        receipt = f'"psm-ballot-v1:receipt:$BALLOT:$MANIFEST:$TRACKER:{CHOICES[0]}"'
        self.type(f'signed {receipt} "$(jq -r .manifest.receipt_key opening.json)" $SIGNATURE', verified)
        self.story.tell("Is each vote from a code of its own? The number of votes, and of different spends:")
        self.type("curl -s $URL/votes | jq '.votes | length'", str(ONLINE))
        self.type("curl -s $URL/spends | jq '.spends | unique | length'", str(ONLINE))
        self.story.tell("Does the count come out? The votes, and the papers:")
        self.type("curl -s $URL/votes | jq -r '.votes[][1]' | sort | uniq -c", "21 mutual")
        self.type("curl -s $URL/verification-bundle >bundle.json")
        self.type("jq -c '.paper.batch | .counts, .spoiled' bundle.json")
        self.type("jq -c .result.counts bundle.json", '"votes":27')

    def check_with_the_script(self):
        self.story.chapter("Checked by the script")
        self.type(f"cp {shlex.quote(str(VERIFIER))} .")
        options = f"--opening opening.json --tracker $TRACKER --choice {CHOICES[0]}"
        voted = f"verified: {ONLINE + PAPERS} of {PEOPLE} voted"
        self.type(f"python3 verify-ballot.py bundle.json {options} | tail -n 1", voted)

    def ballot_paper(self, number, choice):
        """A new nonce, and what this person sends."""
        nonce, (spend_a, spend_b) = secrets.token_hex(16), self.spends(number)
        tracker = sha256(f"psm-ballot-v1:tracker2:{self.id}:{':'.join(self.letters[number])}:{nonce}")
        return nonce, {"spend_a": spend_a, "spend_b": spend_b, "tracker": tracker, "choice": choice}

    def spends(self, number):
        return [sha256(f"psm-ballot-v1:spend:{self.id}:{code}") for code in self.letters[number]]

    def codes(self, side, *more):
        of_side = ["--side", side, "--seed-file", f"seed-{side}.key"]
        return self.run("ballot", "codes", "--ballot", self.id, "--count", str(PEOPLE), *of_side, *more)

    def sign(self, side, *more):
        return self.run("ballot", "sign", "--key-file", f"issuer-{side}.pem", "--manifest", "manifest.json", *more)

    def run(self, *arguments):
        """The program, as an issuer has it: without the service."""
        done = subprocess.run([self.program, *arguments], cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"demo: mutuals {' '.join(arguments[:2])}: {done.stderr.strip()}")
        return done.stdout.strip()

    def type(self, line, expected="", shown=True):
        """Types a line into the shell, and shows what it prints: expected in there is what the story needs."""
        if shown:
            print(f"     $ {line}")
        self.shell.stdin.write(f"{line}\nprintf '\\0%s\\0' $?\n")
        self.shell.stdin.flush()
        printed, code = read_to_zero(self.shell.stdout).strip("\n"), read_to_zero(self.shell.stdout)
        if printed:
            print(textwrap.indent(printed, "     "))
        if code != "0" or expected not in printed:
            sys.exit(f"demo: the story has {expected or 'no failure'!r} here")
        return printed


def read_to_zero(stream):
    """What a shell prints before a zero byte, or before it ends."""
    return "".join(iter(lambda: stream.read(1).replace("\0", ""), ""))


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def soon(seconds):
    return datetime.now(timezone.utc).replace(microsecond=0) + timedelta(seconds=seconds)


def written(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def wait_until(moment):
    time.sleep(max(0, (moment - datetime.now(timezone.utc)).total_seconds() + 0.05))
