//! What is read piece by piece is of one moment, and only few such reads run at a time.

use document::register::MutualFilter;
use domain::{DraftAccess, Mutual};
use store::{Error, Page, Pieces, Position, ReadTx, SortKey, Store, StoredRecord as _, StoredRoot as _};

use crate::fixture::{mutual, sort};
use crate::kit::{Register, next_id};

/// The names of all mutuals, each a piece of its own.
fn names() -> impl FnMut(&mut ReadTx<'_>) -> Result<Option<Vec<u8>>, Error> {
    let mut after: Option<Position> = None;
    move |tx| {
        let page =
            Page { limit: 1, sort: sort::<Mutual>("name"), descending: false, after: after.clone(), count: false };
        let slice = Mutual::list(tx, &MutualFilter::default(), &page, DraftAccess::All)?;
        let Some(item) = slice.items.first() else { return Ok(None) };
        let found = Mutual::find(tx, &domain::Key::Id(item.id.parse().unwrap()), DraftAccess::All)?;
        after = Some(Position { key: Some(domain::fold_name(found.content.name.as_str())), id: item.id.clone() });
        Ok(Some(found.content.name.to_string().into_bytes()))
    }
}

async fn enter(register: &Register, name: &'static str) -> domain::Id<Mutual> {
    let id = next_id();
    register.write(move |tx| Mutual::enter(tx, id, mutual(name), DraftAccess::All)).await.unwrap();
    id
}

async fn rest(pieces: Pieces<Error>) -> Vec<String> {
    let mut rest = pieces.rest;
    let mut read = Vec::new();
    while let Some(piece) = rest.recv().await {
        read.push(String::from_utf8(piece.unwrap()).unwrap());
    }
    read
}

async fn pieces_are_of_one_moment(register: &Register) {
    let anna = enter(register, "Anna").await;
    let told = ["Berta", "Clara", "Dora", "Emma", "Frieda", "Gerda", "Hanna"];
    for name in told {
        enter(register, name).await;
    }
    let pieces = register.store.read_in_pieces(names()).await.unwrap();
    assert_eq!(pieces.head.seq, 8);
    // Two pieces wait to be taken and one is in hand: the rest is read after these changes.
    enter(register, "Ida").await;
    register
        .write(move |tx| {
            let found = Mutual::find(tx, &domain::Key::Id(anna), DraftAccess::All)?;
            Mutual::delete(tx, &found)
        })
        .await
        .unwrap();
    assert_eq!(rest(pieces).await, [&["Anna"], &told[..]].concat());
    let now = register.store.read_in_pieces(names()).await.unwrap();
    assert_eq!(now.head.seq, 10);
    assert_eq!(rest(now).await, [&told[..], &["Ida"]].concat());
}

async fn many(register: &Register) -> &Store {
    for name in ["Anna", "Berta", "Clara", "Dora", "Emma", "Frieda", "Gerda"] {
        enter(register, name).await;
    }
    &register.store
}

async fn only_two_run_at_a_time(register: &Register) {
    let store = many(register).await;
    let first = store.read_in_pieces(names()).await.unwrap();
    let _second = store.read_in_pieces(names()).await.unwrap();
    assert!(matches!(store.read_in_pieces(names()).await, Err(Error::Unavailable(_))));
    // Others are served all the same.
    assert!(store.read(|tx| Mutual::list(tx, &MutualFilter::default(), &page(), DraftAccess::All)).await.is_ok());
    // Nobody takes what is left of the first.
    drop(first);
    for _ in 0..200 {
        if let Ok(third) = store.read_in_pieces(names()).await {
            assert_eq!(rest(third).await.len(), 7);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("a read that nobody takes goes on");
}

fn page() -> Page {
    Page { limit: 10, sort: SortKey::ID, descending: false, after: None, count: false }
}

async fn a_failure_is_the_last_piece(register: &Register) {
    let mut told = 0;
    let failing = move |_: &mut ReadTx<'_>| {
        told += 1;
        if told < 3 { Ok(Some(vec![told])) } else { Err(Error::Internal("unreadable".to_owned())) }
    };
    let mut pieces = register.store.read_in_pieces(failing).await.unwrap();
    assert_eq!(pieces.rest.recv().await.unwrap().unwrap(), [1]);
    assert_eq!(pieces.rest.recv().await.unwrap().unwrap(), [2]);
    assert!(pieces.rest.recv().await.unwrap().is_err());
    assert!(pieces.rest.recv().await.is_none());
    let refused = register.store.read_in_pieces(|_: &mut ReadTx<'_>| Err(Error::InvalidPosition("x".to_owned()))).await;
    assert!(matches!(refused, Err(Error::InvalidPosition(_))));
}

on_both! {
    pieces_are_of_one_moment,
    only_two_run_at_a_time,
    a_failure_is_the_last_piece,
}
