//! Answers that take long to compute, kept until the register changes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use actix_web::web::Bytes;

/// Answers that were computed already, by what was asked. They are all as of one entry of the log: an answer of a newer one puts an end to
/// the others, so that none is ever stale.
#[derive(Debug, Default)]
pub struct Answers(Mutex<AsOfEntry>);

#[derive(Debug, Default)]
struct AsOfEntry {
    seq: i64,
    answers: HashMap<String, Answer>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub document: Bytes,
    /// The cursor of the next page, where the answer is one of several.
    pub next_cursor: Option<String>,
}

impl From<Bytes> for Answer {
    fn from(document: Bytes) -> Self {
        Self { document, next_cursor: None }
    }
}

impl Answers {
    /// So many are kept at most.
    const MOST: usize = 200;
    /// A larger one is not kept.
    const LARGEST: usize = 2_000_000;

    pub fn find(&self, seq: i64, asked: &str) -> Option<Answer> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.seq == seq).then(|| kept.answers.get(asked).cloned()).flatten()
    }

    pub fn keep(&self, seq: i64, asked: String, answer: Answer) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seq > kept.seq || kept.answers.len() >= Self::MOST {
            *kept = AsOfEntry { seq, answers: HashMap::new() };
        }
        if seq == kept.seq && answer.document.len() <= Self::LARGEST {
            kept.answers.insert(asked, answer);
        }
    }
}
