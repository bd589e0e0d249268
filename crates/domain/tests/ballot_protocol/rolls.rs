//! Rolls, and the pairing of halves.

use domain::ballot_protocol::{Entry, NumberedHalf, Roll, Sha256Hex, Side, check_halves, roll_root};
use domain::tree::{inclusion_of, is_included, leaf_hash};
use domain::{Fault, FaultCode};
use proptest::prelude::*;
use proptest::sample::subsequence;

use crate::kit::{entry, half, places};

fn halves(side: Side, numbers: impl IntoIterator<Item = u32>) -> Vec<NumberedHalf> {
    numbers.into_iter().map(|number| NumberedHalf { number, half: half(side, number) }).collect()
}

fn entries(count: usize) -> Vec<Entry> {
    (0..count).map(|n| Entry(Sha256Hex::of(&n.to_string()))).collect()
}

fn size_refused(count: usize, small: bool) -> Option<FaultCode> {
    Roll::new(entries(count), small).err().map(|faults| faults[0].code)
}

#[test]
fn two_hundred_pairs_have_the_root_of_the_vectors() {
    let roll = Roll::of_halves(&halves(Side::A, 1..=200), &halves(Side::B, (1..=200).rev()), false).unwrap();

    assert_eq!(roll.root().to_string(), "97ea0bde4e43d463184b1a4ebcfd55ea337eac422285f4b78db5fea8b13f24af");
    let again = Roll::new((1..=200).map(entry).collect(), false).unwrap();
    assert_eq!(again, roll);
    assert_eq!(roll_root(roll.entries()), roll.root());
}

#[test]
fn each_entry_is_proved_to_be_on_the_roll() {
    let roll = Roll::new(entries(37), false).unwrap();
    let leaves: Vec<_> = roll.entries().iter().map(|entry| leaf_hash(entry.to_string().as_bytes())).collect();
    for entry in roll.entries() {
        let position = roll.position(entry).unwrap();
        let proof = inclusion_of(position, &leaves).unwrap();
        let leaf = leaf_hash(entry.to_string().as_bytes());
        assert!(is_included(i64::try_from(position).unwrap(), &leaf, 37, &proof, roll.root().as_bytes()));
    }
    assert_eq!(roll.position(&Entry(Sha256Hex::of("nobody"))), None);
}

#[test]
fn a_roll_has_twenty_people_at_least_or_five_if_it_is_said_to_be_small() {
    assert_eq!(size_refused(20, false), None);
    assert_eq!(size_refused(19, false), Some(FaultCode::TooFew));
    assert_eq!(size_refused(5, true), None);
    assert_eq!(size_refused(4, true), Some(FaultCode::TooFew));
    assert_eq!(size_refused(100_000, false), None);
    assert_eq!(size_refused(100_001, false), Some(FaultCode::TooMany));

    let detail = |count| Roll::new(entries(count), false).unwrap_err()[0].detail.clone();
    assert_eq!(detail(4), "4 people on the roll, 20 to 100000 expected");
    assert!(detail(19).contains("set `small` to `true`"), "{}", detail(19));
}

#[test]
fn an_entry_that_is_there_twice_is_told_at_its_place() {
    let mut entries = entries(25);
    entries[7] = entries[3];
    entries[24] = entries[0];
    let faults = Roll::new(entries, false).unwrap_err();
    assert_eq!(places(&faults), [("7", FaultCode::DuplicateItem), ("24", FaultCode::DuplicateItem)]);
    assert_eq!(faults[0].detail, "the same entry as item 3 in this list");
}

#[test]
fn faults_of_a_roll_are_told_up_to_a_number() {
    let same = vec![Entry(Sha256Hex::of("same")); 5_000];
    assert_eq!(Roll::new(same, false).unwrap_err().len(), 100);
}

#[test]
fn what_does_not_pair_is_told_with_its_place() {
    let mut a = halves(Side::A, 1..=22);
    let mut b = halves(Side::B, 1..=22);
    a[2].number = 2;
    b[5].number = 0;
    b[9].half = b[8].half;
    b[10].half = a[4].half;

    let faults = Roll::of_halves(&a, &b, false).unwrap_err();

    assert_eq!(
        places(&faults),
        [
            ("a/2/number", FaultCode::DuplicateItem),
            ("a/5/number", FaultCode::UnknownReference),
            ("b/5/number", FaultCode::OutOfRange),
            ("b/2/number", FaultCode::UnknownReference),
            ("b/5/number", FaultCode::UnknownReference),
            ("b/9/half", FaultCode::DuplicateItem),
            ("b/10/half", FaultCode::DuplicateItem),
        ]
    );
    let details: Vec<&str> = faults.iter().map(|fault| fault.detail.as_str()).collect();
    assert_eq!(details[1], "side b has no half with the number 6");
    assert_eq!(details[6], "the same half as a/4");
}

