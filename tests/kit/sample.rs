//! The one table of samples: what the cases need of each kind of record to try what holds for every kind.
//!
//! [`on_each_kind!`](crate::on_each_kind) makes a test of a case for each kind, on each database. A kind that the contract knows and this
//! table does not fails a test.

use hyper::Method;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::contract::Contract;
use crate::fixture::{
    annual_return, commitment, competition, contract, department, enabler, endorsement, full_annual_return,
    full_commitment, full_competition, full_contract, full_department, full_enabler, full_endorsement, full_mutual,
    full_notice, full_objection, full_pathway_progress, full_pathway_step, full_staff_ballot, full_stage_transition,
    full_support_request, id, mutual, notice, objection, pathway_progress, pathway_step, staff_ballot,
    stage_transition, support_request, with,
};

/// What to send of a kind of record, and where.
#[derive(Debug)]
pub struct Sample {
    /// The word for its kind, which is also the parameter of its path.
    pub kind: &'static str,
    /// The path of its list, with the parameter of the record that it belongs to.
    pub list: &'static str,
    /// Nothing but what it must have.
    pub minimal: fn(&Around) -> Value,
    /// All that it may have at once when it is made.
    pub full: fn(&Around) -> Value,
    /// A merge patch that changes each record of the kind, and doesn't collide with the others.
    pub change: fn() -> Value,
    /// JSON Pointers to what the full one says about a person.
    pub personal: &'static [&'static str],
}

/// The records that samples refer to.
#[derive(Debug)]
pub struct Around {
    /// A department.
    pub department: Value,
    /// Two more departments.
    pub others: [Value; 2],
    /// A mutual that the department leads.
    pub mutual: Value,
    /// A contract of the mutual with the department.
    pub contract: Value,
    /// A step of the department's pathway.
    pub step: Value,
}

/// Makes the table, and the macro that goes through it. The first token is the dollar sign, of which that macro is in need.
macro_rules! samples {
    ($d:tt $($kind:ident: $list:literal $members:tt)+) => {
        /// Every kind; one comes after those that it refers to.
        pub const SAMPLES: &[Sample] = &[$(sample!($kind $list $members)),+];

        /// Makes tests of each case, one for each kind of record on each database: `each_on_sqlite::<case>::<kind>` and so on. A case is an
        /// `async fn(app: &TestApp, sample: &Sample)`.
        #[macro_export]
        macro_rules! on_each_kind {
            ($d($d case:ident),+ $d(,)?) => {
                mod each_on_sqlite {
                    $d(mod $d case {
                        $(#[test] fn $kind() { $d crate::on_each_kind!(@run Sqlite $d case $kind) })+
                    })+
                }
                mod each_on_postgres {
                    $d(mod $d case {
                        $(#[test] fn $kind() { $d crate::on_each_kind!(@run Postgres $d case $kind) })+
                    })+
                }
            };
            (@run $d engine:ident $d case:ident $d kind:ident) => {
                $d crate::run($d crate::Engine::$d engine, async |app: &$d crate::TestApp| {
                    super::super::$d case(app, $d crate::sample(stringify!($d kind))).await;
                })
            };
        }
    };
}

macro_rules! sample {
    ($kind:ident $list:literal { minimal: $minimal:expr, full: $full:expr, change: $change:tt, personal: $personal:expr $(,)? }) => {
        Sample {
            kind: stringify!($kind),
            list: $list,
            minimal: $minimal,
            full: $full,
            change: || json!($change),
            personal: &$personal,
        }
    };
}

samples! {
    $
    department: "/v1/departments" {
        minimal: |_| department("Trade"),
        full: |around| full_department(id(&around.others[0])),
        change: { "name": "Board of Trade", "opened_on": "1621", "policy_areas": ["education"] },
        personal: [],
    }
    mutual: "/v1/mutuals" {
        minimal: |_| mutual("Harmony"),
        full: |around| full_mutual([&around.department, &around.others[0], &around.others[1]].map(id)),
        change: { "name": "Concordia", "website": null, "region": "wales" },
        personal: [],
    }
    staff_ballot: "/v1/staff-ballots" {
        minimal: |around| staff_ballot(id(&around.mutual)),
        full: |around| full_staff_ballot(id(&around.mutual)),
        change: { "question": "Shall we?", "roll_size": 10, "returned": 9, "counts": [{ "option": "yes", "votes": 8 }] },
        personal: ["/scrutineer/name"],
    }
    contract: "/v1/contracts" {
        minimal: |around| contract(id(&around.mutual), id(&around.department)),
        full: |around| full_contract(id(&around.mutual), id(&around.department)),
        change: {
            "title": "Dental services",
            "value": { "amount_minor": 1, "currency": "EUR" },
            "cpv_codes": ["85130000-9"],
        },
        personal: [],
    }
    commitment: "/v1/departments/{department}/commitments" {
        minimal: |_| commitment(),
        full: |_| full_commitment(),
        change: { "due_on": "2013-01-31", "evidence_url": null },
        personal: [],
    }
    // A step that has a place can't go without one.
    pathway_step: "/v1/departments/{department}/pathway-steps" {
        minimal: |_| with(pathway_step(), json!({ "position": 8 })),
        full: |_| full_pathway_step(),
        change: { "position": 9, "guidance": "Ask them.", "stage": "idea" },
        personal: [],
    }
    enabler: "/v1/departments/{department}/enablers" {
        minimal: |_| enabler(),
        full: |_| full_enabler(),
        change: { "email": "trade@example.gov.uk", "stages": ["approved"] },
        personal: ["/name", "/email"],
    }
    stage_transition: "/v1/mutuals/{mutual}/stage-transitions" {
        minimal: |_| stage_transition(),
        full: |_| full_stage_transition(),
        change: { "to": "approved" },
        personal: [],
    }
    annual_return: "/v1/mutuals/{mutual}/annual-returns" {
        minimal: |_| annual_return(),
        full: |_| full_annual_return(),
        change: {
            "period_ends_on": "2014-03-31",
            "surplus": { "amount_minor": -1, "currency": "EUR" },
            "fte": "0.50",
        },
        personal: [],
    }
    endorsement: "/v1/mutuals/{mutual}/endorsements" {
        minimal: |_| endorsement(),
        full: |_| full_endorsement(),
        change: { "position": "opposes", "given_by": "Una Unionist" },
        personal: ["/given_by"],
    }
    objection: "/v1/mutuals/{mutual}/objections" {
        minimal: |_| objection(),
        full: |_| full_objection(),
        change: {
            "outcome": "accepted",
            "decided_on": "2012-08-20",
            "decision_reasons": "The scheme stays open to all who move.",
            "decided_by_arbiter": true,
        },
        personal: ["/raised_by"],
    }
    support_request: "/v1/mutuals/{mutual}/support-requests" {
        minimal: |_| support_request(),
        full: |_| full_support_request(),
        change: { "status": "declined", "closed_on": "2012-04-01", "decline_reason": "Nobody is free." },
        personal: [],
    }
    pathway_progress: "/v1/mutuals/{mutual}/pathway-progress" {
        minimal: |around| pathway_progress(id(&around.step)),
        full: |around| full_pathway_progress(id(&around.step)),
        change: { "done_on": "2012-02-15" },
        personal: [],
    }
    competition: "/v1/contracts/{contract}/competitions" {
        minimal: |_| competition(),
        full: |_| full_competition(),
        change: { "outcome": "won_by_mutual", "winner_name": "Led", "winner_kind": "mutual", "decided_on": "2017" },
        personal: [],
    }
    notice: "/v1/contracts/{contract}/notices" {
        minimal: |_| notice(),
        full: |_| full_notice(),
        change: { "code": "psr_award", "published_on": "2025-01-06", "url": null },
        personal: [],
    }
}

/// The samples of the kinds that belong to no other.
pub fn top_level() -> impl Iterator<Item = &'static Sample> {
    SAMPLES.iter().filter(|sample| !sample.is_child())
}

/// The samples of the kinds that belong to another.
pub fn children() -> impl Iterator<Item = &'static Sample> {
    SAMPLES.iter().filter(|sample| sample.is_child())
}

