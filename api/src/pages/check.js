// Looks for a vote in the list of all votes. The tracker stays in this page.
"use strict";
{
  const form = document.getElementById("check");
  const said = document.getElementById("check-said");
  const tell = (words) => { said.textContent = words; };
  if (form) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const tracker = form.querySelector("#tracker").value.replace(/\s/g, "").toLowerCase();
      if (!/^[0-9a-f]{64}$/.test(tracker)) {
        tell("A tracker has 64 digits from 0 to 9 and a to f. Copy it from your receipt.");
        return;
      }
      tell("Downloading the list of votes.");
      try {
        const response = await fetch(form.dataset.votes);
        if (!response.ok) throw new Error(`the service responds with ${response.status}`);
        const { votes } = await response.json();
        const found = votes.find(([own]) => own === tracker);
        tell(found ? `Your vote is among the ${votes.length} votes that were counted: ${found[1]}.`
          : `No vote has this tracker among the ${votes.length} that were counted. If you have a receipt, complain: the guide says how.`);
      } catch (why) {
        tell(`The list of votes could not be read: ${why.message}. Try again.`);
      }
    });
  }
}
