//! What the register says of a contract at a moment, as the members of a release.

use domain::{
    Child, CompetitionKind, CompetitionOutcome, Contract, ContractId, ContractStatus, CpvCode, Day, Id, Identifier,
    Money, Notice, PartialDate, Precision, TestOutcome, Tests, uk_time,
};

use super::codes::{self, Phase, Section};
use super::moment::{Moment, Party};
use super::tree::{Tree, list, object, text, words};

/// The scheme of ids that the register itself gives to organisations.
const OWN_SCHEME: &str = "MUTUALS";

/// The phase that the contract is in.
pub(super) fn phase(contract: &Contract) -> Phase {
    let timeline = &*contract.timeline;
    Phase::of(contract.status, timeline.awarded_on.is_some(), timeline.entered_on.is_some())
}

/// All members of a release that say something about the process, in the order of the standard.
pub(super) fn state(ocid: &dyn Fn(ContractId) -> String, moment: &Moment) -> Tree {
    let whole = Whole::new(ocid, moment);
    object([
        ("initiationType", text("tender")),
        ("language", text("en")),
        ("parties", list(whole.parties())),
        ("buyer", Some(whole.reference(&whole.buyer, &moment.buyer.name))),
        ("planning", whole.documents(Section::Planning).map(|documents| object([("documents", Some(documents))]))),
        ("tender", Some(whole.tender())),
        ("awards", whole.phase.has_award().then(|| Tree::List(vec![whole.award()]))),
        ("contracts", whole.phase.has_award().then(|| Tree::List(vec![whole.contract()]))),
        ("relatedProcesses", list(whole.related_processes())),
    ])
}

/// A contract with what follows from all of it.
struct Whole<'m> {
    ocid: &'m dyn Fn(ContractId) -> String,
    moment: &'m Moment,
    contract: &'m Contract,
    phase: Phase,
    /// The ids of the parties.
    buyer: String,
    supplier: String,
}

impl<'m> Whole<'m> {
    fn new(ocid: &'m dyn Fn(ContractId) -> String, moment: &'m Moment) -> Self {
        let buyer = party_id(&moment.buyer);
        let mut supplier = party_id(&moment.supplier);
        if supplier == buyer {
            supplier = own_id(&moment.supplier.id);
        }
        Self { ocid, moment, contract: &moment.contract, phase: phase(&moment.contract), buyer, supplier }
    }

    fn reference(&self, id: &str, name: &str) -> Tree {
        object([("id", text(id)), ("name", text(name))])
    }

    fn supplier(&self) -> Tree {
        self.reference(&self.supplier, &self.moment.supplier.name)
    }