/// The sample of a kind.
#[must_use]
#[track_caller]
pub fn sample(kind: &str) -> &'static Sample {
    SAMPLES.iter().find(|sample| sample.kind == kind).unwrap_or_else(|| panic!("there is no sample of a {kind}"))
}

impl Sample {
    /// Whether its records belong to others.
    #[must_use]
    pub fn is_child(&self) -> bool {
        self.list.contains('{')
    }

    /// The path of its list.
    #[must_use]
    pub fn path(&self, around: &Around) -> String {
        let named = self.list.replace("{department}", id(&around.department));
        named.replace("{mutual}", id(&around.mutual)).replace("{contract}", id(&around.contract))
    }

    /// The path of one of its records, as the contract has it.
    #[must_use]
    pub fn template(&self) -> String {
        format!("{}/{{{}}}", self.list, self.kind)
    }

    /// Whether a method can be asked for at the path of one of its records.
    #[must_use]
    pub fn offers(&self, method: &Method) -> bool {
        let (template, contract) = (self.template(), Contract::of_the_service());
        contract.operations().iter().any(|(path, of_path, _)| *path == template && of_path == method)
    }

    /// The members that a new record must have, as the contract says.
    #[must_use]
    pub fn required(&self) -> Vec<&'static str> {
        let contract = Contract::of_the_service();
        let schema =
            contract.document()["paths"][self.list]["post"]["requestBody"]["content"]["application/json"].get("schema");
        let schema = contract.resolve(schema.unwrap_or_else(|| panic!("no body makes a {}", self.kind)));
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Makes public what only some may see, and gives the record as it is then.
    pub async fn publish(&self, app: &TestApp, record: &Value) -> Value {
        if self.kind == "staff_ballot" { app.declare(record).await } else { record.clone() }
    }
}

impl Around {
    /// Enters the records, in the names of which this word is.
    pub async fn new(app: &TestApp, name: &str) -> Self {
        let enter = async |which: &str| app.create("/v1/departments", &department(&format!("{which} {name}"))).await;
        let lead = enter("Lead").await;
        let led = with(mutual(&format!("Led by {name}")), json!({ "department_id": id(&lead) }));
        let led = app.create("/v1/mutuals", &led).await;
        let bought = app.create("/v1/contracts", &contract(id(&led), id(&lead))).await;
        let step = app.pathway_step(id(&lead), 1, false).await;
        let others = [enter("Second").await, enter("Third").await];
        Self { others, department: lead, mutual: led, contract: bought, step }
    }
}
