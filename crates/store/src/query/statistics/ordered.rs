//! A map for a million small values in the order of their keys, which mostly grows at its end.

/// Values in the order of their keys. They lie in runs without a gap between them, so that a value takes its own size and little more.
pub(super) struct Ordered<K, V> {
    /// None of them is empty, and all keys of one are less than those of the next.
    runs: Vec<Vec<(K, V)>>,
}

impl<K, V> Default for Ordered<K, V> {
    fn default() -> Self {
        Self { runs: Vec::new() }
    }
}

impl<K: Ord + Copy, V> Ordered<K, V> {
    /// Values that a run has at most.
    const LONGEST: usize = 2_048;

    /// Puts a value in the place of its key.
    pub(super) fn insert(&mut self, key: K, value: V) {
        let is_last = self.runs.last().and_then(|run| run.last()).is_none_or(|(last, _)| *last < key);
        if is_last {
            match self.runs.last_mut().filter(|run| run.len() < Self::LONGEST) {
                Some(run) => run.push((key, value)),
                None => self.begin(key, value),
            }
            return;
        }
        let place = self.run_of(&key);
        let Some(run) = self.runs.get_mut(place) else { return };
        match run.binary_search_by_key(&key, |(key, _)| *key) {
            Ok(at) => {
                if let Some(there) = run.get_mut(at) {
                    there.1 = value;
                }
            }
            Err(at) => {
                run.insert(at, (key, value));
                if run.len() > Self::LONGEST {
                    let rest = run.split_off(run.len() / 2);
                    self.runs.insert(place.saturating_add(1), rest);
                }
            }
        }
    }

    fn begin(&mut self, key: K, value: V) {
        let mut run = Vec::with_capacity(Self::LONGEST);
        run.push((key, value));
        self.runs.push(run);
    }

    /// Takes a key out with its value.
    pub(super) fn remove(&mut self, key: &K) {
        let place = self.run_of(key);
        let Some(run) = self.runs.get_mut(place) else { return };
        if let Ok(at) = run.binary_search_by_key(key, |(key, _)| *key) {
            run.remove(at);
            if run.is_empty() {
                self.runs.remove(place);
            }
        }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        let run = self.runs.get(self.run_of(key))?;
        let at = run.binary_search_by_key(key, |(key, _)| *key).ok()?;
        run.get(at).map(|(_, value)| value)
    }

    /// All values.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.runs.iter().flatten().map(|(_, value)| value)
    }

    /// The keys after this one with their values; all of them where there is none.
    pub(super) fn after(&self, key: Option<&K>) -> impl Iterator<Item = (&K, &V)> {
        let place = key.map_or(0, |key| self.run_of(key));
        let rest = self.runs.get(place..).unwrap_or_default().iter().flatten();
        rest.skip_while(move |(own, _)| key.is_some_and(|key| own <= key)).map(|(key, value)| (key, value))
    }

    /// The only run that may have this key.
    fn run_of(&self, key: &K) -> usize {
        self.runs.partition_point(|run| run.last().is_some_and(|(last, _)| last < key))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ops::Bound;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn it_does_what_a_tree_does(steps in vec((0_u16..6_000, any::<Option<u8>>()), 0..9_000), from in 0_u16..6_000) {
            let (mut ordered, mut tree) = (Ordered::default(), BTreeMap::new());
            // Half of the keys come in order, as ids do.
            let steps = (0..3_000).map(|key| (key * 2, Some(0))).chain(steps);
            for (key, value) in steps {
                match value {
                    Some(value) => {
                        ordered.insert(key, value);
                        tree.insert(key, value);
                    }
                    None => {
                        ordered.remove(&key);
                        tree.remove(&key);
                    }
                }
            }
            prop_assert!(ordered.values().eq(tree.values()));
            prop_assert_eq!(ordered.get(&from), tree.get(&from));
            prop_assert!(ordered.after(Some(&from)).eq(tree.range((Bound::Excluded(from), Bound::Unbounded))));
            prop_assert!(ordered.after(None).eq(tree.iter()));
            prop_assert!(ordered.runs.iter().all(|run| (1..=Ordered::<u16, u8>::LONGEST).contains(&run.len())));
        }
    }
}
