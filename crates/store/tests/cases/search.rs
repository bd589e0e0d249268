//! `q` finds the same records on both databases: those in which each of its words begins one.

use document::register::{DepartmentFilter, MutualFilter};
use document::value::Text;
use domain::{Department, DraftAccess, Key, Mutual, MutualId, SearchQuery, tokens};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use store::{Error, StoredRecord as _, StoredRoot as _, WriteTx};

use crate::fixture::{department, identifiers, mutual, parsed};
use crate::kit::{Hold, Register, for_all, next_id, stamp, submit};

/// Words that one of the two searches might take for its own, and words that fold in odd ways.
const WORDS: &[&str] = &[
    "and",
    "or",
    "not",
    "near",
    "the",
    "of",
    "NEAR(a b)",
    "a:b",
    "*",
    "\"quoted\"",
    "'single'",
    "\\",
    "a&b",
    "a|b",
    "!a",
    "x<->y",
    "care",
    "caring",
    "car",
    "CARE",
    "ca",
    "health-care",
    "Gesundheit",
    "Straße",
    "strasse",
    "Œuvre",
    "œ",
    "ﬁre",
    "naïve",
    "Zürich",
    "東京",
    "Москва",
    "Ελλάδα",
    "😀",
    "½",
    "2011",
    "20",
    "11",
    "0",
    "co.uk",
    "d'Azur",
    "—",
    "i\u{307}",
    "İzmir",
    "rowid",
    "rank",
    "tokens",
    "mutual_search",
    "%",
    "_",
    "x'y",
    "null",
    "true",
];

fn some_text(most: usize) -> impl Strategy<Value = String> {
    let word = prop_oneof![4 => select(WORDS).prop_map(str::to_owned), 1 => "\\PC{1,6}"];
    vec(word, 1..most).prop_map(|words| words.join(" "))
}

type Script = (Vec<(String, String)>, Vec<String>);

fn scripts() -> impl Strategy<Value = Script> {
    let query = prop_oneof![
        3 => (some_text(4), 1_usize..30).prop_map(|(text, cut)| text.chars().take(cut).collect()),
        1 => "[a-zA-Z0-9]{1,2}",
    ];
    (vec((some_text(4), some_text(8)), 1..12), vec(query, 1..12))
}

async fn check(register: &Register, (texts, queries): Script) {
    let mut searched = Vec::new();
    for (number, (name, description)) in texts.iter().enumerate() {
        // Sometimes a text shows nothing or has what no text may have: such a mutual has no description.
        let description = description.parse().ok();
        let name = format!("{name} #{number}").parse().unwrap_or_else(|_| parsed(&format!("#{number}")));
        let content = Mutual { slug: parsed(&format!("record-{number}")), name, description, ..mutual("-") };
        let record = register.enter(content).await;
        searched.push(record);
    }
    for query in queries.iter().filter_map(|raw| raw.parse::<SearchQuery>().ok()) {
        let found = register.all::<Mutual>(MutualFilter { q: Some(Text(query.clone())), ..Default::default() }).await;
        let expected: Vec<_> = searched.iter().filter(|record| is_found(&record.content, &query)).cloned().collect();
        assert_eq!(found, expected, "{query:?}");
    }
}

fn is_found(mutual: &Mutual, query: &SearchQuery) -> bool {
    let words = tokens(&format!("{} {}", mutual.name, mutual.description.as_ref().map_or("", |said| said.as_str())));
    query.words().iter().all(|wanted| {
        let starts = |start: &str| words.iter().any(|word| word.starts_with(start));
        wanted.parts().iter().all(|part| starts(part)) || wanted.joined().is_some_and(starts)
    })
}

async fn a_search_finds_what_has_a_word_beginning_with_each_of_its_words(register: &Register) {
    for_all(register, 40, scripts(), check);
}