    /// The competitions from which the contract came: those for what comes after it are of another process.
    fn competitions(&self) -> impl Iterator<Item = &'m domain::Competition> {
        let own = self.moment.competitions.iter().map(|(_, competition)| &**competition);
        own.filter(|competition| competition.kind == CompetitionKind::Tender)
    }

    fn parties(&self) -> Vec<Tree> {
        let Party { name, identifiers, .. } = &*self.moment.buyer;
        let mut parties = vec![party(&self.buyer, name, identifiers, None, &["buyer", "procuringEntity"])];
        let roles: &[&str] = match (self.phase.has_award(), self.has_bid()) {
            (true, true) => &["tenderer", "supplier"],
            (true, false) => &["supplier"],
            (false, true) => &["tenderer"],
            (false, false) => &[],
        };
        if !roles.is_empty() {
            let Party { name, identifiers, tests, .. } = &*self.moment.supplier;
            let mission = tests.as_ref().and_then(is_mission_organisation);
            parties.push(party(&self.supplier, name, identifiers, mission, roles));
        }
        parties.extend(self.other_tenderers().map(|(id, name)| party(&id, &name, &[], None, &["tenderer"])));
        parties
    }

    /// Whether the mutual took part in the competition.
    fn has_bid(&self) -> bool {
        let bid = |outcome| {
            matches!(
                outcome,
                CompetitionOutcome::WonByMutual | CompetitionOutcome::Lost | CompetitionOutcome::Withdrawn
            )
        };
        self.competitions().any(|competition| bid(competition.contest.outcome))
    }

    /// The winners that are not the mutual. Nothing but their names is known.
    fn other_tenderers(&self) -> impl Iterator<Item = (String, String)> {
        let won = self.moment.competitions.iter().filter(|(_, one)| {
            one.kind == CompetitionKind::Tender && one.contest.outcome != CompetitionOutcome::WonByMutual
        });
        won.filter_map(|(id, one)| Some((own_id(&id.to_string()), one.contest.winner_name.as_ref()?.to_string())))
    }

    fn tender(&self) -> Tree {
        let contract = self.contract;
        let protection = contract.timeline.protection.as_ref();
        let is_reserved = codes::is_reserved(contract.procedure)
            || protection.is_some_and(|protection| protection.kind == domain::ProtectionKind::Reserved);
        let reserved =
            is_reserved.then(|| object([("reservedParticipation", words(&["publicServiceMissionOrganization"]))]));
        let bidders = self.competitions().filter_map(|competition| competition.contest.bidders).last();
        let tenderers = contract.tenders_received.or(bidders).map(|number| Tree::Number(number.to_string()));
        let legal_basis = codes::legal_basis(contract.procedure);
        let own = self.has_bid().then(|| self.supplier());
        let others = self.other_tenderers().map(|(id, name)| self.reference(&id, &name));
        object([
            ("id", text(format!("{}-tender", self.moment.id))),
            ("title", text(contract.title.to_string())),
            ("description", contract.description.as_ref().and_then(|description| text(description.to_string()))),
            ("status", codes::tender_status(contract.status, self.phase).and_then(text)),
            ("procuringEntity", Some(self.reference(&self.buyer, &self.moment.buyer.name))),
            ("legalBasis", legal_basis.map(|(scheme, id)| object([("scheme", text(scheme)), ("id", text(id))]))),
            ("items", list(item(&contract.cpv_codes).into_iter().collect())),
            ("procurementMethod", codes::procurement_method(contract.procedure).and_then(text)),
            ("procurementMethodDetails", text(contract.procedure.describe().trim_end_matches('.'))),
            ("mainProcurementCategory", text("services")),
            ("otherRequirements", reserved),
            ("numberOfTenderers", tenderers),
            ("tenderers", list(own.into_iter().chain(others).collect())),
            ("documents", self.documents(Section::Tender)),
        ])
    }

    /// The award is known by its supplier, so that a correction of the supplier is another award.
    fn award_id(&self) -> String {
        format!("{}-award-{}", self.moment.id, self.supplier)
    }

    fn award(&self) -> Tree {
        let timeline = &*self.contract.timeline;
        let standstill = period([
            ("startDate", timeline.standstill_notice_on.map(uk_time::beginning)),
            ("endDate", timeline.standstill_ended_on.map(uk_time::end)),
            ("maxExtentDate", None),
        ]);
        object([
            ("id", text(self.award_id())),
            ("title", text(self.contract.title.to_string())),
            ("status", codes::award_status(self.contract.status, self.phase).and_then(text)),
            ("date", whole_day(timeline.awarded_on).map(uk_time::beginning).and_then(text)),
            ("value", self.contract.value.as_ref().and_then(value)),
            ("suppliers", Some(Tree::List(vec![self.supplier()]))),
            ("contractPeriod", self.term()),
            ("standstillPeriod", standstill),
            ("documents", self.documents(Section::Award)),
        ])
    }

    fn contract(&self) -> Tree {
        let timeline = &*self.contract.timeline;
        let implementation = self.documents(Section::Implementation);
        let status = match self.contract.status {
            ContractStatus::Unknown if self.phase == Phase::Contract => None,
            status => codes::contract_status(status),
        };
        object([
            ("id", text(self.moment.id.to_string())),
            ("awardID", text(self.award_id())),
            ("title", text(self.contract.title.to_string())),
            ("status", status.and_then(text)),
            ("period", self.term()),
            ("value", self.contract.value.as_ref().and_then(value)),
            ("dateSigned", whole_day(timeline.entered_on).map(uk_time::beginning).and_then(text)),
            ("documents", self.documents(Section::Contract)),
            ("implementation", implementation.map(|documents| object([("documents", Some(documents))]))),
        ])
    }

    fn term(&self) -> Option<Tree> {
        let timeline = &*self.contract.timeline;
        period([
            ("startDate", whole_day(timeline.starts_on).map(uk_time::beginning)),
            ("endDate", whole_day(timeline.ends_on).map(uk_time::end)),
            ("maxExtentDate", timeline.latest_ends_on.map(uk_time::end)),
        ])
    }

    /// The notices of a section. Before the award they are all told of the tender.
    fn documents(&self, section: Section) -> Option<Tree> {
        let has_award = self.phase.has_award();
        let place = |notice: &Notice| match codes::notice(notice.code).0 {
            Section::Award | Section::Contract | Section::Implementation if !has_award => Section::Tender,
            place => place,
        };
        let own = self.moment.notices.iter().filter(|(_, notice)| place(notice) == section);
        list(own.map(|(id, notice)| document(*id, notice)).collect())
    }

    fn related_processes(&self) -> Vec<Tree> {
        let related = |code: &str, id: ContractId| {
            object([
                ("id", text(format!("{code}-{id}"))),
                ("relationship", words(&[code])),
                ("scheme", text("ocid")),
                ("identifier", text((self.ocid)(id))),
            ])
        };
        let prior = self.contract.replaces_contract_id.map(|id| related("prior", id));
        let next = self.moment.replaced_by.iter().map(|id| related("replacementProcess", *id));
        prior.into_iter().chain(next).collect()
    }
}

