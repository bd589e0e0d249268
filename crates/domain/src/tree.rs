//! The Merkle tree of RFC 6962 section 2.1 (and RFC 9162), as pure functions.
//!
//! Every hash of the tree is put together from those of *complete* subtrees, whose number of leaves is a power of two. Where these
//! come from is the caller's affair: it hands over a function that finds them, whose errors are the only ones here.

use std::ops::Range;

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The subtree over the `2^level` leaves from `position · 2^level` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Subtree {
    /// Its height: 0 for a leaf.
    pub level: u32,
    /// Its place among the subtrees of its level, from 0.
    pub position: i64,
}

/// The hash of a leaf: a zero byte goes before it, so that no leaf can be taken for a node.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// The hash of a node.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of a tree of so many leaves.
pub fn root<E>(size: i64, find: &mut impl FnMut(Subtree) -> Result<Hash, E>) -> Result<Hash, E> {
    span_hash(0..size, find)
}

/// Proves that the leaf with this index, from 0, is in the tree of so many leaves.
pub fn inclusion<E>(index: i64, size: i64, find: &mut impl FnMut(Subtree) -> Result<Hash, E>) -> Result<Vec<Hash>, E> {
    siblings(index, size).into_iter().map(|span| span_hash(span, find)).collect()
}

/// Proves that the tree of `from` leaves is the beginning of the tree of `to` leaves.
pub fn consistency<E>(from: i64, to: i64, find: &mut impl FnMut(Subtree) -> Result<Hash, E>) -> Result<Vec<Hash>, E> {
    remainders(from, to).into_iter().map(|span| span_hash(span, find)).collect()
}

/// Whether a proof shows that the leaf with this index, from 0, is in the tree of so many leaves with this root: RFC 9162 section
/// 2.1.3.2.
#[must_use]
pub fn is_included(index: i64, leaf: &Hash, size: i64, proof: &[Hash], root: &Hash) -> bool {
    if !(0..size).contains(&index) {
        return false;
    }
    let (mut way, mut hash) = (Way { node: index, last: size - 1 }, *leaf);
    for sibling in proof {
        if way.last == 0 {
            return false;
        }
        hash = if way.has_left_sibling() { node_hash(sibling, &hash) } else { node_hash(&hash, sibling) };
        way.climb();
    }
    way.last == 0 && hash == *root
}

/// Whether a proof shows that the tree of `from` leaves with the root `old` is the beginning of the tree of `to` leaves with the root
/// `new`: RFC 9162 section 2.1.4.2. The empty tree is the beginning of every tree.
#[must_use]
pub fn is_consistent(from: i64, to: i64, old: &Hash, new: &Hash, proof: &[Hash]) -> bool {
    if from < 0 || from > to {
        return false;
    }
    if from == to {
        return old == new && proof.is_empty();
    }
    if from == 0 {
        return *old == empty() && proof.is_empty();
    }
    let is_complete = from & (from - 1) == 0;
    let mut hashes = is_complete.then_some(old).into_iter().chain(proof);
    let Some(first) = hashes.next() else { return false };
    let mut way = Way { node: from - 1, last: to - 1 };
    way.skip_right();
    let (mut left, mut right) = (*first, *first);
    for sibling in hashes {
        if way.last == 0 {
            return false;
        }
        if way.has_left_sibling() {
            left = node_hash(sibling, &left);
            right = node_hash(sibling, &right);
        } else {
            right = node_hash(&right, sibling);
        }
        way.climb();
    }
    way.last == 0 && left == *old && right == *new
}

/// The root over leaves in the order given.
pub fn root_of<L: AsRef<[u8]>>(leaves: impl IntoIterator<Item = L>) -> Hash {
    let mut tree = Growing::default();
    leaves.into_iter().for_each(|leaf| tree.push(leaf_hash(leaf.as_ref()), |_, _| ()));
    tree.root()
}

/// Proves that the leaf with this index, from 0, is among those with these hashes; none where the index is beyond them.
#[must_use]
pub fn inclusion_of(index: usize, leaves: &[Hash]) -> Option<Vec<Hash>> {
    leaves.get(index)?;
    let (index, size) = (i64::try_from(index).ok()?, i64::try_from(leaves.len()).ok()?);
    inclusion(index, size, &mut |subtree| subtree_of(leaves, subtree).ok_or(())).ok()
}

/// The hash of a complete subtree over leaves with these hashes.
fn subtree_of(leaves: &[Hash], Subtree { level, position }: Subtree) -> Option<Hash> {
    let begin = usize::try_from(position << level).ok()?;
    complete(leaves.get(begin..begin.checked_add(1 << level)?)?.to_vec())
}

/// The root of a tree without leaves.
fn empty() -> Hash {
    Sha256::digest([]).into()
}

