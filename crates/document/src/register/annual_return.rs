//! Annual returns of mutuals: what they say about each of their years.

use domain::{AnnualFigures, MAX_INTEGER, Staff};

use crate::declare::wire;
use crate::faults::Faults;
use crate::register::{Currency, Money, Percent};
use crate::source::Source;
use crate::value::{AnnualReturnId, Day, Fte, MutualId, Plain, Text};

wire! {
    /// A mutual's figures for one year. Give at least one figure besides `period_ends_on`, and leave out those that are
    /// not known.
    #[example({
        "period_ends_on": "2013-03-31",
        "turnover": {"amount_minor": 1_240_000_000, "currency": "GBP"},
        "surplus": {"amount_minor": -4_500_000, "currency": "GBP"},
        "headcount": 312,
        "fte": "254.50",
        "service_users": 18000,
        "staff_directors": 3,
        "board_size": 9,
        "staff_shareholding_percent": "51.00",
        "sources": [{"title": "Annual report and accounts 2012 to 2013", "accessed_on": "2025-07-01"}]
    })]
    pub record AnnualReturn(AnnualReturnId, mutual_id: MutualId) for domain::AnnualReturn {
        /// The last day of the year that the return is about. A mutual has only one return for each such day.
        period_ends_on: Day = required.past(),
        figures: AnnualFigures against [] {
            /// The income of the year.
            turnover: Money = optional,
            /// The surplus of the year. Below 0 for a loss. In the currency of `turnover`.
            surplus: SignedMoney = optional,
            /// How many people worked in the mutual at the end of the year: heads, not full-time equivalents. The
            /// mutual's `staff_count` comes from the newest return that has a `headcount`.
            headcount: i64 = optional.range(0, Staff::MAX_COUNT),
            /// The same staff in full-time equivalents: not more than `headcount`.
            fte: Fte = optional,
            /// How many people were served in the year.
            service_users: i64 = optional.range(0, Staff::MAX_COUNT),
            /// How many board members were staff chosen by staff: not more than `board_size`.
            staff_directors: i64 = optional.range(0, Staff::MAX_COUNT),
            /// How many members the board had.
            board_size: i64 = optional.range(0, Staff::MAX_COUNT),
            /// The percentage of the mutual's shares that staff held.
            staff_shareholding_percent: Percent = optional,
        },
        /// The sources of the record.
        sources: Source = list.max(50),
    }

    /// An amount of money that may be negative.
    #[example({"amount_minor": -4_500_000, "currency": "GBP"})]
    pub struct SignedMoney {
        /// How many of the currency's minor units: pence for `GBP`; below 0 for a loss.
        amount_minor: i64 = required.range(-MAX_INTEGER, MAX_INTEGER).example("-4500000"),
        currency: Currency = required,
    }
}

impl Plain for SignedMoney {
    type Value = domain::SignedMoney;

    fn build(self, faults: &mut Faults) -> Option<domain::SignedMoney> {
        faults.take("amount_minor", domain::SignedMoney::new(self.amount_minor?, self.currency?.into_inner()))
    }

    fn show(money: &domain::SignedMoney) -> Self {
        Self { amount_minor: Some(money.amount_minor()), currency: Some(Text(money.currency())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::sample::{assert_reads_back, create, faults};

    #[test]
    fn a_full_document_reads_back() {
        let content = create::<AnnualReturn>(
            r#"{"period_ends_on": "2013-03-31", "turnover": {"amount_minor": 9007199254740991, "currency": "GBP"},
                "surplus": {"amount_minor": -9007199254740991, "currency": "GBP"}, "headcount": 312, "fte": "254.5",
                "service_users": 0, "staff_directors": 3, "board_size": 9, "staff_shareholding_percent": "51",
                "sources": SOURCES}"#,
        );
        assert_reads_back(&content);
    }

    #[test]
    fn a_return_without_figures_says_nothing() {
        assert_eq!(faults::<AnnualReturn>(r#"{"period_ends_on": "2013-03-31"}"#), [(String::new(), "required")]);
    }

    #[test]
    fn figures_are_judged_each_at_its_place() {
        let found = faults::<AnnualReturn>(
            r#"{"turnover": {"amount_minor": -1, "currency": "GBP"}, "surplus": {"currency": "GBP"},
                "headcount": 10000001, "staff_directors": 4, "board_size": 3}"#,
        );
        let expected = [
            ("/turnover/amount_minor", "out-of-range"),
            ("/surplus/amount_minor", "required"),
            ("/headcount", "out-of-range"),
            ("/staff_directors", "inconsistent"),
            ("/period_ends_on", "required"),
        ];
        assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
    }
}