/// A member that every party has, and those that there are.
fn party(id: &str, name: &str, identifiers: &[Identifier], mission: Option<bool>, roles: &[&str]) -> Tree {
    let identifier = |identifier: &Identifier| {
        object([("scheme", text(identifier.scheme().as_str())), ("id", text(identifier.id()))])
    };
    let others = identifiers.iter().skip(1).map(identifier).collect();
    object([
        ("id", text(id)),
        ("name", text(name)),
        ("identifier", identifiers.first().map(identifier)),
        ("additionalIdentifiers", list(others)),
        ("roles", words(roles)),
        ("details", mission.map(|is_one| object([("publicServiceMissionOrganization", Some(Tree::Truth(is_one)))]))),
    ])
}

/// The id of a party: its first identifier, or that of its record.
fn party_id(party: &Party) -> String {
    match party.identifiers.first() {
        Some(identifier) => format!("{}-{}", identifier.scheme(), identifier.id()),
        None => own_id(&party.id),
    }
}

fn own_id(id: &str) -> String {
    format!("{OWN_SCHEME}-{id}")
}

/// Whether a mutual meets the three tests of the Procurement Act 2023 s.33(6); none where that is not known.
fn is_mission_organisation(tests: &Tests) -> Option<bool> {
    let outcomes = [
        tests.mainly_reservable_services,
        tests.profits_only_to_members_or_none,
        tests.under_employee_management_and_control,
    ];
    if outcomes.contains(&TestOutcome::NotMet) {
        return Some(false);
    }
    outcomes.iter().all(|outcome| *outcome == TestOutcome::Met).then_some(true)
}

/// The services by their codes of the Common Procurement Vocabulary, which have no check digit here.
fn item(codes: &[CpvCode]) -> Option<Tree> {
    let classification = |code: &CpvCode| {
        let code = code.to_string();
        let digits = code.split_once('-').map_or(&*code, |(digits, _)| digits);
        object([("scheme", text("CPV")), ("id", text(digits))])
    };
    let first = codes.first()?;
    let others = codes.iter().skip(1).map(classification).collect();
    Some(object([
        ("id", text("1")),
        ("classification", Some(classification(first))),
        ("additionalClassifications", list(others)),
    ]))
}

fn document(id: Id<Child<Contract, Notice>>, notice: &Notice) -> Tree {
    let code = notice.code.as_str();
    let (_, document_type) = codes::notice(notice.code);
    object([
        ("id", text(id.to_string())),
        ("documentType", document_type.and_then(text)),
        ("noticeType", code.starts_with("UK").then(|| text(code)).flatten()),
        ("title", text(notice.code.describe().trim_end_matches('.'))),
        ("url", notice.url.as_ref().and_then(|url| text(url.to_string()))),
        ("datePublished", text(uk_time::beginning(notice.published_on))),
    ])
}

/// The amount in the currency's main unit, exactly. Binary fractions would not do.
fn value(money: &Money) -> Option<Tree> {
    let currency = money.currency().to_string();
    let decimals = codes::decimals(&currency)?;
    let mut digits = format!("{:0>width$}", money.amount_minor(), width = decimals.saturating_add(1));
    if decimals > 0 {
        digits.insert(digits.len().saturating_sub(decimals), '.');
    }
    Some(object([("amount", Some(Tree::Number(digits))), ("currency", text(currency))]))
}

fn period(dates: [(&'static str, Option<String>); 3]) -> Option<Tree> {
    let dates: Vec<_> = dates.into_iter().filter_map(|(name, date)| Some((name, Tree::Text(date?)))).collect();
    (!dates.is_empty()).then_some(Tree::Object(dates))
}

/// The day of a date that is known to the day. The standard has no others.
fn whole_day(date: Option<PartialDate>) -> Option<Day> {
    date.filter(|date| date.precision() == Precision::Day).map(|date| date.first_day())
}
