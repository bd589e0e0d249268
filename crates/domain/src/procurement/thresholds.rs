//! Values from which rules apply. A value that is not in the table is not known, and never guessed.

use crate::data_file::{FileFault, rows};
use crate::value::date::Day;
use crate::value::money::{Currency, Money};

/// What a value decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// From here on a light touch contract is a public contract (Procurement Act 2023 Sch. 1).
    LightTouch,
    /// Above this a copy of the contract is published (Procurement Act 2023 s.53(3)).
    ContractCopy,
    /// From here on a change may be considerable (Provider Selection Regime 2023 reg. 6(10)).
    ConsiderableChange,
}

impl Threshold {
    const ALL: [Self; 3] = [Self::LightTouch, Self::ContractCopy, Self::ConsiderableChange];

    const fn as_str(self) -> &'static str {
        match self {
            Self::LightTouch => "pa_2023_light_touch",
            Self::ContractCopy => "pa_2023_contract_copy",
            Self::ConsiderableChange => "psr_2023_considerable_change",
        }
    }
}

/// The thresholds, each from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thresholds(Vec<(Threshold, Day, Money)>);

impl Thresholds {
    /// Reads a table of thresholds: each with its name, the day from which it applies, its amount in pence and its source.
    ///
    /// # Errors
    /// The line that is wrong, or a threshold that is missing.
    pub fn parse(text: &str) -> Result<Self, FileFault> {
        let mut thresholds = Vec::new();
        let mut last_line = 1;
        for (line, [name, from, amount, _]) in rows(text, ["threshold", "from", "amount_minor", "source"])? {
            let words = Threshold::ALL.map(Threshold::as_str).join(", ");
            let known = Threshold::ALL.into_iter().find(|known| known.as_str() == name);
            let known =
                known.ok_or_else(|| FileFault::new(line, format!("{name:?} is no threshold: expected {words}")))?;
            let from = from.parse().map_err(|invalid| FileFault::new(line, format!("{invalid}")))?;
            let pence: Option<i64> = amount.parse().ok();
            let money = pence.and_then(|pence| Money::new(pence, Currency::GBP).ok());
            let money = money.ok_or_else(|| FileFault::new(line, format!("{amount:?} is not an amount in pence")))?;
            thresholds.push((known, from, money));
            last_line = line;
        }
        match Threshold::ALL.iter().find(|wanted| !thresholds.iter().any(|(known, ..)| known == *wanted)) {
            Some(missing) => Err(FileFault::new(last_line, format!("{} is missing", missing.as_str()))),
            None => Ok(Self(thresholds)),
        }
    }

    /// The threshold as at a day, in pence; the newest where no day is known.
    pub(super) fn as_at(&self, wanted: Threshold, day: Option<Day>) -> Option<i64> {
        let of_it = self.0.iter().filter(|(known, from, _)| *known == wanted && day.is_none_or(|day| *from <= day));
        of_it.max_by_key(|(_, from, _)| *from).map(|(.., money)| money.amount_minor())
    }
}

/// An amount in pence as people read it: `£663,540`.
pub(super) fn pounds(pence: i64) -> String {
    let whole = pence.checked_div(100).unwrap_or_default().to_string();
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && whole.len().saturating_sub(place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match pence.checked_rem(100) {
        Some(0) | None => format!("£{grouped}"),
        Some(rest) => format!("£{grouped}.{rest:02}"),
    }
}
