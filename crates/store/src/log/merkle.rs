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
    Ok(joined.unwrap_or_else(|| Sha256::digest([]).into()))
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
        joined.unwrap_or_else(|| Sha256::digest([]).into())
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

    /// RFC 9162 section 2.1.3.2.
    fn is_included(index: i64, leaf: Hash, size: i64, proof: &[Hash], root: Hash) -> bool {
        let (mut node, mut last, mut hash) = (index, size - 1, leaf);
        for sibling in proof {
            if last == 0 {
                return false;
            }
            if node & 1 == 1 || node == last {
                hash = node_hash(sibling, &hash);
                while node & 1 == 0 && node != 0 {
                    (node, last) = (node >> 1, last >> 1);
                }
            } else {
                hash = node_hash(&hash, sibling);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        last == 0 && hash == root
    }

    /// RFC 9162 section 2.1.4.2.
    fn is_consistent(from: i64, to: i64, old: Hash, new: Hash, proof: &[Hash]) -> bool {
        if from == to {
            return old == new && proof.is_empty();
        }
        let mut path = proof.to_vec();
        if from & (from - 1) == 0 {
            path.insert(0, old);
        }
        let (mut node, mut last) = (from - 1, to - 1);
        while node & 1 == 1 {
            (node, last) = (node >> 1, last >> 1);
        }
        let Some((first, rest)) = path.split_first() else { return false };
        let (mut left, mut right) = (*first, *first);
        for hash in rest {
            if last == 0 {
                return false;
            }
            if node & 1 == 1 || node == last {
                left = node_hash(hash, &left);
                right = node_hash(hash, &right);
                while node & 1 == 0 && node != 0 {
                    (node, last) = (node >> 1, last >> 1);
                }
            } else {
                right = node_hash(&right, hash);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        left == old && right == new && last == 0
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
            prop_assert!(is_included(index, leaves[at], size(&leaves), &proof, root));
            prop_assert!(!is_included(index, leaf_hash(b"another"), size(&leaves), &proof, root));
            prop_assert!(proof.len() <= 9);
        }

        #[test]
        fn a_proof_of_consistency_proves_its_two_trees_and_no_others(count in 1_usize..300, chosen: prop::sample::Index) {
            let leaves = leaves(count);
            let before = chosen.index(count) + 1;
            let (from, to) = (i64::try_from(before).unwrap(), size(&leaves));
            let (old, new) = (naive(&leaves[..before]), naive(&leaves));
            let Ok(proof) = consistency(from, to, &mut finder(&leaves));
            prop_assert!(is_consistent(from, to, old, new, &proof));
            prop_assert!(!is_consistent(from, to, leaf_hash(b"another"), new, &proof));
            prop_assert!(!is_consistent(from, to, old, leaf_hash(b"another"), &proof));
        }
    }
}
