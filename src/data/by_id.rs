//! A table by the ids of orders, which come in millions while a book is read: hashed, for a sorted
//! one takes several times as long. It cannot be iterated, so its order is never seen.

use std::hash::{BuildHasherDefault, Hasher};

/// Spreads ids, which often are successive numbers, over all bits. The same in every run.
#[derive(Clone, Copy, Debug, Default)]
struct Mix(u64);

impl Hasher for Mix {
    #[inline]
    fn write_u64(&mut self, id: u64) {
        let mixed = (id ^ (id >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 ^ u64::from(*byte));
        }
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

#[allow(clippy::disallowed_types)] // nothing here lets anybody see its order
type Table<V> = std::collections::HashMap<u64, V, BuildHasherDefault<Mix>>;

/// Values by id.
#[derive(Clone, Debug)]
pub(super) struct ById<V>(Table<V>);

impl<V> Default for ById<V> {
    fn default() -> Self {
        Self(Table::default())
    }
}

impl<V: Copy> ById<V> {
    pub(super) fn get(&self, id: u64) -> Option<V> {
        self.0.get(&id).copied()
    }

    /// Sets the value of an id, whether it had one or not.
    pub(super) fn set(&mut self, id: u64, value: V) {
        self.0.insert(id, value);
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<V> {
        self.0.remove(&id)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// It holds what a sorted map would.
        #[test]
        fn a_table_is_a_map(
            acts in prop::collection::vec((0u8..8, any::<u64>(), 0u64..20), 0..300)
        ) {
            let (mut table, mut map) = (ById::default(), BTreeMap::new());
            for (act, far, near) in acts {
                // Successive ids, ids far apart, and ids that differ in their highest bits only.
                let id = [near, far, near << 56][usize::from(act) % 3];
                match act {
                    0..5 => {
                        table.set(id, far);
                        map.insert(id, far);
                    }
                    5 | 6 => prop_assert_eq!(table.remove(id), map.remove(&id)),
                    _ if near == 0 => {
                        table.clear();
                        map.clear();
                    }
                    _ => {}
                }
                prop_assert_eq!(table.get(id), map.get(&id).copied());
            }
            for (id, value) in map {
                prop_assert_eq!(table.get(id), Some(value));
            }
        }
    }
}
