//! `mutuals check`: the stored records that break a rule of today.

use actix_web::rt::System;
use domain::Day;
use store::{DatabaseUrl, RecordBreach, Review};

use super::outcome::{self, Failure, say};
use crate::app::Clock;

/// Prints each rule that a record breaks. Fails if there is one.
pub(super) fn perform(url: &DatabaseUrl) -> Result<(), Failure> {
    let today = Day::from_date(Clock::system().now().date_naive()).map_err(|invalid| invalid.detail)?;
    let store = outcome::open(url)?;
    let (records, breaches) = System::new().block_on(async {
        let (mut review, mut breaches) = (Review::default(), 0_usize);
        while !review.is_done() {
            let next = review.clone();
            review = store.read(move |tx| next.clone().go_on(tx, today)).await?;
            review.found.iter().for_each(|found| say(&line(found)));
            breaches = breaches.saturating_add(review.found.len());
        }
        Ok::<_, store::Error>((review.records, breaches))
    })?;
    if breaches > 0 {
        let broken = if breaches == 1 { "1 rule is broken".to_owned() } else { format!("{breaches} rules are broken") };
        return Err(format!("{broken} in {records} records: correct what is listed").into());
    }
    say(&format!("checked {records} records; none breaks a rule"));
    Ok(())
}

fn line(RecordBreach { kind, id, breach }: &RecordBreach) -> String {
    const SHOWN_CHARS: usize = 200;
    let value = breach.value.as_ref().map(|value| value.chars().take(SHOWN_CHARS).collect::<String>());
    let value = value.map(|value| format!(" {value}")).unwrap_or_default();
    format!("{} {id} {}{value}: {}", kind.as_str(), breach.member, breach.detail)
}
