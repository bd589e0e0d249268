//! What can be marked on a paper, and what a valid paper says.

use std::fmt;

use crate::checked::repeats;
use crate::fault::{Fault, FaultCode, quoted};
use crate::register::staff_ballot::{BallotMethod, BallotOption, OptionKey, Tally};

/// What can be marked: the same on screen and on paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BallotPaper {
    /// How it is filled in.
    pub method: BallotMethod,
    /// The options, in the order in which they are shown.
    pub options: Vec<OptionKey>,
}

impl BallotPaper {
    /// The most options of a hosted ranked ballot. With more, a voter who was told to could be known by the order of the others.
    pub const MAX_RANKED: usize = 6;

    /// The paper with these options.
    pub fn new(method: BallotMethod, options: &[BallotOption]) -> Self {
        Self { method, options: options.iter().map(|option| option.key.clone()).collect() }
    }

    /// The most options that it may have.
    pub const fn max_options(method: BallotMethod) -> usize {
        match method {
            BallotMethod::SingleChoice => Tally::MAX_OPTIONS,
            BallotMethod::Ranked => Self::MAX_RANKED,
        }
    }

    fn most_marked(&self) -> usize {
        match self.method {
            BallotMethod::SingleChoice => 1,
            BallotMethod::Ranked => self.options.len(),
        }
    }
}

/// The options that a valid paper names, the most wanted first: exactly one unless the method is `ranked`, none of them twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Choice(Vec<OptionKey>);

impl Choice {
    /// What stands between two keys.
    const BETWEEN: char = '>';

    /// Reads the keys of a choice, joined by `>`.
    ///
    /// # Errors
    /// Every fault of it, each at the position of a key, or at the whole (field `""`).
    pub fn parse(raw: &str, paper: &BallotPaper) -> Result<Self, Vec<Fault>> {
        let most = paper.options.len() * (OptionKey::MAX_CHARS + 1);
        if raw.len() > most {
            let detail = format!("{} characters, at most {most} expected", raw.chars().count());
            return Err(vec![Fault::new("", FaultCode::TooLong, detail)]);
        }
        if raw.is_empty() {
            return Err(vec![Fault::new("", FaultCode::Empty, "the choice is empty: expected the key of an option")]);
        }
        Self::of_texts(&raw.split(Self::BETWEEN).collect::<Vec<_>>(), paper)
    }

    /// The choice of these keys.
    ///
    /// # Errors
    /// As [`Choice::parse`].
    pub fn new(keys: Vec<OptionKey>, paper: &BallotPaper) -> Result<Self, Vec<Fault>> {
        Self::of_texts(&keys.iter().map(OptionKey::as_str).collect::<Vec<_>>(), paper)
    }

    /// The options, the most wanted first.
    pub fn options(&self) -> &[OptionKey] {
        &self.0
    }

    fn of_texts(texts: &[&str], paper: &BallotPaper) -> Result<Self, Vec<Fault>> {
        let most = paper.most_marked();
        let counted = match (texts.len(), paper.method) {
            (0, _) => Some(Fault::new("", FaultCode::TooFew, "no option is chosen, at least one expected")),
            (len, _) if len <= most => None,
            (len, BallotMethod::SingleChoice) => {
                let detail = format!("{len} options are chosen, but this ballot is not ranked: expected one");
                Some(Fault::new("", FaultCode::TooMany, detail))
            }
            (len, BallotMethod::Ranked) => {
                Some(Fault::new("", FaultCode::TooMany, format!("{len} options are chosen, at most {most} expected")))
            }
        };
        let found = |text: &&str| paper.options.iter().find(|option| option.as_str() == *text);
        let unknown = texts.iter().take(most.max(1)).enumerate().filter(|(_, text)| found(text).is_none());
        let unknown = unknown.map(|(at, text)| {
            let detail = format!("{} is not an option of this ballot: expected {}", quoted(text), known(paper));
            Fault::new(at.to_string(), FaultCode::UnknownReference, detail)
        });
        let faults: Vec<Fault> = counted.into_iter().chain(unknown).chain(repeats(texts, most)).collect();
        if faults.is_empty() { Ok(Self(texts.iter().filter_map(found).cloned().collect())) } else { Err(faults) }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, key) in self.0.iter().enumerate() {
            if position > 0 {
                write!(f, "{}", Self::BETWEEN)?;
            }
            write!(f, "{key}")?;
        }
        Ok(())
    }
}

fn known(paper: &BallotPaper) -> String {
    let keys: Vec<String> = paper.options.iter().map(|key| format!("`{key}`")).collect();
    format!("one of {}", keys.join(", "))
}
