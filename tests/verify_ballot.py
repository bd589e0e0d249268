#!/usr/bin/env python3
"""Tries docs/verify-ballot.py: on good bundles, on thousands of changed ones, on forgeries and on garbage.

    python3 tests/verify_ballot.py        SEED=… repeats a run
"""
import contextlib
import copy
import functools
import importlib.util
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from ballot_bundle import OPTIONS, Key, Published, Sample, canonical, entry_of, hash_of, result_of, roll_root, rounds_of, sha256, votes_root

SCRIPT = Path(__file__).parent.parent / "docs" / "verify-ballot.py"
SEED = os.environ.get("SEED") or str(random.SystemRandom().randrange(10**9))
SAMPLES = [Sample(method, issuers, SEED) for method in OPTIONS for issuers in (1, 2)]
SINGLE, SINGLE_OF_TWO, RANKED, RANKED_OF_TWO = SAMPLES
CHANGES = 1000


def load_script():
    spec = importlib.util.spec_from_file_location("verify_ballot_script", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    # A good signature is checked by OpenSSL once; a bad one each time.
    script.check_signature = functools.cache(script.check_signature)
    return script


CHECKER = load_script()


@contextlib.contextmanager
def files(*contents):
    with tempfile.TemporaryDirectory() as folder:
        names = [f"{folder}/{number}.json" for number, _ in enumerate(contents)]
        for name, content in zip(names, contents):
            Path(name).write_bytes(content if isinstance(content, bytes) else canonical(content).encode())
        yield names


def run(bundle, *options, opening=None):
    """Exit status, lines on standard output, and what is on standard error."""
    with files(bundle, opening or {}) as (file, opening_file):
        kept = ["--opening", opening_file] if opening else []
        done = subprocess.run([sys.executable, SCRIPT, file, *kept, *options], capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines(), done.stderr


def with_votes(sample, bundle, votes):
    """These votes, with a root and a result that are right for them."""
    batch = bundle.get("paper", {}).get("batch")
    bundle.update(votes=sorted(votes), votes_root=votes_root(sorted(votes)))
    bundle["result"] = result_of(sample.method, bundle["votes"], batch, bundle["votes_root"])


def with_manifest(bundle, **members):
    """A manifest with other members, and its right hash."""
    bundle["manifest"].update(members)
    bundle["manifest_sha256"] = sha256(bundle["manifest"])


def with_batch(sample, bundle, **members):
    """Another batch of paper, that every issuer signs."""
    batch = {**bundle["paper"]["batch"], **members}
    bundle["paper"] = sample.paper(batch)
    bundle["result"] = result_of(sample.method, bundle["votes"], batch, bundle["votes_root"])


class Accepted(unittest.TestCase):
    def accepts(self, bundle, *options, **more):
        status, lines, error = run(bundle, *options, **more)
        self.assertEqual((status, error), (0, ""))
        return lines

    def test_good_bundles_end_in_a_line_for_the_press(self):
        for sample in SAMPLES:
            result = sample.bundle["result"]
            counts = ", ".join(f"{of['option']} {of['votes']}" for of in result["counts"])
            tied = ", tied" if len(result["leading"]) > 1 else ""
            line = f"verified: 40 of 45 voted (28 online, 12 on paper): {counts}, spoiled 2{tied}; manifest {sample.fingerprint[:16]}"
            lines = self.accepts(sample.bundle)
            self.assertEqual(lines[-1], line)
            self.assertTrue(all(line.startswith("ok: ") for line in lines[:-1]), lines)

    def test_the_bundle_of_the_guide_is_good(self):
        published = (SCRIPT.parent / "guide" / "ballot-bundle.json").read_bytes()
        self.accepts(published)
        self.assertEqual(canonical(Published().bundle).encode(), published)

    def test_a_ballot_without_paper_and_extensions_is_good(self):
        for sample in SAMPLES:
            bundle = copy.deepcopy(sample.bundle)
            del bundle["paper"]
            bundle.update(extensions=[], closed_at=bundle["manifest"]["closes_at"])
            with_votes(sample, bundle, bundle["votes"])
            self.assertIn("28 of 45 voted (28 online, 0 on paper)", self.accepts(bundle)[-1])

    def test_a_voter_finds_their_vote_by_its_tracker(self):
        tracker, choice = RANKED_OF_TWO.bundle["votes"][7]
        self.assertIn(f"ok: your tracker is on the board with the choice {choice}", self.accepts(RANKED_OF_TWO.bundle, "--tracker", tracker))
        self.accepts(RANKED_OF_TWO.bundle, "--tracker", tracker, "--choice", choice)
        for options in (["--choice", "nothing"], ["--tracker", "0" * 64], ["--tracker", tracker, "--choice", choice + ">x"], ["--tracker"]):
            self.assertEqual(run(RANKED_OF_TWO.bundle, *options)[0], 1, options)

    def test_a_receipt_without_its_vote_is_proof(self):
        votes = SINGLE.bundle["votes"]
        message, signature = SINGLE.receipt(*votes[3])
        self.accepts(SINGLE.bundle, "--receipt", message, "--signature", signature)
        other = "stay" if votes[3][1] == "leave" else "leave"
        for tracker, choice in (votes[3][0], other), (hash_of("lost"), "leave"):
            message, signature = SINGLE.receipt(tracker, choice)
            status, _, error = run(SINGLE.bundle, "--receipt", message, "--signature", signature)
            self.assertEqual((status, "the receipt proves that it was cast" in error), (1, True), error)
            status, _, error = run(SINGLE.bundle, "--receipt", message, "--signature", SINGLE.bundle["signatures"][0]["signature"])
            self.assertEqual((status, "FAILED: the service signed" in error), (1, True), error)

    def test_the_opening_that_somebody_kept_shows_another_ballot(self):
        kept = {"manifest": SINGLE.bundle["manifest"], "log_entry": 12}
        self.accepts(SINGLE.bundle, opening=kept)
        forged = Sample("single_choice", 1, SEED).bundle  # the same ballot with keys of the forger
        self.accepts(forged)
        status, _, error = run(forged, opening=kept)
        self.assertEqual((status, error), (1, "FAILED: the opening has the same manifest\n"))


class Refused(unittest.TestCase):
    def refuses(self, sample, change, *words):
        bundle = copy.deepcopy(sample.bundle)
        change(bundle)
        with files(bundle) as (name,), self.assertRaises(SystemExit) as raised, contextlib.redirect_stdout(io.StringIO()):
            CHECKER.main(name)
        self.refused_in_a_line(f"{raised.exception.code}\n", *words)

    def refuses_bytes(self, content, *words):
        status, lines, error = run(content)
        self.assertEqual(status, 1, lines)
        self.refused_in_a_line(error, *words)

    def refused_in_a_line(self, error, *words):
        self.assertEqual((error.count("\n"), error[:8], error.isascii()), (1, "FAILED: ", True), error)
        for word in words:
            self.assertIn(word, error)

    def test_a_stuffed_vote(self):
        for sample in SAMPLES:
            stuffed = [*sample.bundle["votes"], [hash_of("stuffed"), sample.choice()]]
            self.refuses(sample, lambda bundle: with_votes(sample, bundle, stuffed), "votes are as many as spends: 29 votes, 28 spends")

            def with_spend(bundle, spend):
                with_votes(sample, bundle, stuffed)
                bundle["spends"] = sorted([*bundle["spends"], spend])
            invented = [hash_of("invented") for _ in sample.sides]
            self.refuses(sample, lambda bundle: with_spend(bundle, invented), "each spend is of an entry on the roll", invented[0])
            twice = sample.bundle["spends"][5]
            self.refuses(sample, lambda bundle: with_spend(bundle, twice), "each spend is of an entry on the roll, and of another", twice[0])
            on_paper = sample.bundle["paper"]["batch"]["spends"][5]
            self.refuses(sample, lambda bundle: with_spend(bundle, on_paper), "each spend is of an entry on the roll, and of another")

    def test_a_dropped_vote(self):
        for sample in SAMPLES:
            def drop(bundle):
                with_votes(sample, bundle, bundle["votes"][1:])
            self.refuses(sample, lambda bundle: bundle["votes"].pop(), "votes are as many as spends: 27 votes, 28 spends")
            self.refuses(sample, drop, "votes are as many as spends: 27 votes, 28 spends")

    def test_a_changed_vote(self):
        def change(bundle):
            bundle["votes"][4][1] = "stay" if bundle["votes"][4][1] != "stay" else "leave"

        def change_and_root(bundle):
            change(bundle)
            bundle["votes_root"] = votes_root(bundle["votes"])
        self.refuses(SINGLE, change, "votes have the root votes_root")
        self.refuses(SINGLE, change_and_root, "result.counts is what the count gives")

    def test_an_invalid_choice(self):
        for sample, choices in (SINGLE, ["other", "leave>stay", "", ">"]), (RANKED, ["stay>stay", "other", "stay>", ""]):
            for choice in choices:
                def vote(bundle):
                    bundle["votes"][4][1] = choice
                    bundle["votes_root"] = votes_root(bundle["votes"])
                self.refuses(sample, vote, "each choice is of the manifest's options" if choice else "each in its form")

    def test_a_swapped_entry_of_the_roll(self):
        for sample in SAMPLES:
            def swap(bundle):
                free = {*bundle["entries"]} - {entry_of(by) for by in bundle["spends"] + bundle["paper"]["batch"]["spends"]}
                bundle["entries"] = sorted({*bundle["entries"]} - {min(free)} | {entry_of([hash_of("mine") for _ in sample.sides])})

            def swap_with_root(bundle):
                swap(bundle)
                with_manifest(bundle, roll_root=roll_root(bundle["entries"]))

            def grow(bundle):
                bundle["entries"] = sorted([*bundle["entries"], hash_of("one more")])
            self.refuses(sample, swap, "entries have the root roll_root")
            self.refuses(sample, swap_with_root, "signatures: issuer a signed psm-ballot-v1:manifest:")
            self.refuses(sample, grow, "entries are roll_size in number", "46")
            self.refuses(sample, lambda bundle: bundle["entries"].reverse(), "entries are sorted")

    def test_a_changed_manifest(self):
        for sample in SAMPLES:
            def ask(bundle):
                bundle["manifest"]["question"] = "Shall we stay?"
            self.refuses(sample, ask, "manifest_sha256 is that of the manifest")
            for member in {"question": "Shall we stay?"}, {"closes_at": "2026-06-05T17:00:00Z"}, {"receipt_key": Key().public}, {"min_returned": 0}:
                self.refuses(sample, lambda bundle: with_manifest(bundle, **member), "issuer a signed psm-ballot-v1:manifest:")
            self.refuses(sample, lambda bundle: with_manifest(bundle, ballot=sample.bundle["ballot"][:-1] + "2"), "the manifest is of this ballot")

    def test_options_that_are_too_many_or_alike(self):
        for sample, more in (SINGLE, 29), (RANKED, 3):
            options = sample.bundle["manifest"]["options"]
            many = [*options, *({"key": f"other_{n}", "label": "Other", "effect": "other"} for n in range(more))]
            self.refuses(sample, lambda bundle: with_manifest(bundle, options=many), "its options differ and are at most")
            self.refuses(sample, lambda bundle: with_manifest(bundle, options=[*options, options[0]]), "its options differ")

    def test_votes_and_spends_in_an_order_that_could_tell_something(self):
        def turn(bundle, name):
            bundle[name].reverse()
            bundle["votes_root"] = votes_root(bundle["votes"])

        def one_tracker_twice(bundle):
            bundle["votes"][1][0] = bundle["votes"][0][0]
            bundle["votes_root"] = votes_root(bundle["votes"])
        for sample in SAMPLES:
            self.refuses(sample, lambda bundle: turn(bundle, "votes"), "spends and votes are sorted")
            self.refuses(sample, lambda bundle: turn(bundle, "spends"), "spends and votes are sorted")
            self.refuses(sample, one_tracker_twice, "no tracker twice")

    def test_two_issuers_with_one_key(self):
        for sample in SINGLE_OF_TWO, RANKED_OF_TWO:
            first, second = copy.deepcopy(sample.bundle["manifest"]["issuers"])
            same = [first, {**second, "public_key": first["public_key"]}]
            self.refuses(sample, lambda bundle: with_manifest(bundle, issuers=same), "its issuers have keys of their own")

    def test_signatures_that_are_not_of_each_issuer(self):
        for sample in SAMPLES:
            for of in "signatures", "paper":
                def signatures(bundle):
                    return bundle["signatures"] if of == "signatures" else bundle["paper"]["signatures"]
                self.refuses(sample, lambda bundle: signatures(bundle).pop(), f"{of}: one of each issuer")
                self.refuses(sample, lambda bundle: signatures(bundle).append(signatures(bundle)[0]), f"{of}: one of each issuer")
        for of in "signatures", "paper":
            def copy_of_a(bundle):
                both = bundle["signatures"] if of == "signatures" else bundle["paper"]["signatures"]
                both[1]["signature"] = both[0]["signature"]
            self.refuses(SINGLE_OF_TWO, copy_of_a, f"{of}: issuer b signed")

    def test_halves_of_different_people(self):
        for sample in SINGLE_OF_TWO, RANKED_OF_TWO:
            def swap(bundle):
                one, other = bundle["spends"][3:5]
                one[1], other[1] = other[1], one[1]

            def turn(bundle):
                bundle["spends"][0].reverse()
                bundle["spends"].sort()
            self.refuses(sample, swap, "each spend is of an entry on the roll", sample.bundle["spends"][3][0])
            self.refuses(sample, turn, "each spend is of an entry on the roll")
            self.refuses(sample, lambda bundle: bundle["spends"][0].pop(), "each spend is of an entry on the roll")

    def test_a_changed_result(self):
        def more_votes(bundle):
            bundle["result"]["rounds"][0]["counts"][0]["votes"] += 1

        def no_lead(bundle):
            bundle["result"]["leading"] = []

        def true_for_one(bundle):
            bundle["result"]["rounds"][0]["round"] = True

        def text_for_number(bundle):
            bundle["result"]["paper"] = "12"
        self.refuses(RANKED, more_votes, "result.rounds is what the count gives")
        self.refuses(RANKED, true_for_one, "result.rounds is what the count gives")
        self.refuses(RANKED, text_for_number, "result.paper is what the count gives")
        for sample in SAMPLES:
            self.refuses(sample, no_lead, "result.leading is what the count gives")
            self.refuses(sample, lambda bundle: bundle["result"].update(turnout=1), "result.turnout is what the count gives", "nothing")
            self.refuses(sample, lambda bundle: bundle["result"].pop("valid"), "result.valid is what the count gives")
            self.refuses(sample, lambda bundle: bundle.update(result=[]), "each in its form")

    def test_changed_paper(self):
        def shift(bundle):
            counts = bundle["paper"]["batch"]["counts"]
            counts["leave"], counts["stay"] = counts["stay"] + 1, counts["leave"] - 1

        def shift_with_hash(bundle):
            shift(bundle)
            bundle["paper"]["sha256"] = sha256(bundle["paper"]["batch"])
        self.refuses(SINGLE, shift, "paper.sha256 is that of the batch")
        self.refuses(SINGLE, shift_with_hash, "paper: issuer a signed psm-ballot-v1:paper:")

    def test_paper_that_the_issuers_may_not_sign(self):
        for sample in SAMPLES:
            batch = sample.bundle["paper"]["batch"]
            spends = batch["spends"]
            spent_online = sorted([*spends[1:], sample.bundle["spends"][0]])
            few = {"spends": spends[:9], "spoiled": 9, "counts" if sample.method == "single_choice" else "rankings": type(batch.get("counts", []))()}
            other = {"rankings": []} if sample.method == "single_choice" else {"counts": {}}
            for members, words in (
                ({"spends": spent_online}, "each spend is of an entry on the roll, and of another"),
                ({"spoiled": 3}, "papers add up"),
                (few, "at least 10 papers"),
                (other, "as the method asks"),
                *([({"counts": {**batch["counts"], "other": 0}}, "as the method asks")] if "counts" in batch else []),
            ):
                self.refuses(sample, lambda bundle: with_batch(sample, bundle, **members), words)

    def test_a_window_that_issuer_a_did_not_set(self):
        for sample in SAMPLES:
            def extend(bundle, closes_at):
                bundle.update(extensions=[sample.extension(closes_at)], closed_at=closes_at)

            def unsigned(bundle):
                bundle["extensions"][0]["closes_at"] = bundle["closed_at"] = "2026-06-10T17:00:00Z"

            def close(bundle, closed_at):
                bundle["closed_at"] = closed_at
            self.refuses(sample, lambda bundle: extend(bundle, "2026-06-07T17:00:00Z"), "extensions[0] is later than 2026-06-08T17:00:00Z")
            self.refuses(sample, lambda bundle: extend(bundle, "2026-06-08T17:00:00Z"), "extensions[0] is later than 2026-06-08T17:00:00Z")
            self.refuses(sample, unsigned, "extensions[0]: issuer a signed psm-ballot-v1:extend:")
            self.refuses(sample, lambda bundle: close(bundle, "2026-06-09T16:59:59Z"), "casting ended when it had to")
            self.refuses(sample, lambda bundle: close(bundle, "2026-06-09T17:00:01Z"), "casting ended when it had to")

    def test_members_and_values_that_the_protocol_does_not_have(self):
        for sample in SAMPLES:
            for place in (
                lambda bundle: bundle, lambda bundle: bundle["manifest"], lambda bundle: bundle["manifest"]["options"][1],
                lambda bundle: bundle["manifest"]["issuers"][0], lambda bundle: bundle["signatures"][0],
                lambda bundle: bundle["extensions"][0], lambda bundle: bundle["paper"], lambda bundle: bundle["paper"]["batch"],
            ):
                self.refuses(sample, lambda bundle: place(bundle).update(note="x"), "each in its form")
                self.refuses(sample, lambda bundle: place(bundle).update(note=None), "each in its form")
            for member, value in ("roll_size", "45"), ("roll_size", True), ("roll_size", 45.0), ("min_returned", -1), ("min_returned", None):
                self.refuses(sample, lambda bundle: with_manifest(bundle, **{member: value}), "each in its form")
            for name in sample.bundle:
                if name != "paper":
                    self.refuses(sample, lambda bundle: bundle.pop(name), "each in its form")

    def test_another_way_to_write_the_same(self):
        for sample in SAMPLES:
            text = canonical(sample.bundle)
            key = sample.keys["a"].public
            for other in (
                json.dumps(sample.bundle, indent=1), text + "\n", "\ufeff" + text, text.replace('"ballot"', '"ball\\u006ft"', 1),
                text.replace('{"ballot"', '{"ballot":1,"ballot"', 1), text.replace('"spoiled":2', '"spoiled":2,"spoiled":2', 1),
                text.replace('"spoiled":2', '"spoiled":2.0', 1), text.replace('"spoiled":2', '"spoiled":2e0', 1),
                text.replace('"roll_size":45', '"roll_size":045', 1), text.replace(key, key[:-2] + chr(ord(key[-2]) + 1) + "=", 1),
            ):
                self.refuses_bytes(other.encode())

    def test_garbage_is_refused_in_one_line(self):
        text = canonical(RANKED.bundle)
        for garbage in (
            b"", b"\0", b"\xff" * 99, random.Random(SEED).randbytes(3000), b"[" * 200_000, b'{"a":' * 200_000, b"9" * 10_000, b"-0", b"1e999999",
            b"NaN", b"Infinity", b"null", b"true", b"[]", b"{}", b'"x"', b'{"result":1}', b'{"\\ud800":1}', text[:5000].encode(),
            text.replace('"valid":38', f'"valid":{"9" * 5000}').encode(), text.replace('"valid":38', '"valid":NaN').encode(),
            text.replace('"valid":38', '"valid":' + "[" * 900 + "]" * 900).encode(), text.replace("\u2013", "\\ud83c").encode(),
            text.replace('"spoiled":2,', '"spoiled":999999999999999,').encode(), text.replace('"valid":38', '"\u202e\x7f\u009b":38').encode(),
        ):
            self.refuses_bytes(garbage)

    def test_a_file_that_is_not_there_is_told(self):
        done = subprocess.run([sys.executable, SCRIPT, "/nowhere"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done.stderr)


class Changed(unittest.TestCase):
    def test_no_bundle_with_a_changed_byte_is_accepted(self):
        by = random.Random(SEED)
        with files(*(sample.bundle for sample in SAMPLES)) as names:
            for name in names:
                good = Path(name).read_bytes()
                self.assertTrue(self.accepts(name))
                for _ in range(CHANGES):
                    at = by.randrange(len(good))
                    changed = good[:at] + bytes([by.choice([byte for byte in range(256) if byte != good[at]])]) + good[at + 1:]
                    Path(name).write_bytes(changed)
                    self.assertFalse(self.accepts(name), f"byte {at}: {changed[at - 20:at + 20]}")

    def accepts(self, name):
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                CHECKER.main(name)
                return True
            except (SystemExit, Exception):
                return False


class Counted(unittest.TestCase):
    BALLOT, ROOT = "0190c0de-0000-7000-8000-000000000001", "00" * 32

    def rounds(self, papers, keys):
        lots = {key: hash_of("lot", self.BALLOT, self.ROOT, key) for key in keys}
        return CHECKER.rounds_of([paper.split(">") for paper in papers], [*keys], True, lots)

    def told(self, papers, keys):
        return [(*this["counts"].values(), this["exhausted"], this.get("eliminated"), this.get("by")) for this in self.rounds(papers, keys)]

    def test_the_option_with_the_fewest_votes_goes(self):
        papers = ["a>b"] * 4 + ["b>a"] * 3 + ["c>b"] * 2
        self.assertEqual(self.told(papers, "abc"), [(4, 3, 2, 0, "c", "votes"), (4, 5, 0, None, None)])

    def test_a_lot_decides_if_no_earlier_round_does(self):
        papers = ["a"] * 2 + ["b>a", "c>a"] + ["d"] * 2
        self.assertEqual(self.told(papers, "abcd"), [
            (2, 1, 1, 2, 0, "b", "lot"), (3, 1, 2, 0, "c", "votes"), (4, 2, 0, None, None)])

    def test_an_earlier_round_decides_between_equals(self):
        papers = ["a"] * 3 + ["b"] * 2 + ["c"] * 3 + ["d>b"]
        self.assertEqual(self.told(papers, "abcd"), [
            (3, 2, 3, 1, 0, "d", "votes"), (3, 3, 3, 0, "b", "earlier_round"), (3, 3, 3, None, None)])

    def test_two_programs_count_alike(self):
        by = random.Random(SEED)
        for _ in range(300):
            keys = "abcdef"[:by.randint(1, 6)]
            papers = [">".join(by.sample(keys, by.randint(1, len(keys)))) for _ in range(by.randint(1, 12))]
            other = rounds_of([paper.split(">") for paper in papers], keys, self.ROOT)
            own = self.rounds(papers, keys)
            for this in other:
                this.pop("leading", None)
                this["counts"] = {of["option"]: of["votes"] for of in this["counts"]}
            self.assertEqual(own, other, papers)


if __name__ == "__main__":
    print(f"SEED={SEED}", file=sys.stderr)
    unittest.main()
