#!/usr/bin/env python3
"""Checks a hosted staff ballot and counts it again, with Python's standard library, and signatures with OpenSSL 3.
    python3 docs/verify-ballot.py bundle.json [--opening FILE] [--tracker HEX [--choice C]] [--receipt MESSAGE --signature BASE64]
Compare the 16 digits in the last line with those on the letters: with keys of their own, anybody can sign another ballot.
"""
import base64, collections, hashlib, json, os.path, pathlib, re, subprocess, sys, tempfile  # noqa: E401
P, sha256 = "psm-ballot-v1:", lambda text: hashlib.sha256(text.encode()).hexdigest()
canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode  # RFC 8785, as all names are ASCII
FORMS = {"TEXT": r'"([^"\\]|\\.)*"', "WORD": '"[a-z0-9_]+"', "NUMBER": "(0|[1-9][0-9]{0,14})", "HEX": '"[0-9a-f]{64}"',
    "TIME": '"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3])(:[0-5][0-9]){2}Z"',
    "UUID": '"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"', "PERCENT": r'"(100\.00|[1-9]?[0-9]\.[0-9]{2})"',
    "KEY": '"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="', "SIGNATURE": '"[A-Za-z0-9+/]{85}[AQgw]=="',  # of 32 bytes, and of 64
    "SIGNED": r'\[({"side":"[ab]","signature":SIGNATURE},?)*\]', "SPENDS": r"\[(\[HEX(,HEX)?\],?)*\]", "RANKING": r"\[(WORD,?)+\]",
    "BATCH": r'{("counts":{(WORD:NUMBER,?)*},)?"duplicates":NUMBER,("rankings":\[(RANKING,?)*\],)?"spends":SPENDS,"spoiled":NUMBER}'}
# A bundle without its result, as canonical JSON has it, in pieces, to show the one that has an error.
BUNDLE = r"""{"ballot": UUID ,"closed_at": TIME ,"entries":\[ (HEX,?)* \],"extensions":\[
    ({"closes_at":TIME,"signature":SIGNATURE},?)* \],"manifest":{"ballot": UUID ,"closes_at": TIME ,"issuers":\[
    {"name":TEXT,"public_key":KEY,"side":"a"} (,{"name":TEXT,"public_key":KEY,"side":"b"})? \],"method": "(single_choice|ranked)",
    ("min_returned":NUMBER,)? "opens_at": TIME ,"options":\[ ({"effect":WORD,"key":WORD,"label":TEXT},?)+ \], ("paper_until":TIME,)?
    "protocol":"psm-ballot-v1","question": TEXT ,"receipt_key": KEY ,"roll_root": HEX ,"roll_size": NUMBER ,"thresholds":\[
    ({"basis":"(turnout|of_(valid|cast|entitled))",("option":WORD,)?"percent":PERCENT},?)* \]},"manifest_sha256": HEX ,
    ("paper":{"batch":BATCH,"sha256":HEX,"signatures":SIGNED},)? "protocol":"psm-ballot-v1","result":"dict","signatures": SIGNED
    ,"spends": SPENDS ,"votes":\[ (\[HEX,"[a-z0-9_>]+"\],?)* \],"votes_root": HEX }"""

def check(words, is_so, instead=""):
    print("ok:", words) if is_so else sys.exit(f"FAILED: {words}{instead and ': '}{instead}")

def root_of(leaves):  # RFC 6962
    level = [hashlib.sha256(b"\0" + leaf.encode()).digest() for leaf in leaves]
    while len(level) > 1:
        level = [hashlib.sha256(b"\1" + left + right).digest() for left, right in zip(level[::2], level[1::2])] + level[len(level) & ~1:]
    return level[0].hex() if level else sha256("")

def check_signature(who, message, key, signature):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in ("key", "MCowBQYDK2VwAyEA" + key), ("signature", signature), ("message", base64.b64encode(message.encode())):
            pathlib.Path(folder, name).write_bytes(base64.b64decode(content))
        command = "openssl pkeyutl -verify -rawin -in message -sigfile signature -pubin -keyform DER -inkey key"
        done = subprocess.run(command.split(), capture_output=True, cwd=folder)
    check(f"{who} signed {message}", not done.returncode, f"openssl says {done.stdout + done.stderr!a:.120}")