/// A change to one of a few mutuals, which makes of each whatever it is not yet.
#[derive(Clone, Debug)]
enum Step {
    Write { which: u128, word: &'static str },
    Delete { which: u128 },
}

fn steps() -> impl Strategy<Value = (Vec<Step>, bool)> {
    let step = prop_oneof![
        3 => (0..3_u128, select(&["alpha", "beta", "gamma"][..])).prop_map(|(which, word)| Step::Write { which, word }),
        1 => (0..3_u128).prop_map(|which| Step::Delete { which }),
    ];
    (vec(step, 1..14), any::<bool>())
}

/// The index of words is written at the end of a batch, whose records may have come, changed and gone by then.
async fn check_batch(register: &Register, (steps, in_one_write): (Vec<Step>, bool)) {
    let before = Mutual { slug: parsed("there"), description: Some(parsed("alpha")), ..mutual("There") };
    let there = register.enter(before).await;
    let mut ids: [MutualId; 3] = [there.id, next_id(), next_id()];
    let mut works: Vec<Work> = Vec::new();
    for (number, step) in steps.into_iter().enumerate() {
        match step {
            Step::Write { which, word } => {
                let id = ids[usize::try_from(which).unwrap()];
                works.push(Box::new(move |tx| write_word(tx, id, number, word)));
            }
            Step::Delete { which } => {
                // What was deleted comes back as another record.
                let id = std::mem::replace(&mut ids[usize::try_from(which).unwrap()], next_id());
                works.push(Box::new(move |tx| delete_if_there(tx, id)));
            }
        }
    }
    carry_out(register, works, in_one_write).await;
    let all = register.all::<Mutual>(Default::default()).await;
    for word in ["alpha", "beta", "gamma", "bet"] {
        let query: SearchQuery = parsed(word);
        let expected: Vec<_> = all.iter().filter(|record| is_found(&record.content, &query)).cloned().collect();
        let filter = MutualFilter { q: Some(Text(query)), ..Default::default() };
        assert_eq!(register.all::<Mutual>(filter).await, expected, "{word}");
    }
    let mut raw = register.database.raw();
    assert_eq!(raw.count("mutual_search"), raw.count("mutuals"), "nothing is left in the index");
}

type Work = Box<dyn FnMut(&mut WriteTx<'_>) -> Result<(), Error> + Send>;

async fn carry_out(register: &Register, mut works: Vec<Work>, in_one_write: bool) {
    if in_one_write {
        register.write(move |tx| works.iter_mut().try_for_each(|work| work(tx))).await.unwrap();
        return;
    }
    let hold = Hold::the_writer_of(&register.store).await;
    let mut waiting = Vec::new();
    for work in works {
        let store = register.store.clone();
        waiting.push(submit(async move { store.write(stamp(0), work).await }).await);
    }
    hold.release();
    for write in waiting {
        write.await.unwrap().unwrap();
    }
}

fn write_word(tx: &mut WriteTx<'_>, id: MutualId, number: usize, word: &str) -> Result<(), Error> {
    let name = format!("Mutual {number}");
    let content =
        Mutual { slug: parsed(&format!("record-{number}")), description: Some(parsed(word)), ..mutual(&name) };
    match Mutual::find(tx, &Key::Id(id), DraftAccess::All) {
        Ok(current) => Mutual::update(tx, &current, content, DraftAccess::All).map(drop),
        Err(Error::NotFound { .. }) => Mutual::enter(tx, id, content, DraftAccess::All).map(drop),
        Err(error) => Err(error),
    }
}

fn delete_if_there(tx: &mut WriteTx<'_>, id: MutualId) -> Result<(), Error> {
    match Mutual::find(tx, &Key::Id(id), DraftAccess::All) {
        Ok(current) => Mutual::delete(tx, &current),
        Err(Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn any_sequence_of_changes_in_one_batch_is_searched_as_it_ends(register: &Register) {
    for_all(register, 60, steps(), check_batch);
}

async fn found(register: &Register, query: &str) -> Vec<String> {
    let filter = MutualFilter { q: Some(Text(parsed(query))), ..Default::default() };
    register.all::<Mutual>(filter).await.into_iter().map(|record| record.content.name.to_string()).collect()
}

async fn a_change_or_a_deletion_is_searched_at_once(register: &Register) {
    let id = register
        .enter(Mutual { slug: parsed("m"), description: Some(parsed("nursing")), ..mutual("Old name") })
        .await
        .id;
    assert_eq!(found(register, "old nurs").await, ["Old name"]);

    register.change(id, Mutual { slug: parsed("m"), ..mutual("New name") }).await;
    assert!(found(register, "old").await.is_empty());
    assert!(found(register, "nursing").await.is_empty());
    assert_eq!(found(register, "new").await, ["New name"]);

    register.remove(id).await.unwrap();
    assert!(found(register, "new").await.is_empty());
    // Whoever comes next may get the place of the deleted one in the index.
    register.enter(mutual("Another")).await;
    assert!(found(register, "new").await.is_empty());
    assert_eq!(found(register, "another").await, ["Another"]);
}

/// The second write takes the words of the first one's change out of the index again, and is then itself taken back.
async fn a_write_that_is_taken_back_leaves_its_siblings_words(register: &Register) {
    let id = next_id();
    register.write(move |tx| write_word(tx, id, 1, "before")).await.unwrap();
    let hold = Hold::the_writer_of(&register.store).await;
    let (first, second) = (register.store.clone(), register.store.clone());
    let kept = submit(async move { first.write(stamp(0), move |tx| write_word(tx, id, 1, "kept")).await }).await;
    let discarded = submit(async move {
        let rehearse = move |tx: &mut WriteTx<'_>| {
            tx.discard();
            write_word(tx, id, 1, "discarded")
        };
        second.write(stamp(0), rehearse).await
    });
    let discarded = discarded.await;
    hold.release();
    kept.await.unwrap().unwrap();
    discarded.await.unwrap().unwrap();

    assert_eq!(found(register, "kept").await.len(), 1);
    assert!(found(register, "before").await.is_empty() && found(register, "discarded").await.is_empty());
}

async fn identifiers_are_searched_and_departments_too(register: &Register) {
    register.enter(Mutual { identifiers: identifiers(&["GB-COH:9506232"]), ..mutual("Numbered") }).await;
    let council =
        Department { identifiers: identifiers(&["GB-LAE:GLS"]), ..department("Gloucestershire County Council") };
    let council = [register.enter(council).await];

    assert_eq!(found(register, "0950").await, ["Numbered"]);
    assert_eq!(found(register, "gb-coh:09506232").await, ["Numbered"]);
    for query in ["gls", "glouc coun", "COUNCIL gb"] {
        let filter = DepartmentFilter { q: Some(Text(parsed(query))), ..Default::default() };
        assert_eq!(register.all::<Department>(filter).await, council, "{query}");
    }
}

async fn the_longest_texts_are_searched(register: &Register) {
    let words: Vec<String> = (0..1_600).map(|n| format!("w{n:04}")).collect();
    let long = "x".repeat(9_900);
    // Each of these characters is read as a word or more.
    let signs: String = (0x4e00..0x4e00 + 9_999).filter_map(char::from_u32).collect();
    for (name, text) in [("Words", words.join(" ")), ("Long", long), ("Signs", signs)] {
        register.enter(Mutual { description: Some(parsed(&text)), ..mutual(name) }).await;
    }

    assert_eq!(found(register, "w0000 w1599").await, ["Words"]);
    assert_eq!(found(register, &"x".repeat(64)).await, ["Long"]);
    assert_eq!(found(register, &"x".repeat(70)).await, ["Long"]);
    assert_eq!(found(register, "yi").await, ["Signs"]);
}

async fn a_record_without_a_word_is_found_by_none(register: &Register) {
    let id = next_id();
    register.try_enter_as(id, Mutual { slug: parsed("dots"), ..mutual("…!") }).await.unwrap();

    for query in ["a", "0", "dots"] {
        assert!(found(register, query).await.is_empty(), "{query}");
    }
    register.change(id, Mutual { slug: parsed("dots"), ..mutual("…?") }).await;
    register.remove(id).await.unwrap();
}

on_both!(
    a_search_finds_what_has_a_word_beginning_with_each_of_its_words,
    any_sequence_of_changes_in_one_batch_is_searched_as_it_ends,
    a_change_or_a_deletion_is_searched_at_once,
    a_write_that_is_taken_back_leaves_its_siblings_words,
    identifiers_are_searched_and_departments_too,
    the_longest_texts_are_searched,
    a_record_without_a_word_is_found_by_none,
);
