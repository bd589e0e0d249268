//! Contracts, as they are drawn, filtered and ordered the slow way.

use document::register::ContractFilter;
use document::value::{Bounded, Text};
use domain::procurement::Buyer;
use domain::{
    Contract, ContractStatus, CpvPrefix, Currency, Day, Department, DepartmentId, DepartmentKind, DraftAccess,
    MAX_INTEGER, Money, Nation, PartialDate, Procedure, Protection, ProtectionKind, Record, Regime, Timeline,
    fold_name,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::BoxedStrategy;
use store::StoredRoot as _;

use crate::fixture::{checked, contract, department, distinct, mutual, parsed};
use crate::kit::{Register, numbered};

use super::{
    BACKDROP, BEGINNINGS, Listed, Value, any_date, any_days, any_of, any_query, any_span, at_least, at_most,
    department_id, found_by, given, has, has_some, ids, in_order, kind_of, lies_in, may_lie_in, mutual_id, named,
    nation_of, rarely, share,
};

const AMOUNTS: &[i64] = &[0, 1, 99, 100, 1_000_000, MAX_INTEGER];
const CODES: &[&str] =
    &["85000000", "85100000", "85140000", "85141000", "80000000", "92511000", "92500000", "85900000", "99000000"];
const PREFIXES: &[&str] = &["85", "851", "8514", "8514100", "85141000", "9", "92", "80000000", "99", "00"];
const PROCEDURES: &[Procedure] = &[
    Procedure::PcrOpen,
    Procedure::PaS33Reserved,
    Procedure::PsrDirectC,
    Procedure::FrameworkCalloff,
    Procedure::RightToRequestUncontested,
    Procedure::Other,
];
const STATUSES: &[ContractStatus] = &[ContractStatus::Active, ContractStatus::Expired, ContractStatus::Planned];
const PROTECTIONS: &[ProtectionKind] = &[ProtectionKind::None, ProtectionKind::Reserved];
const REGIMES: &[Regime] = Regime::ALL;
const REFERENCES: &[&str] = &["A-1", "a-1", "A 1"];
const OCIDS: &[&str] = &["ocds-b5fd17-1", "ocds-b5fd17-2"];
const CURRENCIES: &[&str] = &["GBP", "EUR"];

/// What a search looks into.
fn text_of(contract: &Contract) -> String {
    let description = contract.description.iter().map(ToString::to_string);
    let keys = contract.reference.iter().map(ToString::to_string).chain(contract.ocid.iter().map(ToString::to_string));
    std::iter::once(contract.title.to_string()).chain(description).chain(keys).collect::<Vec<_>>().join(" ")
}

/// What is known of a department of the backdrop as a buyer.
fn buyer(id: DepartmentId) -> Buyer {
    let number = (0..BACKDROP).find(|n| department_id(*n) == id).unwrap();
    Buyer { kind: Some(kind_of(number)), nation: nation_of(number) }
}

impl Listed for Contract {
    fn any() -> BoxedStrategy<Self> {
        let days = (
            [(); 4].map(|()| any_date().boxed()),
            [(); 3].map(|()| any_date().boxed()),
            option::of(select(PROTECTIONS)),
        );
        let timeline = days.prop_map(|(before, term, protection)| {
            let whole = |date: Option<PartialDate>| date.map(|date| date.first_day());
            let [procurement_started_on, awarded_on, award_notice_on, entered_on] = in_order(before);
            let [starts_on, ends_on, latest_ends_on] = in_order(term);
            checked(Timeline {
                procurement_started_on: whole(procurement_started_on),
                awarded_on,
                award_notice_on: whole(award_notice_on),
                standstill_notice_on: None,
                standstill_ended_on: None,
                entered_on,
                starts_on,
                ends_on,
                latest_ends_on: whole(latest_ends_on),
                protection: protection.map(|kind| Protection { kind, until: None }),
            })
        });
        let value = option::of((select(AMOUNTS), select(CURRENCIES)))
            .prop_map(|value| value.map(|(amount, currency)| Money::new(amount, parsed(currency)).unwrap()));
        let words = (select(PROCEDURES), select(STATUSES), option::of(any::<bool>()));
        let keys = (option::of(select(REFERENCES)), option::of(select(OCIDS)), subsequence(CODES, 0..4));
        let said = (select(BEGINNINGS), option::of(select(BEGINNINGS)));
        (0..BACKDROP, 0..BACKDROP, words, (keys, said), timeline, value)
            .prop_map(
                |(supplier, buyer, (procedure, status, health_services), (keys, (title, said)), timeline, value)| {
                    let (reference, ocid, codes) = keys;
                    Self {
                        title: parsed(title),
                        description: said.map(|said| parsed(&format!("It says:\n{said}"))),
                        reference: reference.map(parsed),
                        ocid: ocid.map(parsed),
                        cpv_codes: distinct(codes.into_iter().map(parsed).collect()),
                        health_services,
                        procedure,
                        timeline,
                        value,
                        status,
                        ..contract(mutual_id(supplier), department_id(buyer))
                    }
                },
            )
            .boxed()
    }

    fn made_unique(self, _: usize) -> Self {
        self
    }

    fn any_filter() -> BoxedStrategy<Self::Filter> {
        let suppliers = prop_oneof![9 => Just(Vec::new()), 1 => vec((0..4_u128).prop_map(mutual_id), 1..3)];
        let buyers = prop_oneof![9 => Just(Vec::new()), 1 => vec((0..4_u128).prop_map(department_id), 1..3)];
        let words = (any_of(PROCEDURES), any_of(STATUSES), any_of(PROTECTIONS), any_of(REGIMES));
        let prefixes =
            any_of(PREFIXES).prop_map(|all| all.into_iter().filter_map(|raw| raw.parse::<CpvPrefix>().ok()).collect());
        let flags = (rarely(any::<bool>()), rarely(any::<bool>()));
        let reference = rarely(select(REFERENCES).prop_map(parsed));
        let ocid = rarely(select(OCIDS).prop_map(parsed));
        let currency = rarely(select(CURRENCIES).prop_map(parsed::<Currency>));
        let value = (currency, rarely(select(AMOUNTS)), rarely(select(AMOUNTS)));
        let days = (any_span(), any_span(), any_span(), any_span(), any_days());
        let found = (reference, ocid, any_query());
        ((suppliers, buyers), words, prefixes, flags, found, value, days)
            .prop_map(|((mutuals, departments), words, cpv_prefixes, flags, (reference, ocid, search), value, days)| {
                let (procedures, statuses, protections, regimes) = words;
                let (health_services, is_first) = flags;
                let (currency, value_from, value_to) = value;
                let (awarded, entered, starts, ends, latest_ends) = days;
                Self::Filter {
                    mutual: named(mutuals),
                    department: named(departments),
                    procedure: given(procedures),
                    regime: given(regimes),
                    status: given(statuses),
                    cpv: given(cpv_prefixes),
                    protection: given(protections),
                    health_services,
                    is_first,
                    reference: reference.map(Text),
                    ocid: ocid.map(Text),
                    q: search.map(Text),
                    value_from: value_from.map(Bounded),
                    value_to: value_to.map(Bounded),
                    currency: currency.map(Text),
                    awarded_from: awarded.0,
                    awarded_to: awarded.1,
                    entered_from: entered.0,
                    entered_to: entered.1,
                    starts_from: starts.0,
                    starts_to: starts.1,
                    ends_from: ends.0,
                    ends_to: ends.1,
                    latest_ends_from: latest_ends.0,
                    latest_ends_to: latest_ends.1,
                }
            })
            .boxed()
    }

    fn meets(record: &Record<Self>, filter: &Self::Filter) -> bool {
        let it = &record.content;
        let amount = it.value.map(|value| value.amount_minor());
        let in_class = |Text(prefix): &Text<CpvPrefix>| {
            it.cpv_codes.iter().any(|code| code.to_string().starts_with(prefix.as_str()))
        };
        let by_value = filter.value_from.is_some() || filter.value_to.is_some();
        let currency = filter.currency.or(by_value.then_some(Text(Currency::GBP)));
        share(&ids(&filter.mutual), &[it.mutual_id])
            && share(&ids(&filter.department), &[it.department_id])
            && has(&filter.procedure, it.procedure)
            && has(&filter.regime, it.regime(buyer(it.department_id)))
            && has(&filter.status, it.status)
            && (filter.cpv.is_empty() || filter.cpv.iter().any(in_class))
            && has_some(&filter.protection, it.timeline.protection.as_ref().map(|protection| protection.kind))
            && filter.health_services.is_none_or(|health| it.health_services == Some(health))
            && filter.is_first.is_none_or(|first| it.is_first == first)
            && filter.reference.as_ref().is_none_or(|Text(wanted)| {
                it.reference
                    .as_ref()
                    .is_some_and(|reference| fold_name(reference.as_str()) == fold_name(wanted.as_str()))
            })
            && filter.ocid.as_ref().is_none_or(|Text(wanted)| it.ocid.as_ref() == Some(wanted))
            && found_by(filter.q.as_ref(), &text_of(it), &[])
            && currency.is_none_or(|Text(wanted)| it.value.is_some_and(|value| value.currency() == wanted))
            && at_least(filter.value_from, amount)
            && at_most(filter.value_to, amount)
            && may_lie_in((filter.awarded_from, filter.awarded_to), it.timeline.awarded_on)
            && may_lie_in((filter.entered_from, filter.entered_to), it.timeline.entered_on)
            && may_lie_in((filter.starts_from, filter.starts_to), it.timeline.starts_on)
            && may_lie_in((filter.ends_from, filter.ends_to), it.timeline.ends_on)
            && lies_in((filter.latest_ends_from, filter.latest_ends_to), it.timeline.latest_ends_on)
    }

    fn key(record: &Record<Self>, sort: &str) -> Option<Value> {
        let date = |date: Option<PartialDate>| date.map(Value::Date);
        match sort {
            "starts_on" => date(record.content.timeline.starts_on),
            "ends_on" => date(record.content.timeline.ends_on),
            "value" => record.content.value.map(|value| Value::Number(value.amount_minor())),
            "updated_at" => Some(Value::Instant(record.updated_at)),
            "id" => Some(Value::Same),
            other => panic!("no key {other}"),
        }
    }
}

async fn a_cpv_prefix_finds_the_codes_that_start_with_it(register: &Register) {
    let buyer = register.enter(department("Buyer")).await.id;
    let supplier = register.enter(mutual("Supplier")).await.id;
    for digits in ["84999999", "85000000", "85099999", "85100000", "85900000", "85999999", "86000000", "99999999"] {
        let codes = distinct(vec![parsed(digits)]);
        register.enter(Contract { cpv_codes: codes, ..contract(supplier, buyer) }).await;
    }
    let all = register.all::<Contract>(Default::default()).await;

    for raw in ["84", "85", "850", "851", "859", "8599999", "85999999", "85000000", "86", "99", "00"] {
        let prefix: CpvPrefix = parsed(raw);
        let expected: Vec<_> =
            all.iter().filter(|it| it.content.cpv_codes[0].to_string().starts_with(raw)).cloned().collect();
        let filter = ContractFilter { cpv: vec![Text(prefix)], ..Default::default() };
        assert_eq!(register.all::<Contract>(filter).await, expected, "{raw}");
    }
}

/// Around each day on which a law began, for each kind of procedure, service and buyer.
async fn a_regime_finds_the_contracts_that_are_under_it(register: &Register) {
    const STARTS: &[&str] = &[
        "2015-02-25",
        "2015-02-26",
        "2016-04-17",
        "2016-04-18",
        "2023-12-31",
        "2024-01-01",
        "2025-02-23",
        "2025-02-24",
    ];
    const AWARDS: &[&str] =
        &["2015-02-25", "2016-02-25", "2016-02-26", "2017-04-17", "2017-04-18", "2023-12-31", "2025-02-24"];
    let started = STARTS.iter().map(|day| (Some(parsed(day)), None));
    let awarded = AWARDS.iter().map(|day| (None, Some(parsed(day))));
    let days: Vec<(Option<Day>, Option<PartialDate>)> = started.chain(awarded).chain([(None, None)]).collect();
    let entered = |awarded: Option<PartialDate>| {
        if awarded == Some(parsed("2023-12-31")) { (None, awarded) } else { (awarded, None) }
    };
    let kinds = [DepartmentKind::NhsCommissioner, DepartmentKind::LocalAuthority];
    let nations = Nation::ALL.iter().copied().map(Some).chain([None]);
    let supplier = register.enter(mutual("Supplier")).await.id;
    let mut buyers = Vec::new();
    for (kind, nation) in nations.flat_map(|nation| kinds.map(|kind| (kind, nation))) {
        let name = format!("{kind} {nation:?}");
        let buyer = register.enter(Department { kind, nation, ..department(&name) }).await;
        buyers.push((buyer.id, Buyer { kind: Some(kind), nation }));
    }
    let mut contracts = Vec::new();
    for (procurement_started_on, awarded_on) in days {
        for procedure in PROCEDURES.iter().copied() {
            for health_services in [None, Some(true), Some(false)] {
                for (buyer, _) in &buyers {
                    let (awarded_on, entered_on) = entered(awarded_on);
                    let timeline =
                        checked(Timeline { procurement_started_on, awarded_on, entered_on, ..Timeline::default() });
                    contracts.push(Contract { procedure, health_services, timeline, ..contract(supplier, *buyer) });
                }
            }
        }
    }
    let enter = register.write(move |tx| {
        for (number, contract) in (0..).zip(&contracts) {
            Contract::enter(tx, numbered(1_000 + number), contract.clone(), DraftAccess::All)?;
        }
        Ok(())
    });
    enter.await.unwrap();
    let all = register.all::<Contract>(Default::default()).await;
    let law = |one: &Record<Contract>| {
        let buyer = buyers.iter().find(|(id, _)| *id == one.content.department_id).unwrap().1;
        one.content.regime(buyer)
    };
    for regime in Regime::ALL.iter().copied() {
        let expected: Vec<_> = all.iter().filter(|one| law(one) == regime).cloned().collect();
        let filter = ContractFilter { regime: vec![regime.into()], ..Default::default() };
        assert_eq!(register.all::<Contract>(filter).await, expected, "{regime}");
    }
}

on_both!(a_cpv_prefix_finds_the_codes_that_start_with_it, a_regime_finds_the_contracts_that_are_under_it);