/// The way from a leaf up to the root, as the numbers of a node and of the last one at the same height.
struct Way {
    node: i64,
    last: i64,
}

impl Way {
    /// Whether the next sibling stands to the left. The last node of a height may have none there; then the next one is further up.
    fn has_left_sibling(&self) -> bool {
        self.node & 1 == 1 || self.node == self.last
    }

    /// Goes up past the sibling.
    fn climb(&mut self) {
        if self.has_left_sibling() {
            while self.node & 1 == 0 && self.node != 0 {
                self.up();
            }
        }
        self.up();
    }

    /// Goes up to the greatest subtree that ends with the node.
    fn skip_right(&mut self) {
        while self.node & 1 == 1 {
            self.up();
        }
    }

    fn up(&mut self) {
        (self.node, self.last) = (self.node >> 1, self.last >> 1);
    }
}

/// RFC 6962 section 2.1.1: what stands beside the way from a leaf up to the root, the lowest first.
fn siblings(index: i64, size: i64) -> Vec<Range<i64>> {
    let (mut begin, mut end) = (0, size);
    let mut spans = Vec::new();
    while end - begin > 1 {
        let middle = begin + split(end - begin);
        if index < middle {
            spans.push(middle..end);
            end = middle;
        } else {
            spans.push(begin..middle);
            begin = middle;
        }
    }
    spans.reverse();
    spans
}

/// RFC 6962 section 2.1.2: the parts that make both trees, the lowest first. The old tree itself is left out where it is one of them.
fn remainders(from: i64, to: i64) -> Vec<Range<i64>> {
    if from <= 0 {
        return Vec::new();
    }
    let (mut begin, mut end) = (0, to);
    let mut spans = Vec::new();
    while from < end {
        let middle = begin + split(end - begin);
        if from <= middle {
            spans.push(middle..end);
            end = middle;
        } else {
            spans.push(begin..middle);
            begin = middle;
        }
    }
    if begin > 0 {
        spans.push(begin..end);
    }
    spans.reverse();
    spans
}

/// The greatest power of two below a number above 1.
fn split(size: i64) -> i64 {
    1 << (size - 1).ilog2()
}

/// The hash over leaves that begin where a complete subtree of their size would.
fn span_hash<E>(span: Range<i64>, find: &mut impl FnMut(Subtree) -> Result<Hash, E>) -> Result<Hash, E> {
    let mut parts = Vec::new();
    let Range { start: mut begin, end } = span;
    while begin < end {
        let level = (end - begin).ilog2();
        parts.push(find(Subtree { level, position: begin >> level })?);
        begin += 1 << level;
    }
    let joined = parts.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
    Ok(joined.unwrap_or_else(empty))
}

