//! A page as it is read: its numbers, and where they lead.

use std::collections::BTreeSet;

/// What stands on a page, without its menus, its commands and its forms, of which the counts beside filters are seen.
pub struct Seen {
    /// The numbers of its text and tables, as often as they stand there.
    pub numbers: Vec<String>,
    /// Those that its charts draw and say again.
    pub drawn: BTreeSet<String>,
    /// The numbers that lead to a list, each with its address.
    pub leading: Vec<(String, String)>,
    /// Where the page says that its data is, as an address of the API.
    pub data: Vec<String>,
    /// The pages that it links to.
    pub links: BTreeSet<String>,
}

impl Seen {
    pub fn of(html: &str) -> Self {
        let (_, main) = html.split_once("<main").unwrap();
        let main = main.split_once("</main>").unwrap().0;
        let (content, programs) = main.split_once("<details class=\"programs\">").unwrap_or((main, ""));
        let (content, mut charts) = cut(content, "<svg", "</svg>");
        let (content, captions) = cut(&content, "<figcaption>", "</figcaption>");
        charts.extend(captions);
        // The filters that are set say what the address says.
        let filters = "<ul class=\"tags\" aria-label=\"Filters";
        let apart = [
            ("<form", "</form>"),
            ("<pre", "</pre>"),
            ("<noscript", "</noscript>"),
            ("<script", "</script>"),
            (filters, "</ul>"),
        ];
        let counts = cut(&content, "<span class=\"count\">", "</span>").1.concat();
        let text = apart.iter().fold(content, |text, (from, to)| cut(&text, from, to).0) + &counts;
        let leading =
            links(&text).into_iter().filter(|(address, _)| address.contains('?')).filter_map(|(address, text)| {
                let [number] = numbers(&text).try_into().ok()?;
                Some((number, address))
            });
        Self {
            numbers: numbers(&text),
            drawn: charts.iter().flat_map(|chart| numbers(chart)).collect(),
            leading: leading.collect(),
            data: links(programs).into_iter().filter(|(_, text)| text == "JSON").map(|(address, _)| address).collect(),
            links: links(html).into_iter().map(|(address, _)| address.split('#').next().unwrap().to_owned()).collect(),
        }
    }
}

/// A text without what lies between two marks, and those pieces.
fn cut(text: &str, from: &str, to: &str) -> (String, Vec<String>) {
    let mut parts = text.split(from);
    let mut kept = parts.next().unwrap().to_owned();
    let mut pieces = Vec::new();
    for part in parts {
        let (piece, rest) = part.split_once(to).unwrap();
        pieces.push(format!("{from}{piece}"));
        kept.push_str(rest);
    }
    (kept, pieces)
}

/// The links within the service, each with what stands in it.
fn links(html: &str) -> Vec<(String, String)> {
    let links = html.split("<a ").skip(1).filter_map(|link| {
        let (attributes, rest) = link.split_once('>')?;
        let address = attributes.split_once("href=\"")?.1.split('"').next()?;
        Some((unescaped(address), rest.split("</a>").next()?.to_owned()))
    });
    links.filter(|(address, _)| address.starts_with('/')).collect()
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

const MONTHS: &str = "January February March April May June July August September October November December";

/// The numbers of a text or of markup. One is what begins with a digit or the sign of a currency. A date is one, too.
pub fn numbers(markup: &str) -> Vec<String> {
    markup
        .split('<')
        .flat_map(|piece| of_text(&unescaped(piece.split_once('>').map_or(piece, |(_, text)| text))))
        .collect()
}

fn of_text(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric() && !"£−.,:%".contains(letter));
    let words: Vec<&str> =
        words.map(|word| word.trim_matches(['.', ',', ':'])).filter(|word| !word.is_empty()).collect();
    let is_number = |word: &str| word.trim_start_matches(['£', '−']).starts_with(|first: char| first.is_ascii_digit());
    let mut found: Vec<String> = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let before = place.checked_sub(1).map_or("", |before| words[before]);
        if MONTHS.split(' ').any(|month| month == *word) {
            let day = if is_number(before) && before.len() <= 2 { found.pop() } else { None };
            found.extend([day.map_or_else(|| (*word).to_owned(), |day| format!("{day} {word}"))]);
        } else if is_number(word) && word.len() == 4 && MONTHS.split(' ').any(|month| month == before) {
            let begun = found.pop().unwrap();
            found.push(format!("{begun} {word}"));
        } else if is_number(word) {
            found.push((*word).to_owned());
        }
    }
    // A month without a number beside it is a word, such as a name.
    found.retain(|number| number.contains(|letter: char| letter.is_ascii_digit()));
    found
}

#[test]
fn numbers_are_found_in_text() {
    let text = "<p>On <b>31 July 2012</b>, 1,200 of 2,400 (50.00%) in May, £3.50; April 2011: 7. The 2 May. <td>5</td><td>June 2016</td>";
    let found = ["31 July 2012", "1,200", "2,400", "50.00%", "£3.50", "April 2011", "7", "2 May", "5", "June 2016"];
    assert_eq!(numbers(text), found);
}