#[test]
fn both_sides_have_the_size_of_a_roll() {
    let told =
        |a, b| -> Vec<Fault> { Roll::of_halves(&halves(Side::A, 1..=a), &halves(Side::B, 1..=b), false).unwrap_err() };
    assert_eq!(places(&told(19, 19)), [("a", FaultCode::TooFew), ("b", FaultCode::TooFew)]);
    assert_eq!(places(&told(20, 21)), [("b/20/number", FaultCode::UnknownReference)]);
}

#[test]
fn what_one_issuer_sends_is_checked_by_itself() {
    let b = |count| halves(Side::B, 1..=count);
    let sizes = [(20, false), (19, false), (5, true), (4, true)];
    let refused = sizes.map(|(count, small)| places(&check_halves(&b(count), small)) == [("", FaultCode::TooFew)]);
    assert_eq!(refused, [false, true, false, true]);
    let many = vec![b(1)[0]; Roll::MAX + 1];
    assert_eq!(places(&check_halves(&many, false)), [("", FaultCode::TooMany)], "and no line of so many");
    assert_eq!(check_halves(&many[1..], false).len(), 100);

    let mut sent = b(22);
    sent[2].number = 2;
    sent[5].number = 0;
    sent[9].half = sent[8].half;
    let faults = check_halves(&sent, false);

    let expected = [
        ("5/number", FaultCode::OutOfRange),
        ("2/number", FaultCode::DuplicateItem),
        ("9/half", FaultCode::DuplicateItem),
    ];
    assert_eq!(places(&faults), expected, "that 3, 6 and 10 are missing is for who pairs them");
    let details: Vec<&str> = faults.iter().map(|fault| fault.detail.as_str()).collect();
    let same = ["the same number as item 1 in this list", "the same half as item 8 in this list"];
    assert_eq!(details, ["numbers begin at 1", same[0], same[1]]);
}

proptest! {
    #[test]
    fn halves_that_pair_have_no_fault_by_themselves_and_halves_with_one_do_not_pair(
        mut numbers in proptest::collection::vec(0_u32..40, 18..26),
        is_whole in any::<bool>(),
    ) {
        if is_whole {
            numbers = (1..=20).collect();
        }
        let a: Vec<_> = numbers.iter().zip(100..).map(|(number, n)| NumberedHalf { number: *number, half: half(Side::A, n) }).collect();
        let b: Vec<_> = a.iter().zip(200..).map(|(a, n)| NumberedHalf { half: half(Side::B, n), ..*a }).collect();
        let is_fit = check_halves(&a, false).is_empty();
        prop_assert_eq!(is_fit, check_halves(&b, false).is_empty());
        prop_assert_eq!(is_fit, Roll::of_halves(&a, &b, false).is_ok());
        prop_assert!(is_fit || !is_whole);
    }

    #[test]
    fn pairing_does_not_depend_on_the_order_or_the_numbers(
        numbers in subsequence((1_u32..60).collect::<Vec<_>>(), 20..40).prop_shuffle(),
        shift in 0_u32..1000,
    ) {
        let (a, b) = (halves(Side::A, numbers.iter().copied()), halves(Side::B, numbers.iter().copied()));
        let roll = Roll::of_halves(&a, &b, false).unwrap();
        let mut shuffled = b.clone();
        shuffled.sort_by_key(|half| half.half);
        prop_assert_eq!(&Roll::of_halves(&a, &shuffled, false).unwrap(), &roll);
        prop_assert_eq!(&Roll::new(numbers.iter().map(|number| entry(*number)).collect(), false).unwrap(), &roll);

        let renumbered = |halves: &[NumberedHalf]| -> Vec<NumberedHalf> {
            halves.iter().map(|half| NumberedHalf { number: half.number + shift, ..*half }).collect()
        };
        prop_assert_eq!(&Roll::of_halves(&renumbered(&a), &renumbered(&b), false).unwrap(), &roll);
        prop_assert!(roll.entries().is_sorted());
    }

    #[test]
    fn halves_of_other_people_make_another_roll(first in 0_usize..20, second in 0_usize..20) {
        prop_assume!(first != second);
        let (a, mut b) = (halves(Side::A, 1..=20), halves(Side::B, 1..=20));
        let roll = Roll::of_halves(&a, &b, false).unwrap();
        let half = b[first].half;
        b[first].half = b[second].half;
        b[second].half = half;
        prop_assert!(Roll::of_halves(&a, &b, false).unwrap() != roll);
    }
}
