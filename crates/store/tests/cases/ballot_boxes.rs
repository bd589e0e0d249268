//! Boxes of hosted ballots: what they take, what comes out, and what is left of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use domain::StaffBallotId;
use store::ballot_list::{self, BallotList};
use store::{Cast, DatabaseUrl, Error, Vote};

use crate::kit::{Database, Engine, Register};

const BALLOT: &str = "0190c0de-0000-7000-8000-000000000001";

fn ballot() -> StaffBallotId {
    BALLOT.parse().unwrap()
}

/// 64 digits that tell what they stand for.
fn hash(what: &str, number: usize) -> String {
    format!("{:0>64}", format!("{number}{}", what.bytes().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

fn vote(voter: usize, tracker: usize, choice: &str) -> Vote {
    Vote {
        entry: hash("entry", voter),
        spend: hash("spend", voter),
        tracker: hash("tracker", tracker),
        choice: choice.to_owned(),
    }
}

async fn make(register: &Register, voters: usize) {
    let entries: Vec<String> = (0..voters).map(|voter| hash("entry", voter)).collect();
    register.store.boxes().make(ballot(), &entries).unwrap();
}

async fn cast(register: &Register, vote: Vote) -> Cast {
    register.store.cast("caller".to_owned(), ballot(), vote).await.unwrap()
}

async fn a_box_takes_one_vote_for_each_entry_of_the_roll(register: &Register) {
    make(register, 2).await;
    assert_eq!(cast(register, vote(0, 0, "yes")).await, Cast::Counted);
    assert_eq!(cast(register, vote(0, 0, "yes")).await, Cast::Repeated);
    assert_eq!(cast(register, vote(0, 7, "yes")).await, Cast::AlreadyVoted);
    // With a tracker that is there, a code that has voted is told the same as one that has not.
    for voter in [0, 1] {
        assert_eq!(cast(register, vote(voter, 0, "yes")).await, Cast::Repeated);
        assert_eq!(cast(register, vote(voter, 0, "no")).await, Cast::TrackerTaken);
    }
    assert_eq!(cast(register, vote(2, 2, "yes")).await, Cast::NotOnRoll);
    assert_eq!(cast(register, vote(1, 1, "no")).await, Cast::Counted);

    let contents = register.store.boxes().seal(ballot()).unwrap().unwrap();

    assert_eq!(contents.spends, [hash("spend", 0), hash("spend", 1)]);
    let votes = [(hash("tracker", 0), "yes".to_owned()), (hash("tracker", 1), "no".to_owned())];
    assert_eq!(contents.votes, votes);
    assert_eq!(cast(register, vote(0, 0, "yes")).await, Cast::Closed);
    let again = register.store.boxes().seal(ballot()).unwrap();
    assert!(again == Some(contents), "a sealed box gives the same again");
}

async fn of_racing_votes_with_one_code_one_is_counted(register: &Register) {
    const VOTERS: usize = 200;
    const RACING: usize = 8;
    make(register, VOTERS).await;
    let racing = (0..VOTERS * RACING).map(|number| {
        let (store, voter) = (register.store.clone(), number / RACING);
        let vote = vote(voter, number, &format!("choice-{}", number % RACING));
        tokio::spawn(async move {
            let done = store.cast(format!("caller {}", number % 5), ballot(), vote.clone()).await;
            (vote, done.unwrap())
        })
    });
    let mut counted = BTreeMap::new();
    for done in racing.collect::<Vec<_>>() {
        match done.await.unwrap() {
            (vote, Cast::Counted) => drop(counted.insert(vote.tracker, vote.choice)),
            (_, refused) => assert_eq!(refused, Cast::AlreadyVoted),
        }
    }

    let contents = register.store.boxes().seal(ballot()).unwrap().unwrap();

    assert_eq!(counted.len(), VOTERS);
    assert_eq!(contents.spends.len(), VOTERS);
    assert!(contents.votes.into_iter().eq(counted), "what was counted is what is in the box");
}

async fn a_vote_that_races_with_the_seal_is_in_the_box_if_it_was_counted(register: &Register) {
    const VOTERS: usize = 400;
    make(register, VOTERS).await;
    let votes: Vec<_> = (0..VOTERS)
        .map(|voter| {
            let store = register.store.clone();
            tokio::spawn(async move {
                let cast = store.cast(format!("caller {}", voter % 9), ballot(), vote(voter, voter, "yes")).await;
                (hash("tracker", voter), cast.unwrap())
            })
        })
        .collect();
    tokio::task::yield_now().await;

    let contents = register.store.boxes().seal(ballot()).unwrap().unwrap();

    let in_box: BTreeSet<String> = contents.votes.into_iter().map(|(tracker, _)| tracker).collect();
    for vote in votes {
        let (tracker, cast) = vote.await.unwrap();
        assert_eq!(in_box.contains(&tracker), cast == Cast::Counted, "{tracker} {cast:?}");
    }
}

async fn a_box_with_votes_is_never_replaced(register: &Register) {
    make(register, 3).await;
    make(register, 2).await;
    assert_eq!(cast(register, vote(2, 2, "yes")).await, Cast::NotOnRoll, "the box was replaced");
    assert_eq!(cast(register, vote(0, 0, "yes")).await, Cast::Counted);

    let refused = register.store.boxes().make(ballot(), &[hash("entry", 0)]);

    assert!(matches!(refused, Err(Error::Internal(_))), "{refused:?}");
    assert_eq!(cast(register, vote(0, 0, "yes")).await, Cast::Repeated);
}

async fn nothing_is_left_of_a_box_that_was_destroyed(register: &Register) {
    let other: StaffBallotId = "0190c0de-0000-7000-8000-000000000002".parse().unwrap();
    make(register, 40).await;
    for voter in 0..40 {
        assert_eq!(cast(register, vote(voter, voter, "yes")).await, Cast::Counted);
    }
    assert_eq!(register.store.boxes().all().unwrap(), [ballot()]);
    if let DatabaseUrl::Sqlite(_) = register.database.url() {
        assert!(holds(register.database.folder(), &hash("spend", 7)), "the search finds what is there");
    }
    register.store.boxes().seal(ballot()).unwrap();

    register.store.boxes().destroy(ballot()).unwrap();

    assert!(register.store.boxes().all().unwrap().is_empty());
    assert!(register.store.boxes().seal(ballot()).unwrap().is_none());
    assert_eq!(cast(register, vote(0, 0, "yes")).await, Cast::Closed);
    register.store.boxes().destroy(ballot()).unwrap();
    if register.engine() == Engine::Sqlite {
        assert!(!holds(register.database.folder(), &hash("spend", 7)));
        assert!(!holds(register.database.folder(), &hash("tracker", 7)));
    }
    // The rows of another box stay where they are.
    register.store.boxes().make(other, &[hash("entry", 1)]).unwrap();
    make(register, 1).await;
    register.store.boxes().destroy(ballot()).unwrap();
    assert_eq!(register.store.cast("caller".to_owned(), other, vote(1, 1, "no")).await.unwrap(), Cast::Counted);
}

/// Whether a file of a folder holds these bytes.
fn holds(folder: &Path, text: &str) -> bool {
    let files = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    files.into_iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

/// SQLite removes a write-ahead log when the last connection to it is closed.
async fn what_was_written_before_a_stop_is_overwritten_too(register: &Register) {
    if register.engine() == Engine::Postgres {
        return;
    }
    let kept = tempfile::tempdir().unwrap();
    make(register, 40).await;
    for stop in 0..3 {
        let started = Database::open(&register.database);
        for voter in stop * 10..stop * 10 + 10 {
            started.cast("caller".to_owned(), ballot(), vote(voter, voter, "yes")).await.unwrap();
        }
        keep_another_name_of_each_box_file(register.database.folder(), kept.path(), stop);
        drop(started);
        let log = |name: &str| name.ends_with(&format!("-ballot-{BALLOT}-wal"));
        while names(register.database.folder()).iter().any(|name| log(name)) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    assert!(names(kept.path()).len() >= 6, "a box and its log at each stop: {:?}", names(kept.path()));
    assert!(holds(kept.path(), &hash("spend", 7)));

    assert_eq!(register.store.boxes().seal(ballot()).unwrap().unwrap().votes.len(), 30);
    register.store.boxes().destroy(ballot()).unwrap();

    assert!(!names(register.database.folder()).iter().any(|name| name.contains(BALLOT)));
    for voter in 0..30 {
        assert!(!holds(kept.path(), &hash("spend", voter)), "voter {voter}");
        assert!(!holds(kept.path(), &hash("tracker", voter)), "voter {voter}");
    }
}

/// What is on the disk stays to be read, whoever removes the file.
fn keep_another_name_of_each_box_file(folder: &Path, kept: &Path, stop: usize) {
    for name in names(folder).iter().filter(|name| name.contains(BALLOT)) {
        std::fs::hard_link(folder.join(name), kept.join(format!("{stop}-{name}"))).unwrap();
    }
}

fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

async fn a_box_outlives_its_store(register: &Register) {
    make(register, 2).await;
    assert_eq!(cast(register, vote(0, 0, "yes")).await, Cast::Counted);
    let again = Database::open(&register.database);

    assert_eq!(again.cast("caller".to_owned(), ballot(), vote(0, 0, "yes")).await.unwrap(), Cast::Repeated);
    assert_eq!(again.boxes().seal(ballot()).unwrap().unwrap().votes.len(), 1);
    assert_eq!(cast(register, vote(1, 1, "no")).await, Cast::Closed, "sealed by another instance");
}

async fn a_list_is_kept_in_pages(register: &Register) {
    let lines: Vec<String> = (0..2 * ballot_list::PAGE + 1).map(|number| format!("{number:08}")).collect();
    let sent = lines.clone();
    register
        .write(move |tx| {
            ballot_list::write(tx, ballot(), BallotList::Entries, &["before".to_owned()])?;
            ballot_list::write(tx, ballot(), BallotList::Entries, &sent)
        })
        .await
        .unwrap();

    let read = |tx: &mut store::ReadTx<'_>| {
        let count = ballot_list::count(tx, ballot(), BallotList::Entries)?;
        let last = ballot_list::page(tx, ballot(), BallotList::Entries, 2)?;
        let none = ballot_list::page(tx, ballot(), BallotList::Entries, 3)?;
        Ok::<_, Error>((count, last, none, ballot_list::all(tx, ballot(), BallotList::Entries)?))
    };
    let (count, last, none, all) = register.store.read(read).await.unwrap();

    assert_eq!(count, 2001);
    assert_eq!(last.as_deref(), Some("00002000"));
    assert_eq!(none, None);
    assert_eq!(all, lines);
    let gone = move |tx: &mut store::WriteTx<'_>| {
        ballot_list::remove(tx, ballot(), BallotList::Entries)?;
        ballot_list::count(tx, ballot(), BallotList::Entries)
    };
    assert_eq!(register.write(gone).await.unwrap(), 0);
}

on_both!(
    a_box_takes_one_vote_for_each_entry_of_the_roll,
    of_racing_votes_with_one_code_one_is_counted,
    a_vote_that_races_with_the_seal_is_in_the_box_if_it_was_counted,
    a_box_with_votes_is_never_replaced,
    nothing_is_left_of_a_box_that_was_destroyed,
    what_was_written_before_a_stop_is_overwritten_too,
    a_box_outlives_its_store,
    a_list_is_kept_in_pages,
);
