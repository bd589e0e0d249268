// Uses the pages of the register in Chromium, and tells as one line of JSON what there is to see.
//
//   node walk.mjs ADDRESS look PATH...               each page in three widths, light and dark, by the rules of axe-core
//   node walk.mjs ADDRESS print PATH...              each page as it is printed on A4
//   node walk.mjs ADDRESS vote PATH CHOICE CODE...   casts a vote with the form; tells the receipt. Ranks: yes>no
//   node walk.mjs ADDRESS find PATH TRACKER          looks for a vote on the page of its ballot
//   node walk.mjs ADDRESS keys WORDS                 goes from the search to the verification of a ballot with the keyboard
//
// A page that is a refusal has its status before its path: "404 /nowhere". SCREENSHOTS names a folder for pictures.

import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const WIDTHS = [320, 390, 1280];
const A4 = 794;
const SCHEMES = ["light", "dark"];
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

const [address, task, ...more] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"],
});
const complaints = [];

/** Opens a page in a window of its own. `isOpen` lets the page be looked at by a script that is not its own. */
async function open(asked, { width = 1280, colorScheme = "light", isOpen = false } = {}) {
  const [path, status = "200"] = asked.split(" ").reverse();
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: isOpen });
  const page = await context.newPage();
  page.on("console", (message) => {
    // The browser says of itself that a page is a refusal.
    const isExpected = message.text().includes(`status of ${status} `);
    if (["error", "warning"].includes(message.type()) && !isExpected) complaints.push(`${path}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`${path}: ${error}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(address)) complaints.push(`${path}: asks for ${request.url()}`);
  });
  const answer = await page.goto(address + path, { waitUntil: "load" });
  if (answer.status() !== Number(status)) complaints.push(`${path}: status ${answer.status()}`);
  return page;
}

/** What is wrong with a page, in one width and one scheme. */
async function faults(path, width, colorScheme) {
  const page = await open(path, { width, colorScheme, isOpen: true });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 0) complaints.push(`${path}: ${wide} px wider than ${width}`);
  await page.evaluate(() => { for (const details of document.querySelectorAll("details")) details.open = true; });
  await page.addScriptTag({ path: AXE });
  const { passes, violations } = await page.evaluate((rules) => window.axe.run(document, { runOnly: rules }), RULES);
  for (const { id, nodes } of violations) complaints.push(`${path}: ${id} (${width} px, ${colorScheme}): ${nodes[0].html.slice(0, 200)}`);
  await picture(page, `${path}-${width}-${colorScheme}`);
  await page.context().close();
  return passes.length;
}

async function look() {
  let [pages, passes] = [0, 0];
  for (const path of more) {
    pages += 1;
    for (const width of WIDTHS) for (const scheme of SCHEMES) passes += await faults(path, width, scheme);
  }
  return { pages, passes, widths: WIDTHS.length };
}

/** What would be cut off on paper: what is wider than the sheet, and what lies in a box that a screen scrolls. */
const cutOff = () => {
  // What is for screen readers only is one pixel wide.
  const isShown = (element) => element.checkVisibility() && element.clientWidth > 1;
  const isCut = (box) => getComputedStyle(box).overflowX !== "visible" && box.scrollWidth > box.clientWidth + 1;
  const boxes = [...document.querySelectorAll("body *")].filter((box) => isShown(box) && isCut(box));
  const menus = [...document.querySelectorAll("header nav, footer, .programs, form.filters")].filter(isShown);
  const wide = document.documentElement.scrollWidth - window.innerWidth;
  return [
    ...boxes.map((box) => `${box.scrollWidth - box.clientWidth} px are cut off: ${box.outerHTML.slice(0, 120)}`),
    ...menus.map((menu) => `is printed: ${menu.outerHTML.slice(0, 80)}`),
    ...(wide > 0 ? [`${wide} px wider than the sheet`] : []),
  ];
};

async function print() {
  for (const path of more) {
    const page = await open(path, { width: A4 });
    await page.emulateMedia({ media: "print" });
    for (const fault of await page.evaluate(cutOff)) complaints.push(`${path}: ${fault}`);
    await picture(page, `${path}-print`);
    await page.context().close();
  }
  return { pages: more.length };
}

async function picture(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name.replace(/\W+/g, "_")}.png`, fullPage: true });
}

async function vote() {
  const [path, choice, ...codes] = more;
  const page = await open(path);
  const sent = [];
  page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
  const fields = await page.locator("input.code").all();
  for (const [place, field] of fields.entries()) await field.fill(codes[place]);
  const ranks = await page.locator("select.rank").all();
  if (ranks.length === 0) await page.locator(`#choice-${choice}`).check();
  else for (const [place, option] of choice.split(">").entries()) await ranks[place].selectOption(option);
  await page.getByRole("button", { name: "Cast my vote" }).click();
  await page.locator("#receipt").waitFor();
  return { receipt: await page.locator("#receipt-text").innerText(), said: await page.locator("#said").innerText(), sent };
}

async function find() {
  const [path, tracker] = more;
  const page = await open(path);
  const sent = [];
  page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
  await page.locator("#tracker").fill(tracker);
  await page.getByRole("button", { name: "Look for my vote" }).click();
  await page.waitForFunction(() => /vote/.test(document.getElementById("check-said").textContent) && !/Downloading/.test(document.getElementById("check-said").textContent));
  return { said: await page.locator("#check-said").innerText(), sent };
}

/** Presses a key, and waits for where it leads. */
async function keys() {
  const page = await open("/");
  await page.locator("#q").focus();
  await page.keyboard.type(more[0]);
  let pressed = 0;
  const press = async (key) => {
    pressed += 1;
    await page.keyboard.press(key);
    if (key !== "Enter") return;
    // It takes a moment until a navigation begins.
    await page.waitForTimeout(500);
    await page.waitForLoadState("load");
  };
  /** From the top of a page over its first link to the content, and on to a link. */
  const follow = async (isWanted) => {
    await press("Tab");
    await press("Enter");
    for (let left = 20; left > 0; left -= 1) {
      await press("Tab");
      const focused = await page.evaluate(() => document.activeElement?.getAttribute("href") ?? "");
      if (isWanted(focused)) break;
    }
    await press("Enter");
  };
  await press("Enter");
  await follow((href) => /^\/staff-ballots\/[^/]+$/.test(href));
  await follow((href) => href === "#verify");
  return { pressed, url: page.url().slice(address.length) };
}

try {
  const seen = await { look, print, vote, find, keys }[task]();
  console.log(JSON.stringify({ ...seen, complaints }));
} finally {
  await browser.close();
}
