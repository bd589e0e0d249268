//! Answers kept under a caller's key, so that a repeated request is carried out once.

use chrono::TimeDelta;
use domain::{DraftAccess, Mutual};
use store::idempotency::{self, Answer, KEPT_HOURS};
use store::{Error, StoredRoot as _};
use tokio::task::JoinSet;

use crate::fixture::mutual;
use crate::kit::{Register, moment, next_id, stamp, stamp_at};

fn answer(body: &str) -> Answer {
    Answer {
        fingerprint: Some("f".to_owned()),
        status: 201,
        resource_id: "there".to_owned(),
        etag: None,
        last_modified: Some("then".to_owned()),
        entry_seq: Some(7),
        body: body.to_owned(),
    }
}

async fn an_answer_is_kept_for_a_day(register: &Register) {
    let kept = answer("{\"é\":\"'\"}");
    let given = kept.clone();
    register.store.write::<_, Error, _>(stamp(0), move |tx| idempotency::insert(tx, "key", &given)).await.unwrap();
    let later = |hours, micros| stamp_at(moment() + TimeDelta::hours(hours) + TimeDelta::microseconds(micros));
    let find = |stamp| {
        register.store.write::<_, Error, _>(stamp, |tx| {
            let now = tx.stamp().now;
            idempotency::find(tx, "key", now)
        })
    };

    assert_eq!(find(later(KEPT_HOURS, -1)).await.unwrap(), Some(kept));
    assert_eq!(find(later(KEPT_HOURS, 0)).await.unwrap(), None);
    // Then the key may be used again.
    let next = answer("next");
    let given = next.clone();
    register
        .store
        .write::<_, Error, _>(later(KEPT_HOURS, 0), move |tx| idempotency::insert(tx, "key", &given))
        .await
        .unwrap();
    assert_eq!(find(later(KEPT_HOURS, 1)).await.unwrap(), Some(next));
    assert_eq!(register.database.raw().count("idempotency_keys"), 1);
}

async fn an_answer_is_lost_with_the_write_that_it_belongs_to(register: &Register) {
    let refused = register.write(|tx| {
        idempotency::insert(tx, "refused", &answer("-"))?;
        Err::<(), _>(Error::Internal("no".to_owned()))
    });
    refused.await.unwrap_err();
    let tried = register.write(|tx| {
        tx.discard();
        idempotency::insert(tx, "tried", &answer("-"))
    });
    tried.await.unwrap();

    assert_eq!(register.database.raw().count("idempotency_keys"), 0);
}

async fn of_many_requests_with_one_key_one_is_carried_out(register: &Register) {
    let stores = [register.store.clone(), register.database.open()];
    let mut requests = JoinSet::new();
    for n in 0..32 {
        let store = stores[n % 2].clone();
        requests.spawn(async move {
            let work = move |tx: &mut store::WriteTx<'_>| {
                let now = tx.stamp().now;
                if let Some(before) = idempotency::find(tx, "key", now)? {
                    return Ok::<_, Error>(before.body);
                }
                let entered = Mutual::enter(tx, next_id(), mutual(&format!("Mutual {n}")), DraftAccess::All)?;
                idempotency::insert(tx, "key", &answer(&entered.id.to_string()))?;
                Ok(entered.id.to_string())
            };
            store.write(stamp(0), work).await.unwrap()
        });
    }

    let answers = requests.join_all().await;

    let entered = register.all::<Mutual>(Default::default()).await;
    assert_eq!(entered.len(), 1);
    assert!(answers.iter().all(|id| *id == entered[0].id.to_string()), "{answers:?}");
}

on_both!(
    an_answer_is_kept_for_a_day,
    an_answer_is_lost_with_the_write_that_it_belongs_to,
    of_many_requests_with_one_key_one_is_carried_out,
);