/// The hash of a complete subtree from those of all its subtrees of one level; none where their number is no power of two.
#[must_use]
pub fn complete(mut hashes: Vec<Hash>) -> Option<Hash> {
    while hashes.len() > 1 {
        let (pairs, odd) = hashes.as_chunks::<2>();
        if !odd.is_empty() {
            return None;
        }
        hashes = pairs.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    hashes.pop()
}

/// A tree that grows leaf by leaf and keeps no more than its root needs.
#[derive(Clone, Debug, Default)]
pub struct Growing {
    size: i64,
    /// The hashes of the complete subtrees that it is made of, the greatest first.
    peaks: Vec<Hash>,
}

impl Growing {
    /// Adds a leaf, and tells of every subtree that it completes.
    pub fn push(&mut self, leaf: Hash, mut completes: impl FnMut(Subtree, &Hash)) {
        let (mut hash, mut level) = (leaf, 0);
        while self.size >> level & 1 == 1
            && let Some(left) = self.peaks.pop()
        {
            hash = node_hash(&left, &hash);
            level += 1;
            completes(Subtree { level, position: self.size >> level }, &hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// How many leaves it has.
    #[must_use]
    pub fn size(&self) -> i64 {
        self.size
    }

    /// The hash over all of them.
    #[must_use]
    pub fn root(&self) -> Hash {
        let joined = self.peaks.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
        joined.unwrap_or_else(empty)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    /// The definition, word for word.
    fn naive(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(&naive(left), &naive(right))
            }
        }
    }

    fn finder(leaves: &[Hash]) -> impl FnMut(Subtree) -> Result<Hash, Infallible> {
        move |Subtree { level, position }| {
            let begin = usize::try_from(position << level).unwrap();
            Ok(naive(&leaves[begin..begin + (1 << level)]))
        }
    }

    fn size(leaves: &[Hash]) -> i64 {
        i64::try_from(leaves.len()).unwrap()
    }

    fn hex(hash: &Hash) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The vectors that implementations of RFC 6962 share.
    #[test]
    fn known_trees_have_their_roots() {
        let inputs: [&[u8]; 8] = [b"", b"\0", b"\x10", b" !", b"01", b"@ABC", b"PQRSTUVW", b"`abcdefghijklmno"];
        let leaves: Vec<Hash> = inputs.iter().map(|leaf| leaf_hash(leaf)).collect();
        let roots = [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        ];
        for (count, expected) in roots {
            let Ok(found) = root(count, &mut finder(&leaves));
            assert_eq!(hex(&found), expected, "{count}");
        }
    }

    #[test]
    fn a_growing_tree_tells_of_each_complete_subtree_once() {
        let leaves = leaves(70);
        let (mut tree, mut told) = (Growing::default(), Vec::new());
        for leaf in &leaves {
            tree.push(*leaf, |subtree, hash| told.push((subtree, *hash)));
        }
        for (subtree, hash) in &told {
            assert_eq!(finder(&leaves)(*subtree), Ok(*hash), "{subtree:?}");
        }
        assert_eq!(told.len(), 35 + 17 + 8 + 4 + 2 + 1);
        assert_eq!(complete(leaves[..64].to_vec()), Some(naive(&leaves[..64])));
        assert_eq!(complete(leaves[..6].to_vec()), None);
        assert_eq!(complete(Vec::new()), None);
    }

    proptest! {
        #[test]
        fn a_root_is_that_of_the_definition(count in 0_usize..300) {
            let leaves = leaves(count);
            let Ok(found) = root(size(&leaves), &mut finder(&leaves));
            prop_assert_eq!(found, naive(&leaves));
            prop_assert_eq!(root_of((0..count).map(|n| n.to_be_bytes())), naive(&leaves));
            let mut tree = Growing::default();
            leaves.iter().for_each(|leaf| tree.push(*leaf, |_, _| ()));
            prop_assert_eq!((tree.size(), tree.root()), (size(&leaves), naive(&leaves)));
        }

        #[test]
        fn a_proof_of_inclusion_proves_its_leaf_and_no_other(count in 1_usize..300, chosen: prop::sample::Index) {
            let leaves = leaves(count);
            let (at, root) = (chosen.index(count), naive(&leaves));
            let index = i64::try_from(at).unwrap();
            let Ok(proof) = inclusion(index, size(&leaves), &mut finder(&leaves));
            prop_assert!(is_included(index, &leaves[at], size(&leaves), &proof, &root));
            prop_assert!(!is_included(index, &leaf_hash(b"another"), size(&leaves), &proof, &root));
            prop_assert!(!is_included(index, &leaves[at], size(&leaves), &proof, &leaf_hash(b"another")));
            for other in [-1, index - 1, index + 1, size(&leaves)] {
                prop_assert!(!is_included(other, &leaves[at], size(&leaves), &proof, &root), "{other}");
            }
            let longer = [proof.as_slice(), &[root]].concat();
            prop_assert!(!is_included(index, &leaves[at], size(&leaves), &longer, &root));
            if let Some((_, shorter)) = proof.split_last() {
                prop_assert!(!is_included(index, &leaves[at], size(&leaves), shorter, &root));
            }
            let of_list = inclusion_of(at, &leaves);
            prop_assert_eq!(of_list.as_ref(), Some(&proof));
            prop_assert_eq!(inclusion_of(count, &leaves), None);
            prop_assert!(proof.len() <= 9);
        }

        #[test]
        fn a_proof_of_consistency_proves_its_two_trees_and_no_others(count in 1_usize..300, chosen: prop::sample::Index) {
            let leaves = leaves(count);
            let before = chosen.index(count) + 1;
            let (from, to) = (i64::try_from(before).unwrap(), size(&leaves));
            let (old, new) = (naive(&leaves[..before]), naive(&leaves));
            let Ok(proof) = consistency(from, to, &mut finder(&leaves));
            let is_proved = |from, to, old, new, proof: &[Hash]| is_consistent(from, to, &old, &new, proof);
            let another = leaf_hash(b"another");
            prop_assert!(is_proved(from, to, old, new, &proof));
            prop_assert!(!is_proved(from, to, another, new, &proof));
            prop_assert!(!is_proved(from, to, old, another, &proof));
            prop_assert!(!is_proved(from, to, old, new, &[proof.as_slice(), &[old]].concat()));
            if let Some((_, shorter)) = proof.split_last() {
                prop_assert!(!is_proved(from, to, old, new, shorter));
            }
            prop_assert!(!is_proved(-1, to, old, new, &proof));
            prop_assert!(!is_proved(to + 1, to, old, new, &proof));
            prop_assert!(is_proved(0, to, empty(), new, &[]));
            prop_assert!(!is_proved(0, to, another, new, &[]));
        }
    }
}
