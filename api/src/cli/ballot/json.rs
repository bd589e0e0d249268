//! Documents of hosted ballots that people have as files, or fetch.

use document::body::{Content, Input};
use document::register as wire;
use domain::ballot_protocol::BallotManifest;
use domain::{Checked, Fault};

/// More faults of a document are not told.
const MOST_FAULTS: usize = 10;

/// The manifest in this text.
pub(super) fn manifest_of(text: &str) -> Result<BallotManifest, String> {
    read::<wire::BallotManifest>(text).map(Checked::into_inner)
}

/// The document in this text, or what is wrong with it: the rest of a sentence.
pub(super) fn read<T: Input>(text: &str) -> Result<T::Value, String> {
    let content = Content::<T>::parse(text.as_bytes())
        .map_err(|it| format!("is not JSON: line {}, column {}: {}", it.line, it.column, it.reason))?;
    content.create().map_err(|refusal| {
        let faults = refusal.faults(Vec::new()).into_iter().take(MOST_FAULTS);
        let faults = faults.map(|fault| format!("{}: {}", fault.pointer, fault.detail));
        format!("is refused: {}", harmless(&faults.collect::<Vec<_>>().join("; ")))
    })
}

/// Faults of a document, in words.
pub(super) fn told(faults: &[Fault]) -> String {
    let faults = faults.iter().take(MOST_FAULTS).map(|fault| format!("/{}: {}", fault.field, fault.detail));
    harmless(&faults.collect::<Vec<_>>().join("; "))
}

/// A text of others, which must not move the cursor of a terminal, turn the direction of writing or break the line.
pub(super) fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
                harmless.extend(c.escape_unicode());
            }
            c if c.is_control() => harmless.extend(c.escape_unicode()),
            c => harmless.push(c),
        }
    }
    harmless
}
