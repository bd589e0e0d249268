// Casts a vote. The code stays in this page: only hashes of it and the choice are sent.
"use strict";
{
  const form = document.getElementById("vote");
  const said = document.getElementById("said");
  const PROTOCOL = "psm-ballot-v1";
  // What was made last: the same vote is sent again if its response was lost.
  let made = null;

  const tell = (words) => { said.replaceChildren(Object.assign(document.createElement("p"), { className: "banner", textContent: words })); };
  const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const hash = async (text) => hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));

  const codes = () => Array.from(form.querySelectorAll(".code"), (field) => field.value.replace(/[\s-]/g, "").toLowerCase());

  const choice = () => {
    if (form.dataset.method !== "ranked") return new FormData(form).get("choice") ?? "";
    return Array.from(form.querySelectorAll(".rank"), (field) => field.value).filter(Boolean).join(">");
  };

  const fault = (given, wanted) => {
    const wrong = given.findIndex((code) => !/^[0-9a-f]{32}$/.test(code));
    if (wrong >= 0) return `Code ${given.length > 1 ? wrong + 1 : ""} has ${given[wrong].length} digits or other letters: expected 32 digits from 0 to 9 and a to f, as on your letter.`;
    const ranks = wanted.split(">");
    if (!wanted) return "Choose an option.";
    if (new Set(ranks).size < ranks.length) return "You chose an option twice: choose each once.";
    return null;
  };

  const make = async (given, wanted) => {
    const { ballot } = form.dataset;
    const key = JSON.stringify([given, wanted]);
    if (made?.key === key) return made;
    const nonce = hex(crypto.getRandomValues(new Uint8Array(16)));
    const spends = await Promise.all(given.map((code) => hash(`${PROTOCOL}:spend:${ballot}:${code}`)));
    const word = given.length > 1 ? "tracker2" : "tracker";
    const tracker = await hash([PROTOCOL, word, ballot, ...given, nonce].join(":"));
    const spent = given.length > 1 ? { spend_a: spends[0], spend_b: spends[1] } : { spend: spends[0] };
    made = { key, nonce, tracker, body: { ...spent, tracker, choice: wanted } };
    return made;
  };

  const show = (vote, receipt) => {
    const lines = [`Ballot: ${form.dataset.ballot}`, `Manifest: ${form.dataset.manifest}`, `Choice: ${vote.body.choice}`,
      `Tracker: ${vote.tracker}`, `Nonce: ${vote.nonce}`, `Receipt: ${receipt.receipt}`, `Signature: ${receipt.signature}`];
    document.getElementById("receipt-text").textContent = lines.join("\n");
    document.getElementById("receipt").hidden = false;
    form.hidden = true;
    tell("Your vote was cast. Print or save the receipt now: nobody can show it to you again.");
    document.getElementById("print").focus();
  };

  const cast = async (event) => {
    event.preventDefault();
    const [given, wanted] = [codes(), choice()];
    const wrong = fault(given, wanted);
    if (wrong) return tell(wrong);
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const vote = await make(given, wanted);
      const response = await fetch(form.dataset.votes, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(vote.body),
      });
      const answer = await response.json();
      if (response.ok) show(vote, answer);
      else tell(`Your vote was not cast: ${answer.detail ?? answer.title}.`);
    } catch (why) {
      tell(`It is not known whether your vote was cast (${why.message}). Do not close this page. Choose “Cast my vote” again: the same vote is counted once.`);
    } finally {
      button.disabled = false;
    }
  };

  if (form && globalThis.crypto?.subtle) {
    form.hidden = false;
    form.addEventListener("submit", cast);
    document.getElementById("print").addEventListener("click", () => print());
    // A letter may have an address with the code behind `#`, which browsers do not send. Of two letters, one code after the other.
    const fields = form.querySelectorAll(".code");
    location.hash.slice(1).split(/[.,]/).forEach((code, place) => {
      if (fields[place] && /^[0-9a-fA-F-]{32,39}$/.test(code)) fields[place].value = code;
    });
  } else if (form) {
    tell("This page cannot make hashes here. Open it by HTTPS, in a browser of the last years.");
  }
}
