//! Chance without state: a draw is a pure function of what it is for.
//!
//! Nothing is shared and nothing moves on, so one more instrument or another model changes no draw
//! of the rest, and a run can be repeated from its seed on every platform: integers only.

/// The golden ratio as a fraction of 2^64: odd, its bits without a pattern.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Draws of one model for one instrument in one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws {
    key: u64,
}

impl Draws {
    /// The draws of `model` for the instrument of this name, in a run with this seed.
    pub fn new(seed: u64, model: &str, instrument: &str) -> Self {
        Self { key: take_in_text(take_in_text(take_in(0, seed), model), instrument) }
    }

    /// 64 random bits: draw number `draw` for order number `order` of the instrument.
    pub fn bits(self, order: u64, draw: u64) -> u64 {
        take_in(take_in(self.key, order), draw)
    }

    /// A float in `[0, 1)`, a multiple of 2^-53.
    pub fn unit(self, order: u64, draw: u64) -> f64 {
        (self.bits(order, draw) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number in `0..count`; `count` must be positive. Each is as likely as any other, to
    /// one part in 2^64 / `count`.
    pub fn below(self, count: u64, order: u64, draw: u64) -> u64 {
        assert!(count > 0, "there is something to draw from");
        ((u128::from(self.bits(order, draw)) * u128::from(count)) >> 64) as u64
    }
}

/// Mixes a word into a state: for a given state no two words lead to one, and the reverse.
const fn take_in(state: u64, word: u64) -> u64 {
    finish(state.wrapping_add(GOLDEN) ^ word)
}

/// Mixes a text into a state: its length, then its bytes in words of eight.
fn take_in_text(state: u64, text: &str) -> u64 {
    let word = |bytes: &[u8]| {
        let mut whole = [0; 8];
        whole[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(whole)
    };
    let start = take_in(state, text.len() as u64);
    text.as_bytes().chunks(8).fold(start, |state, bytes| take_in(state, word(bytes)))
}

/// Spreads a change of any bit over all of them, and can be undone.
///
/// The finaliser of SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number
/// Generators", 2014) with the constants that D. Stafford found, there called "variant 13".
const fn finish(state: u64) -> u64 {
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The first outputs of SplitMix64 from seed 0, as published with it.
    #[test]
    fn the_finaliser_is_the_published_one() {
        let outputs = [1u64, 2, 3].map(|k| finish(GOLDEN.wrapping_mul(k)));
        assert_eq!(outputs, [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]);
    }

    /// Frozen: a change of any would change every run that draws. Found with a second program.
    #[test]
    fn draws_never_change() {
        let draws = Draws::new(0, "queue touch", "BTC/USDT");
        let bits = [(1, 0), (1, 1), (2, 0)].map(|(order, draw)| draws.bits(order, draw));
        assert_eq!(bits, [0x6938_40cf_3bf3_f205, 0x8706_2cc3_6ec7_603d, 0xf899_6aaa_471f_a9b5]);
        assert_eq!(Draws::new(u64::MAX, "", "").bits(u64::MAX, u64::MAX), 0x27b3_213b_c5d6_8042);
    }

    /// Σ (found - expected)² / expected over equal bins; for 255 degrees of freedom it lies
    /// between 160 and 370 but once in a million times.
    fn chi_square(values: impl Iterator<Item = u64>) -> f64 {
        let mut counts = [0u32; 256];
        let mut all = 0.0;
        for value in values {
            counts[(value >> 56) as usize] += 1;
            all += 1.0;
        }
        let expected = all / 256.0;
        counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
    }

    /// Along every coordinate of a key, in every part of the word, draws fill the bins evenly.
    #[test]
    fn draws_are_uniform_along_every_coordinate() {
        let draws = Draws::new(7, "model", "A/B");
        for turn in [0, 8, 28, 56] {
            let turned = |bits: u64| bits.rotate_left(turn);
            let seeds = (0..65_536).map(|k| Draws::new(k, "model", "A/B").bits(1, 0));
            let names = (0..65_536u32).map(|k| Draws::new(7, "model", &k.to_string()).bits(1, 0));
            for found in [
                chi_square((0..65_536).map(|k| turned(draws.bits(1, k)))),
                chi_square((0..65_536).map(|k| turned(draws.bits(k, 0)))),
                chi_square(seeds.map(turned)),
                chi_square(names.map(turned)),
            ] {
                assert!((160.0..370.0).contains(&found), "{found}");
            }
        }
    }

    /// Neighbours have nothing to do with each other: their difference is uniform too.
    #[test]
    fn neighbours_are_independent() {
        let draws = Draws::new(7, "model", "A/B");
        let by_draw = (0..65_536).map(|k| draws.bits(1, k) ^ draws.bits(1, k + 1));
        let by_order = (0..65_536).map(|k| draws.bits(k, 0) ^ draws.bits(k + 1, 0));
        let swapped = (0..65_536).map(|k| draws.bits(k, k + 1) ^ draws.bits(k + 1, k));
        for found in [chi_square(by_draw), chi_square(by_order), chi_square(swapped)] {
            assert!((160.0..370.0).contains(&found), "{found}");
        }
    }

    #[test]
    fn every_part_of_a_key_counts() {
        let keys = [(0, "a", "b"), (1, "a", "b"), (0, "b", "b"), (0, "a", "c"), (0, "ab", "")];
        let texts = ["", "\0", "\0\0", "12345678", "123456789", "1234567890123456"];
        let mut seen = BTreeSet::new();
        let mut count = 0;
        let more = texts.map(|text| (3, text, "x"));
        for (seed, model, name) in keys.into_iter().chain(more) {
            let draws = Draws::new(seed, model, name);
            for (order, draw) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                seen.insert(draws.bits(order, draw));
                count += 1;
            }
        }
        assert_eq!(seen.len(), count);
    }

    #[test]
    fn ranges_hold() {
        let draws = Draws::new(1, "m", "i");
        let mut seen = [false; 3];
        for k in 0..1_000 {
            assert!((0.0..1.0).contains(&draws.unit(1, k)));
            seen[draws.below(3, 1, k) as usize] = true;
        }
        assert_eq!(seen, [true; 3]);
    }
}