def check_form(raw, bundle):
    def expand(form):
        return re.sub("[A-Z]{3,}", lambda name: expand(FORMS[name[0]]) if name[0] in FORMS else name[0], form)
    written, at, words = canonical(bundle).encode(), 0, "it has the fields of the protocol and no others, each in its form"
    check("the bundle is canonical JSON", written == raw, written != raw and f"not after {os.path.commonprefix([written, raw])[-80:]!a}")
    text = canonical({**bundle, "result": type(bundle.get("result")).__name__} if type(bundle) is dict else bundle)
    for piece in map(expand, BUNDLE.split()):
        fits = re.compile(piece).match(text, at)
        at = fits.end() if fits else check(words, False, f"not so from {text[at:at + 80]!a} on")
    print("ok:", words)

def check_manifest(bundle, manifest, its_hash):
    ballot, entries, until, issuers = bundle["ballot"], bundle["entries"], manifest["closes_at"], manifest["issuers"]
    check("manifest_sha256 is that of the manifest", bundle["manifest_sha256"] == its_hash, f"that is {its_hash}")
    check("the manifest is of this ballot", manifest["ballot"] == ballot, manifest["ballot"])
    options, most = {option["key"] for option in manifest["options"]}, 6 if manifest["method"] == "ranked" else 30
    check(f"its options differ and are at most {most}", len(options) == len(manifest["options"]) <= most)
    check("its issuers have keys of their own", len({issuer["public_key"] for issuer in issuers}) == len(issuers))
    signed = [("signatures", "manifest:" + its_hash, issuers, bundle["signatures"])]
    for at, extension in enumerate(bundle["extensions"]):
        check(f"extensions[{at}] is later than {until}", extension["closes_at"] > until, extension["closes_at"])
        until = extension["closes_at"]
        signed.append((f"extensions[{at}]", f"extend:{ballot}:{its_hash}:{until}", issuers[:1], [{"side": "a", **extension}]))
    if "paper" in bundle:
        of_batch = sha256(canonical(bundle["paper"]["batch"]))
        check("paper.sha256 is that of the batch", bundle["paper"]["sha256"] == of_batch, f"that is {of_batch}")
        signed.append(("paper", f"paper:{ballot}:{its_hash}:{of_batch}", issuers, bundle["paper"]["signatures"]))
    for at, message, signers, signatures in signed:
        check(f"{at}: one of each issuer", [by["side"] for by in signatures] == [issuer["side"] for issuer in signers])
        for issuer, by in zip(signers, signatures):
            check_signature(f"{at}: issuer {by['side']}", P + message, issuer["public_key"], by["signature"])
    check(f"casting ended when it had to, at {until}", bundle["closed_at"] == until, f"closed_at is {bundle['closed_at']}")
    check("entries are sorted, none twice", entries == sorted({*entries}))
    check("entries are roll_size in number, 5 to 100,000", 5 <= len(entries) == manifest["roll_size"] <= 100_000, len(entries))
    check("entries have the root roll_root", root_of(entries) == manifest["roll_root"], root_of(entries))

def rounds_of(papers, keys, ranked, lots):  # the alternative vote; a single choice has one round
    rounds, alive, lowest = [], keys, keys
    while True:
        firsts = collections.Counter(next((key for key in paper if key in alive), None) for paper in papers)
        rounds.insert(0, {"round": len(rounds) + 1, "counts": {key: firsts[key] for key in alive}, "exhausted": firsts[None]})
        if not ranked or len(alive) <= 2 or 2 * max(rounds[0]["counts"].values()) > len(papers) - firsts[None] or not papers:
            return rounds[::-1]
        for way, seen in ("votes", firsts), *(("earlier_round", earlier["counts"]) for earlier in rounds[1:]), ("lot", lots):
            if len(lowest) > 1:
                by, lowest = way, [key for key in lowest if seen[key] == min(seen[low] for low in lowest)]
        rounds[0].update(eliminated=lowest[0], by=by)
        alive = lowest = [key for key in alive if key != lowest[0]]

def entry_of(spend):
    halves = ":".join(sha256(f"{P}half:{side}:{half}") for side, half in zip("ab", spend))
    return sha256(f"{P}entry2:{halves}" if spend[1:] else f"{P}entry:{spend[0]}")

