//! What is spooled is of one moment, holds no snapshot while it is taken, and leaves room for others.

use document::register::MutualFilter;
use domain::{DraftAccess, Mutual};
use store::{
    Client, ClockGuard, Error, Page, Position, ReadTx, RecordFilter, SpoolSettings, Spooled, Store, StoredRecord as _,
    StoredRoot as _,
};

use crate::fixture::{mutual, sort};
use crate::kit::{Register, next_id};

/// The names of all mutuals, each a piece of its own, with a line feed.
fn names() -> impl FnMut(&mut ReadTx<'_>) -> Result<Option<Vec<u8>>, Error> {
    let mut after: Option<Position> = None;
    move |tx| {
        let page =
            Page { limit: 1, sort: sort::<Mutual>("name"), descending: false, after: after.clone(), count: false };
        let slice = Mutual::list(tx, &MutualFilter::default(), &RecordFilter::default(), &page, DraftAccess::All)?;
        let Some(item) = slice.items.first() else { return Ok(None) };
        let found = Mutual::find(tx, &domain::Key::Id(item.id.parse().unwrap()), DraftAccess::All)?;
        after = Some(Position { key: Some(domain::sort_key(found.content.name.as_str())), id: item.id.clone() });
        Ok(Some(format!("{}\n", found.content.name).into_bytes()))
    }
}

/// So many pieces of so many bytes.
fn bulk(mut count: usize, bytes: usize) -> impl FnMut(&mut ReadTx<'_>) -> Result<Option<Vec<u8>>, Error> {
    move |_| {
        let is_more = count > 0;
        count = count.saturating_sub(1);
        Ok(is_more.then(|| vec![b'x'; bytes]))
    }
}

async fn enter(register: &Register, name: &'static str) -> domain::Id<Mutual> {
    let id = next_id();
    register.write(move |tx| Mutual::enter(tx, id, mutual(name), DraftAccess::All)).await.unwrap();
    id
}

async fn delete(register: &Register, id: domain::Id<Mutual>) {
    let delete = move |tx: &mut store::WriteTx<'_>| {
        let found = Mutual::find(tx, &domain::Key::Id(id), DraftAccess::All)?;
        Mutual::delete(tx, &found)
    };
    register.write(delete).await.unwrap();
}

/// All of it, taken in small blocks.
fn all(spooled: &Spooled) -> String {
    let (mut text, mut from) = (String::new(), 0);
    loop {
        let block = spooled.read(from, 5).unwrap();
        if block.is_empty() {
            assert_eq!(from, spooled.length());
            return text;
        }
        from += u64::try_from(block.len()).unwrap();
        text.push_str(&String::from_utf8(block).unwrap());
    }
}

fn address(last: u8) -> Client {
    Client::Anonymous([192, 0, 2, last].into())
}

fn keyed() -> Client {
    Client::Keyed("key:a".into())
}

fn with_room(register: &Register, limit: u64) -> Store {
    let settings = SpoolSettings { limit, ..SpoolSettings::default() };
    Store::open_with(register.store.url(), 2, &settings, ClockGuard::off()).unwrap()
}

async fn what_is_spooled_is_of_one_moment(register: &Register) {
    let anna = enter(register, "Anna").await;
    enter(register, "Berta").await;
    let before = register.store.spool(names()).await.unwrap();
    enter(register, "Clara").await;
    delete(register, anna).await;
    assert_eq!((before.head.seq, all(&before).as_str()), (2, "Anna\nBerta\n"));
    let now = register.store.spool(names()).await.unwrap();
    assert_eq!((now.head.seq, all(&now).as_str()), (4, "Berta\nClara\n"));
    drop(before);
    let nothing = register.store.spool(bulk(0, 0)).await.unwrap();
    assert_eq!((nothing.length(), all(&nothing).as_str()), (0, ""));
}

/// An SQLite write-ahead log is emptied, as after an erasure, while somebody holds what they have not read.
async fn who_has_not_read_it_holds_no_snapshot(register: &Register) {
    enter(register, "Anna").await;
    let unread = register.store.spool(names()).await.unwrap();
    enter(register, "Berta").await;
    let started = std::time::Instant::now();
    assert!(store::empty_write_ahead_log(register.store.url(), std::time::Duration::from_secs(4)).unwrap());
    assert!(started.elapsed() < std::time::Duration::from_secs(4), "{:?}", started.elapsed());
    assert_eq!(all(&unread), "Anna\n");
}

async fn a_failure_is_told_before_anything_is_given(register: &Register) {
    let mut told = 0;
    let failing = move |_: &mut ReadTx<'_>| {
        told += 1;
        if told < 3 { Ok(Some(vec![told])) } else { Err(Error::InvalidPosition("x".to_owned())) }
    };
    assert!(matches!(register.store.spool(failing).await.err(), Some(Error::InvalidPosition(_))));
    // The connection of the database is as good as new.
    assert_eq!(register.store.spool(names()).await.unwrap().head.seq, 0);
}

async fn one_caller_takes_two_at_a_time(register: &Register) {
    let stores = [address(1), address(2), keyed()].map(|client| register.store.for_client(client));
    let mut kept = Vec::new();
    for store in &stores {
        for _ in 0..2 {
            kept.push(store.spool(bulk(1, 1)).await.unwrap());
        }
        assert!(matches!(store.spool(bulk(1, 1)).await.err(), Some(Error::ShareUsedUp)));
    }
    drop(kept.remove(0));
    assert!(stores[0].spool(bulk(1, 1)).await.is_ok());
}

async fn all_together_have_limited_room(register: &Register) {
    const HALF: u64 = 64 * 1024;
    let half = usize::try_from(HALF).unwrap();
    let store = with_room(register, 2 * HALF);
    let [first, second, third] = [address(1), address(2), keyed()].map(|client| store.for_client(client));
    let too_large = first.spool(bulk(half + 1, 1)).await.err();
    assert!(matches!(too_large, Some(Error::TooLarge { limit }) if limit == HALF), "{too_large:?}");
    let kept = first.spool(bulk(2, half / 2)).await.unwrap();
    assert!(matches!(first.spool(bulk(1, 1)).await.err(), Some(Error::ShareUsedUp)));
    // A quarter is left to those with a key.
    assert!(matches!(second.spool(bulk(2, half / 2)).await.err(), Some(Error::Unavailable(_))));
    let other = third.spool(bulk(2, half / 2)).await.unwrap();
    assert_eq!((kept.length(), other.length()), (HALF, HALF));
    drop(kept);
    assert!(second.spool(bulk(2, half / 2)).await.is_ok());
}

/// What is given up in the middle ends, and its place is free again.
async fn nobody_reads_for_one_who_has_gone(register: &Register) {
    let store = register.store.for_client(address(1));
    for _ in 0..3 {
        let endless = store.spool(|_: &mut ReadTx<'_>| {
            std::thread::sleep(std::time::Duration::from_millis(1));
            Ok::<_, Error>(Some(vec![b'x']))
        });
        assert!(tokio::time::timeout(std::time::Duration::from_millis(100), endless).await.is_err());
    }
    assert_eq!(all(&store.spool(names()).await.unwrap()), "");
}

on_both! {
    what_is_spooled_is_of_one_moment,
    who_has_not_read_it_holds_no_snapshot,
    a_failure_is_told_before_anything_is_given,
    one_caller_takes_two_at_a_time,
    all_together_have_limited_room,
    nobody_reads_for_one_who_has_gone,
}
