// Looks at the service's pages in Chromium, and tells as one line of JSON what there is to see.
//
//   node look.mjs ADDRESS KEY [FOLDER]      FOLDER: where screenshots go

import { chromium } from "playwright-core";

const [address, key, folder] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"],
});
const complaints = [];
const elsewhere = [];

/** Opens a page in a window of its own, and gives what `see` makes of it. */
async function look(path, see, colorScheme = "light") {
  const context = await browser.newContext({ viewport: { width: 1000, height: 1100 }, colorScheme });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`${path}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`${path}: ${error}`));
  page.on("requestfailed", (request) => complaints.push(`${path}: ${request.url()} failed`));
  page.on("request", (request) => {
    if (!request.url().startsWith(address) && !request.url().startsWith("data:")) elsewhere.push(request.url());
  });
  const answer = await page.goto(address + path, { waitUntil: "networkidle" });
  const seen = { status: answer.status(), ...(await see(page)) };
  if (folder) await page.screenshot({ path: `${folder}/${path.replaceAll("/", "_")}${colorScheme}.png`, fullPage: true });
  await context.close();
  return seen;
}

/** What a person with a screen reader needs to find their way. */
const outline = (page) =>
  page.evaluate(() => ({
    title: document.title,
    language: document.documentElement.lang,
    headings: [...document.querySelectorAll("h1, h2, h3")].map((heading) => heading.tagName.toLowerCase()),
    landmarks: document.querySelectorAll("main").length,
    nameless: [...document.querySelectorAll("a, button")].filter((link) => !link.textContent.trim()).length,
    text: document.body.innerText,
    links: [...document.querySelectorAll("a")].map((link) => link.getAttribute("href")),
  }));

/** Asks for the mutuals from the reference, with a key. */
async function tryItOut(page) {
  const seen = await outline(page);
  await page.fill("#key", key);
  await page.getByLabel("limit (query)").fill("3");
  await page.locator("button.send").click();
  await page.locator(".answer .code").waitFor();
  return {
    ...seen,
    unlabelled: await page.evaluate(() => [...document.querySelectorAll("input, textarea")].filter((field) => !field.labels.length).length),
    answered: (await page.locator(".answer .code").innerText()).trim(),
    body: await page.locator(".answer .content").innerText(),
    curl: await page.locator(".answer .curl").innerText(),
  };
}

try {
  const pages = {
    front: await look("/", outline),
    problems: await look("/problems", outline),
    problem: await look("/problems/not-ready", outline),
    docs: await look("/docs/operations/list_mutuals", tryItOut),
  };
  if (folder) await look("/", outline, "dark");
  console.log(JSON.stringify({ ...pages, complaints, elsewhere }));
} finally {
  await browser.close();
}