def check_count(bundle, manifest, ranked, keys):
    votes, spends, batch = bundle["votes"], bundle["spends"], bundle.get("paper", {"batch": {"spends": [], "spoiled": 0}})["batch"]
    on_paper, paper, spoiled = [*batch.get("rankings", [])], len(batch["spends"]), batch["spoiled"]
    on_paper += ([key] for key, times in batch.get("counts", {}).items() for _ in range(min(times, paper + 1)))
    check("papers add up", len(on_paper) + spoiled == paper, f"{len(on_paper)} counted, {spoiled} spoiled, {paper} spends")
    check("paper is none, or at least 10 papers, allowed and as the method asks", "paper" not in bundle or (
        paper >= 10 and "paper_until" in manifest and ("rankings" in batch) == ranked != ("counts" in batch) and {*batch.get("counts", {})} <= {*keys}))
    of, roll, sides = collections.Counter(map(entry_of, spends + batch["spends"])), {*bundle["entries"]}, len(manifest["issuers"])
    wrong = [by for by in spends + batch["spends"] if len(by) != sides or entry_of(by) not in roll or of[entry_of(by)] > 1]
    check("each spend is of an entry on the roll, and of another", not wrong, f"not {wrong[:1]}")
    check("votes are as many as spends", len(votes) == len(spends), f"{len(votes)} votes, {len(spends)} spends")
    check("spends and votes are sorted, no tracker twice", [spends, [by for by, _ in votes]] == [sorted(spends), sorted(dict(votes))])
    online = [choice.split(">") if ranked else [choice] for _, choice in votes]
    wrong = [choice for choice in online + on_paper if not {*choice} <= {*keys} or len({*choice}) < len(choice)]
    check("each choice is of the manifest's options, none twice", not wrong, f"not {wrong[:1]}")
    root = root_of(f"{P}vote:{bundle['ballot']}:{tracker}:{choice}" for tracker, choice in votes)
    check("votes have the root votes_root", root == bundle["votes_root"], root)
    lots = {key: sha256(f"{P}lot:{bundle['ballot']}:{root}:{key}") for key in keys}
    rounds, *apart = (rounds_of(papers, keys, ranked, lots) for papers in (online + on_paper, online, on_paper))
    counts = {**dict.fromkeys(keys, 0), **rounds[-1]["counts"]}
    leading = rounds[-1]["leading"] = [key for key in keys if counts[key] == max(counts.values()) > 0]
    for this in *rounds, apart[0][0], apart[1][0]:
        this["counts"] = [{"option": key, "votes": this["counts"][key]} for key in keys if key in this["counts"]]
    result = {"returned": len(votes) + paper, "spoiled": spoiled, "valid": len(votes) + paper - spoiled, "online": len(votes),
              "paper": paper, "counts": [{"option": key, "votes": counts[key]} for key in keys], "leading": leading,
              **({"rounds": rounds} if ranked else {f"{at}_counts": of[0]["counts"] for at, of in zip(("online", "paper"), apart)})}
    for name in sorted({*result, *bundle["result"]}):
        claim, own = (canonical(of[name]) if name in of else "nothing" for of in (bundle["result"], result))
        check(f"result.{ascii(name)[1:-1]:.40} is what the count gives", claim == own, f"{claim!a:.800}, not {own:.800}")
    told = ", ".join(f"{key} {counts[key]}" for key in keys) + f", spoiled {spoiled}" + ", tied" * (len(leading) > 1)
    return f"{len(votes) + paper} of {len(roll)} voted ({len(votes)} online, {paper} on paper): {told}"

def main(file, *more):
    raw, asked = pathlib.Path(file).read_bytes(), dict(zip(more[::2], more[1::2]))
    check_form(raw, bundle := json.loads(raw.decode()))
    manifest, board, its_hash = bundle["manifest"], dict(bundle["votes"]), sha256(canonical(bundle["manifest"]))
    check_manifest(bundle, manifest, its_hash)
    if "--opening" in asked:
        check("the opening has the same manifest", json.loads(pathlib.Path(asked["--opening"]).read_bytes())["manifest"] == manifest)
    if {"--tracker", "--choice"} & {*asked}:
        choice = board.get(asked["--tracker"], "")
        check(f"your tracker is on the board with the choice {choice}", choice and asked.get("--choice", choice) == choice)
    if {"--receipt", "--signature"} & {*asked}:
        of, tracker, choice = asked["--receipt"].rsplit(":", 2)
        check("the receipt is of this ballot", of == f"{P}receipt:{bundle['ballot']}:{its_hash}")
        check_signature("the service", asked["--receipt"], manifest["receipt_key"], asked["--signature"])
        check("the receipt's vote is on the board", board.get(tracker) == choice, "it is not, and the receipt proves that it was cast")
    told = check_count(bundle, manifest, manifest["method"] == "ranked", [option["key"] for option in manifest["options"]])
    print(f"verified: {told}; manifest {its_hash[:16]}")

if __name__ == "__main__":
    try:
        known = len(sys.argv) % 2 == 0 and {*sys.argv[2::2]} <= {*re.findall("--[a-z]+", __doc__)}
        main(*sys.argv[1:]) if known else sys.exit(__doc__)
    except Exception as error:  # whatever the bytes are
        sys.exit(f"FAILED: {type(error).__name__}: {error!s:.300}")
