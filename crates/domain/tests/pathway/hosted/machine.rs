//! Any steps by anybody at any time, held against the model.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use domain::ballot_protocol::{BallotManifest, Entry, Judgement, Sha256Hex, Side, Standing, WholeSecond};
use domain::{
    BallotKind, BallotState, Board, Closer, Correction, Declaration, HostingProgress, Organiser, Percent, Reporting,
    StaffBallot, Verdict as Decision,
};
use proptest::prelude::*;
use proptest::sample::select;

use super::kit::{
    CLOSES, ONLINE, OPENS, PAPER_UNTIL, PEOPLE, Party, at, ballot_id, batch, cancellation, choice, codes, draft, entry,
    extension, later, nonce, opened, opening, receipt, receipt_key, roll, rules, sent, sent_roll, signed_paper, vote,
};
use super::model::{About, Model, Verdict};
use crate::samples::{read, record, won};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Do {
    Edit(Edit),
    Appoint(Side, Party),
    SendRoll(Side),
    Freeze,
    Sign(Side, Party),
    Open { same_key: bool },
    Cast { person: u32, for_a: bool, lost: bool },
    Extend { to: i64, signer: Party },
    Cancel(Option<Party>),
    EnterPaper { only_a: bool, forged: bool },
    Close { by_clock: bool },
    Report { satisfied: bool, reason: bool },
    Declare { historic: bool },
    Void,
    Supersede { is_rerun: bool },
    Correct(Correct),
    Delete,
    Complain { cast: bool, person: u32, other_nonce: bool, for_a: bool, signed: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edit {
    Question,
    Threshold,
    IssuerCount,
    Counts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Correct {
    Organiser,
    Question,
    Threshold,
    Plan,
    Nothing,
}

/// A step: what, by whom and when. A led one is the next of a ballot that goes well, if the ballot can go on.
#[derive(Clone, Copy, Debug)]
struct Step {
    what: Do,
    by: Party,
    now: DateTime<Utc>,
    led: bool,
}

fn any_side() -> impl Strategy<Value = Side> {
    select(vec![Side::A, Side::B])
}

fn any_party() -> impl Strategy<Value = Party> {
    select(Party::ALL.to_vec())
}

fn any_what() -> impl Strategy<Value = Do> {
    let on = any::<bool>;
    let edits = select(vec![Edit::Question, Edit::Threshold, Edit::IssuerCount, Edit::Counts]);
    let corrections = vec![Correct::Organiser, Correct::Question, Correct::Threshold, Correct::Plan, Correct::Nothing];
    let before = prop_oneof![
        edits.prop_map(Do::Edit),
        (any_side(), any_party()).prop_map(|(side, party)| Do::Appoint(side, party)),
        any_side().prop_map(Do::SendRoll),
        Just(Do::Freeze),
        (any_side(), any_party()).prop_map(|(side, signer)| Do::Sign(side, signer)),
        on().prop_map(|same_key| Do::Open { same_key }),
    ];
    let during = prop_oneof![
        5 => (1..=ONLINE, on(), select(vec![false, false, true]))
            .prop_map(|(person, for_a, lost)| Do::Cast { person, for_a, lost }),
        1 => (select(vec![-1, 0, 1, 600, 86_400, 4 * 86_400]), any_party())
            .prop_map(|(to, signer)| Do::Extend { to, signer }),
        1 => proptest::option::of(any_party()).prop_map(Do::Cancel),
        2 => (select(vec![false, false, true]), select(vec![false, false, true]))
            .prop_map(|(only_a, forged)| Do::EnterPaper { only_a, forged }),
        1 => on().prop_map(|by_clock| Do::Close { by_clock }),
    ];
    let after = prop_oneof![
        (on(), on()).prop_map(|(satisfied, reason)| Do::Report { satisfied, reason }),
        on().prop_map(|historic| Do::Declare { historic }),
        Just(Do::Void),
        on().prop_map(|is_rerun| Do::Supersede { is_rerun }),
        select(corrections).prop_map(Do::Correct),
        Just(Do::Delete),
    ];
    let complaint = (on(), select(vec![1_u32, 2, 3, 13, 24]), on(), on(), select(vec![true, true, false])).prop_map(
        |(cast, person, other_nonce, for_a, signed)| Do::Complain { cast, person, other_nonce, for_a, signed },
    );
    prop_oneof![2 => before, 4 => during, 2 => after, 3 => complaint]
}

/// Times about those at which something changes.
fn any_time() -> impl Strategy<Value = DateTime<Utc>> {
    let turns = [OPENS, CLOSES, PAPER_UNTIL].map(at);
    (select(turns.to_vec()), select(vec![-86_400, -1, 0, 1, 86_400]))
        .prop_map(|(turn, seconds)| turn + TimeDelta::seconds(seconds))
}

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (any_what(), any_party(), any_time(), select(vec![true, true, true, false]))
        .prop_map(|(what, by, now, led)| Step { what, by, now, led });
    proptest::collection::vec(step, 20..80)
}

/// A ballot with its model, and what was fixed when its roll was frozen.
struct Run {
    ballot: StaffBallot,
    model: Model,
    fixed: Option<(StaffBallot, BallotManifest)>,
}

impl Run {
    /// The step as it is taken: a led one by the right caller at the right time, where there is one.
    fn led(&self, step: Step) -> Step {
        let model = &self.model;
        if !step.led {
            return step;
        }
        let right = |side: Side| model.issuers.get(&side).copied().unwrap_or(Party::Stranger);
        let (a, b) = (right(Side::A), right(Side::B));
        let unsent = model.sides().iter().find(|side| !model.rolls.contains(side));
        let unsigned = model.sides().iter().find(|side| !model.signed.contains(side));
        let (opens, ends) = (at(OPENS), model.ends());
        let (what, by, now) = match (model.state, step.what) {
            (BallotState::Draft, Do::Appoint(..)) => (step.what, Party::Admin, opens),
            (BallotState::Draft, _) => match unsent {
                Some(side) if model.issuers.contains_key(side) => (Do::SendRoll(*side), right(*side), opens),
                Some(Side::A) => (Do::Appoint(Side::A, Party::IssuerA), Party::Admin, opens),
                Some(Side::B) => (Do::Appoint(Side::B, Party::IssuerB), Party::Admin, opens),
                None => (Do::Freeze, a, opens),
            },
            (BallotState::RollFrozen, Do::Sign(side, _)) => (step.what, right(side), opens),
            (BallotState::RollFrozen, Do::Open { .. } | Do::Cancel(_)) => (step.what, a, opens),
            (BallotState::RollFrozen, _) => match unsigned {
                Some(side) => (Do::Sign(*side, right(*side)), right(*side), opens),
                None => (Do::Open { same_key: true }, a, opens),
            },
            (BallotState::Open, Do::Cast { .. }) => (step.what, step.by, opens),
            (BallotState::Open, Do::Extend { to, .. }) => (Do::Extend { to, signer: a }, a, opens),
            (BallotState::Open, Do::EnterPaper { .. }) => {
                (Do::EnterPaper { only_a: !model.two, forged: false }, if step.by == b { b } else { a }, ends)
            }
            (BallotState::Open, Do::Close { by_clock: true }) => (step.what, step.by, model.clock()),
            (BallotState::Open, Do::Close { .. } | Do::Declare { .. } | Do::Void) => {
                (Do::Close { by_clock: false }, a, ends)
            }
            (BallotState::Open, Do::Edit(_) | Do::SendRoll(_) | Do::Complain { .. }) => {
                let person = u32::try_from(model.cast.len()).unwrap() % ONLINE + 1;
                let for_a = [Party::Admin, Party::Editor, Party::IssuerA].contains(&step.by);
                (Do::Cast { person, for_a, lost: false }, step.by, opens)
            }
            (BallotState::Closed, Do::Report { satisfied, .. }) => (Do::Report { satisfied, reason: false }, a, ends),
            (BallotState::Closed, Do::Void) if model.report.is_none() => {
                (Do::Report { satisfied: true, reason: false }, a, ends)
            }
            (BallotState::Closed, Do::Declare { .. } | Do::Void) => (Do::Declare { historic: false }, a, ends),
            _ => return step,
        };
        Step { what, by, now, led: true }
    }

    /// Takes a step, if it is allowed, and says how it ended and how it had to.
    fn take(&mut self, step: Step) -> (Verdict, Verdict) {
        let Step { what, by, now, .. } = step;
        let (ballot, id, name) = (&self.ballot, ballot_id(), by.name());
        let two = self.model.two;
        let model = &mut self.model;
        let (result, expected) = match what {
            Do::Edit(edit) => {
                let mut content = sent(ballot);
                let percent = if model.percent == 50 { 60 } else { 50 };
                match edit {
                    Edit::Question => content.question = Some(read("Shall we go?")),
                    Edit::Threshold => content = with_threshold(&content, percent),
                    Edit::IssuerCount => content = with_issuer_count(&content, if two { 1 } else { 2 }),
                    Edit::Counts => content = with_tally(&content, |tally| tally.papers_issued = Some(PEOPLE.into())),
                }
                let expected = model.may_edit(edit == Edit::IssuerCount, edit == Edit::Counts);
                if expected == Verdict::Done {
                    match edit {
                        Edit::Threshold => {
                            model.percent = percent;
                            model.writers.insert(by);
                        }
                        Edit::IssuerCount => model.two = !two,
                        Edit::Question | Edit::Counts => {}
                    }
                }
                (ballot.edit(content, &name), expected)
            }
            Do::Appoint(side, issuer) => {
                let expected = model.may_appoint(side, issuer, by);
                if expected == Verdict::Done {
                    model.appoint(side, issuer);
                }
                (ballot.appoint_issuer(issuer.appointed(side), &name), expected)
            }
            Do::SendRoll(side) => {
                let expected = model.may_send_roll(side, by);
                if expected == Verdict::Done {
                    model.rolls.insert(side);
                }
                (ballot.send_roll(sent_roll(side), &name), expected)
            }
            Do::Freeze => {
                let expected = model.may_freeze(by, now);
                let proposed = ballot.propose(id, &name, &roll(two), (receipt_key(), now));
                let frozen = proposed
                    .and_then(|manifest| ballot.freeze(&manifest, Sha256Hex::of(&format!("{manifest:?}")), now));
                if let (Verdict::Done, Ok(frozen)) = (&expected, &frozen) {
                    model.state = BallotState::RollFrozen;
                    self.fixed = frozen.manifest(id).map(|manifest| (frozen.clone(), manifest));
                }
                (frozen, expected)
            }
            Do::Sign(side, signer) => {
                let expected = model.may_sign(side, by, signer);
                if expected == Verdict::Done {
                    model.signed.insert(side);
                }
                let signature = signer.sign(&opening(ballot).manifest_message());
                (ballot.sign_manifest(id, (side, signature), &name), expected)
            }
            Do::Open { same_key } => {
                let expected = model.may_open(by, same_key, now);
                if expected == Verdict::Done {
                    model.state = BallotState::Open;
                }
                let key = if same_key { receipt_key() } else { Party::Stranger.public_key() };
                (ballot.open(&name, key, opened(now)), expected)
            }
            Do::Cast { person, for_a, lost } => {
                let expected = model.may_cast(now);
                if expected == Verdict::Done {
                    model.cast.entry(person).or_insert((for_a, lost));
                }
                (ballot.expect_casting(now).map(|()| ballot.clone()), expected)
            }
            Do::Extend { to, signer } => {
                let to = WholeSecond::try_from(later(model.ends, to)).unwrap();
                let expected = model.may_extend(by, signer, to, now);
                if expected == Verdict::Done {
                    model.ends = to;
                    model.extensions += 1;
                }
                (ballot.extend(id, extension(ballot, to, signer), (&name, now)), expected)
            }
            Do::Cancel(signer) => {
                let expected = model.may_cancel(by, signer);
                if expected == Verdict::Done {
                    model.state = BallotState::Cancelled;
                }
                (ballot.cancel(id, cancellation(ballot, now, signer), &name), expected)
            }
            Do::EnterPaper { only_a, forged } => {
                let mut signers = vec![(Side::A, Party::IssuerA)];
                signers.extend((!only_a).then_some((Side::B, Party::IssuerB)));
                if forged {
                    signers[0].1 = Party::Stranger;
                }
                let expected = model.may_enter_paper(by, &signers, now);
                if expected == Verdict::Done {
                    model.paper = true;
                }
                let people: HashSet<Entry> = (1..=PEOPLE).map(|person| entry(person, two)).collect();
                let standing =
                    |entry: &Entry| if people.contains(entry) { Standing::Unspent } else { Standing::Unknown };
                let papers = (&batch(two), signed_paper(ballot, &signers));
                (ballot.enter_paper(id, papers, standing, (&name, now)), expected)
            }
            Do::Close { by_clock } => {
                let expected = model.may_close((!by_clock).then_some(by), now);
                let board = Board { votes: model.votes(), paper: model.paper.then(|| batch(two)) };
                if expected == Verdict::Done {
                    model.state = BallotState::Closed;
                }
                let closer = if by_clock { Closer::Clock } else { Closer::Caller(&name) };
                (ballot.close(id, &board, closer, (now, 2)), expected)
            }
            Do::Report { satisfied, reason } => {
                let expected = model.may_report(by, satisfied, reason);
                if expected == Verdict::Done && model.report != Some(satisfied) {
                    model.report = Some(satisfied);
                    model.corrections += usize::from(reason);
                }
                let correction_reason = reason.then(|| read("a bundle was counted twice"));
                let reporting = Reporting { satisfied, report_url: None, correction_reason };
                (ballot.report(&reporting, &name, (now, 3)), expected)
            }
            Do::Declare { historic } => {
                let expected = model.may_declare(by, historic, now);
                if expected == Verdict::Done {
                    model.state = BallotState::Declared;
                }
                (ballot.declare(&Declaration { declared_on: None, historic }, &name, &rules(now)), expected)
            }
            Do::Void => {
                let expected = model.may_void();
                if expected == Verdict::Done {
                    model.state = BallotState::Void;
                }
                (ballot.void(read("papers were lost")), expected)
            }
            Do::Supersede { is_rerun } => {
                let expected = model.may_supersede(is_rerun);
                if expected == Verdict::Done {
                    model.state = BallotState::Superseded;
                }
                let kind = if is_rerun { BallotKind::Rerun } else { BallotKind::Formal };
                (ballot.supersede(id, &record(7, StaffBallot { kind, ..won() })), expected)
            }
            Do::Correct(correct) => {
                let mut content = sent(ballot);
                match correct {
                    Correct::Organiser => {
                        let was_joint = content.organiser == Some(Organiser::Joint);
                        content.organiser = (!was_joint).then_some(Organiser::Joint);
                    }
                    Correct::Question => content.question = Some(read("Was it right to go?")),
                    Correct::Threshold => content = with_threshold(&content, 10),
                    Correct::Plan => content = with_issuer_count(&content, if two { 1 } else { 2 }),
                    Correct::Nothing => {}
                }
                let expected = model.may_correct(correct == Correct::Organiser);
                model.corrections += usize::from(expected == Verdict::Done);
                let why = Correction { corrected_at: now, reason: read("it was misspelt"), version: 3 };
                (ballot.correct(content, why, &rules(at("2026-07-01T12:00:00Z"))), expected)
            }
            Do::Delete => (ballot.require_deletable().map(|()| ballot.clone()), model.may_delete()),
            Do::Complain { cast, person, other_nonce, for_a, signed } => {
                let expected = if model.has_board() { Verdict::Done } else { Verdict::State };
                let board: HashSet<_> = model.votes().into_iter().collect();
                let spent = (1..=PEOPLE).filter(|person| model.has_spent(*person)).map(|person| entry(person, two));
                let chosen = if for_a { "a" } else { "b" };
                let complaint = if cast {
                    let codes = codes(person, two);
                    domain::ballot_protocol::Complaint::Cast {
                        codes,
                        nonce: nonce(other_nonce),
                        choice: choice(chosen),
                    }
                } else {
                    receipt(opening(ballot), &vote(person, two, other_nonce, chosen), signed)
                };
                let result = ballot.complain(id, &complaint, (&board, &spent.collect()), now);
                let is_about_something = if cast { model.has_spent(person) } else { signed };
                if expected == Verdict::Done && is_about_something {
                    let (about, judgement) = model.judged(cast, person, other_nonce, for_a);
                    assert_eq!(result.as_ref().map(|(told, _)| told.judgement), Ok(judgement));
                    model.complain(about, judgement);
                } else if let Ok((told, _)) = &result {
                    assert_eq!(told.judgement, Judgement::Unfounded);
                }
                if let Ok((told, _)) = &result {
                    let is_told = told.tracker.is_some() && told.entry.is_some();
                    assert!(!is_told || !model.is_tracked(person, other_nonce), "who cast a vote of the board is told");
                }
                (result.map(|(_, ballot)| ballot), expected)
            }
        };
        let ended = Verdict::from(&result);
        if let Ok(changed) = result {
            self.ballot = changed;
        }
        (ended, expected)
    }

    /// What holds after each step.
    fn check(&self, before: &StaffBallot) {
        let (ballot, model) = (&self.ballot, &self.model);
        assert_eq!(ballot.state(), model.state);
        let progress = progress(ballot);
        grew(self::progress(before), progress, before.state() == BallotState::Draft);
        self.check_what_is_fixed();
        for now in model.instants() {
            let is_casting = model.may_cast(now) == Verdict::Done;
            assert_eq!(ballot.expect_casting(now).is_ok(), is_casting, "at {now}");
        }
        let writers: HashSet<String> = model.writers.iter().map(|party| party.name()).collect();
        assert_eq!(ballot.duties.entered_by.iter().cloned().collect::<HashSet<_>>(), writers);
        assert_eq!(ballot.scrutineer_key_id, model.issuers.get(&Side::A).map(|issuer| issuer.key_id()));
        assert_eq!(ballot.duties.report.as_ref().and_then(|report| report.satisfied), model.report);
        assert_eq!(ballot.corrections.len(), model.corrections);
        self.check_counts();
        self.check_complaints();
    }

    fn check_what_is_fixed(&self) {
        let ballot = &self.ballot;
        let Some((frozen, manifest)) = &self.fixed else {
            assert_eq!(ballot.manifest(ballot_id()), None);
            return;
        };
        let text = |ballot: &StaffBallot| {
            let tally = &ballot.tally;
            let plan = ballot.hosting.as_ref().map(|hosting| hosting.plan.clone());
            (ballot.question.clone(), tally.options.clone(), tally.thresholds.clone(), tally.roll_size, plan)
        };
        assert_eq!(text(ballot), text(frozen));
        assert_eq!(ballot.manifest(ballot_id()).as_ref(), Some(manifest));
        let hash = progress(ballot).frozen.unwrap().manifest_sha256;
        assert_eq!(hash, Sha256Hex::of(&format!("{manifest:?}")), "the hash is that of the manifest");
        assert_eq!(manifest.issuers.len(), self.model.sides().len());
        assert_eq!(manifest.roll_size, i64::from(PEOPLE));
    }

    fn check_counts(&self) {
        let (ballot, model) = (&self.ballot, &self.model);
        let Some(closed) = &progress(ballot).closed else {
            assert!(
                ballot.tally.counts.is_empty() && ballot.tally.returned.is_none(),
                "nothing is told before the close"
            );
            assert_eq!(ballot.verdict(), Decision::NotDeciding);
            return;
        };
        let (a, b, spoiled) = model.counted();
        let returned = a + b + spoiled;
        let counts: Vec<i64> = ballot.tally.counts.iter().map(|count| count.votes).collect();
        assert_eq!((counts, ballot.tally.returned, ballot.tally.spoiled), (vec![a, b], Some(returned), Some(spoiled)));
        assert_eq!((closed.count.valid(), closed.count.margin()), (a + b, (a - b).abs()));
        let is_met = a * 100 >= model.percent * (a + b) && model.min_returned.is_none_or(|least| returned >= least);
        let verdict = ballot.verdict();
        let is_expected = match (model.state == BallotState::Declared, a.cmp(&b)) {
            (false, _) => verdict == Decision::NotDeciding,
            (true, _) if a + b == 0 => verdict == Decision::NobodyVoted,
            (true, std::cmp::Ordering::Equal) => verdict == Decision::Tied,
            (true, std::cmp::Ordering::Less) => matches!(verdict, Decision::Otherwise(_)),
            (true, _) if is_met => matches!(verdict, Decision::Mutual(_)),
            (true, _) => matches!(verdict, Decision::ThresholdMissed(_)),
        };
        assert!(is_expected, "{verdict:?} of {a} to {b}, {returned} returned");
    }

    /// Of each person there is one complaint, and of each vote; and none says who cast a vote of the board.
    fn check_complaints(&self) {
        let (ballot, model) = (&self.ballot, &self.model);
        let kept = &progress(ballot).complaints;
        assert_eq!(kept.len(), model.complaints.len());
        for (about, judgement) in &model.complaints {
            let found: Vec<_> = match about {
                About::Person(person) => {
                    let entry = entry(*person, model.two);
                    kept.iter().filter(|complaint| complaint.entry == Some(entry)).collect()
                }
                About::Vote(person, other_nonce) => {
                    let tracker = vote(*person, model.two, *other_nonce, "a").tracker;
                    let is_it = |tracked: &Option<_>| *tracked == Some(tracker);
                    kept.iter().filter(|complaint| complaint.entry.is_none() && is_it(&complaint.tracker)).collect()
                }
            };
            assert_eq!(found.len(), 1, "{about:?}");
            assert_eq!(found[0].judgement, *judgement, "{about:?}");
        }
        let on_board: HashSet<_> = model.votes().into_iter().map(|vote| vote.tracker).collect();
        for complaint in kept.iter().filter(|complaint| complaint.entry.is_some()) {
            assert!(complaint.tracker.is_none_or(|tracker| !on_board.contains(&tracker)), "{complaint:?}");
        }
        let founded = model.complaints.values().filter(|judgement| **judgement != Judgement::Unfounded).count();
        assert!(progress(ballot).in_doubt() <= founded);
        assert_eq!(progress(ballot).in_doubt() == 0, founded == 0);
    }
}

fn progress(ballot: &StaffBallot) -> &HostingProgress {
    &ballot.hosting.as_ref().unwrap().progress
}

/// Nothing that was done is undone, but for an issuer and their roll in a draft.
fn grew(before: &HostingProgress, after: &HostingProgress, is_draft: bool) {
    if is_draft {
        let sides = |progress: &HostingProgress| progress.issuers.iter().map(|one| one.side).collect::<Vec<_>>();
        assert!(sides(before).iter().all(|side| sides(after).contains(side)));
    } else {
        assert_eq!((&after.issuers, &after.rolls), (&before.issuers, &before.rolls));
    }
    assert!(before.signatures.iter().all(|signed| after.signatures.contains(signed)));
    assert!(after.extensions.starts_with(&before.extensions));
    assert!(before.complaints.len() <= after.complaints.len());
    assert!(before.frozen.is_none() || after.frozen == before.frozen);
    assert!(before.opened.is_none() || after.opened == before.opened);
    assert!(before.cancelled.is_none() || after.cancelled == before.cancelled);
    assert!(before.paper.is_none() || after.paper == before.paper);
    assert!(before.closed.is_none() || after.closed == before.closed);
}

fn with_tally(ballot: &StaffBallot, change: impl FnOnce(&mut domain::Tally)) -> StaffBallot {
    let mut tally = (*ballot.tally).clone();
    change(&mut tally);
    StaffBallot { tally: crate::samples::checked(tally), ..ballot.clone() }
}

fn with_threshold(ballot: &StaffBallot, percent: i64) -> StaffBallot {
    let percent: Percent = read(&format!("{percent}.00"));
    with_tally(ballot, |tally| tally.thresholds[0].percent = percent)
}

fn with_issuer_count(ballot: &StaffBallot, issuer_count: i64) -> StaffBallot {
    let mut changed = ballot.clone();
    let hosting = changed.hosting.as_mut().unwrap();
    let plan = domain::HostingPlan { issuer_count, ..(*hosting.plan).clone() };
    hosting.plan = crate::samples::checked(plan);
    changed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_ballot_goes_on_as_the_model_says_whoever_does_what_and_when(
        (two, paper) in any::<(bool, bool)>(),
        min_returned in select(vec![None, Some(3), Some(8)]),
        steps in any_steps(),
    ) {
        let (ballot, model) = (draft(if two { 2 } else { 1 }, paper, min_returned), Model::new(two, paper, min_returned));
        let mut run = Run { ballot, model, fixed: None };
        for step in steps {
            let before = run.ballot.clone();
            let step = run.led(step);
            let (ended, expected) = run.take(step);
            prop_assert_eq!(ended, expected, "{:?} of a ballot in state `{}`", step, before.state());
            run.check(&before);
        }
    }
}
