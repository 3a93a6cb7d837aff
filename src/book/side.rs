//! One side of an order book.

use super::near::Near;
use crate::market::Side;

/// A displayed level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Price, raw.
    pub price: i64,
    /// Displayed quantity, raw, > 0.
    pub quantity: i64,
    /// What our own orders took since the data last changed this level, `0 <= taken <= quantity`.
    pub taken: i64,
}

impl Level {
    /// What can still be taken of it.
    #[inline]
    pub fn left(&self) -> i64 {
        self.quantity - self.taken
    }
}

/// What our own orders took of a level.
#[derive(Clone, Copy, Debug)]
struct Mark {
    key: i64,
    /// What the level displayed then.
    quantity: i64,
    taken: i64,
}

/// The levels of one side. Inside, a price is a key, of which the greater is the better: a bid
/// itself, an ask times minus one.
#[derive(Clone, Debug)]
pub struct BookSide {
    sign: i64,
    /// The key of the best level, which has a place among the near ones; [`NOBODY`] without any.
    best: i64,
    near: Near,
    /// Levels too far behind for a place, as keys and quantities, the best last.
    far: Vec<(i64, i64)>,
    /// The few levels of which our own orders took something.
    marks: Vec<Mark>,
    /// Those before the snapshot that is coming in.
    before: Vec<Mark>,
    /// True if there are any of both.
    marked: bool,
}

/// The key of no level.
const NOBODY: i64 = i64::MIN;

impl BookSide {
    /// An empty side.
    pub fn new(side: Side) -> Self {
        Self {
            sign: side.sign(),
            best: NOBODY,
            near: Near::new(),
            far: Vec::new(),
            marks: Vec::new(),
            before: Vec::new(),
            marked: false,
        }
    }

    #[inline]
    fn key(&self, price: i64) -> i64 {
        price.wrapping_mul(self.sign)
    }

    /// The best price.
    #[inline]
    pub fn best_price(&self) -> Option<i64> {
        (self.best != NOBODY).then(|| self.key(self.best))
    }

    /// The best level.
    #[inline]
    pub fn best(&self) -> Option<Level> {
        self.near.place(self.best).map(|place| self.level(self.best, self.near.quantity(place)))
    }

    /// Levels, best first.
    pub fn levels(&self) -> impl Iterator<Item = Level> {
        std::iter::successors(self.best(), |level| self.after(level))
    }

    /// The next worse level.
    fn after(&self, level: &Level) -> Option<Level> {
        let key = self.key(level.price);
        let place = self.near.place(key);
        if let Some(place) = place.and_then(|place| self.near.next(place + 1)) {
            return Some(self.level(self.near.key(place), self.near.quantity(place)));
        }
        let worse = self.far.partition_point(|(other, _)| *other < key);
        let (key, quantity) = self.far[..worse].last()?;
        Some(self.level(*key, *quantity))
    }

    fn level(&self, key: i64, quantity: i64) -> Level {
        let mark = self.marks.iter().find(|mark| mark.key == key);
        Level { price: self.key(key), quantity, taken: mark.map_or(0, |mark| mark.taken) }
    }

    /// Displayed quantity at `price`, 0 if there is no level.
    pub fn quantity_at(&self, price: i64) -> i64 {
        let key = self.key(price);
        if let Some(place) = self.near.place(key) {
            return self.near.quantity(place);
        }
        let found = self.far.binary_search_by_key(&key, |(key, _)| *key);
        found.map_or(0, |at| self.far[at].1)
    }

    /// As [`Self::quantity_at`]; `None` where a snapshot does not reach, which shows only the best
    /// levels (`window`).
    pub fn shown_at(&self, price: i64, window: bool) -> Option<i64> {
        let unseen = window && self.worst().is_some_and(|worst| self.key(price) < worst);
        (!unseen).then(|| self.quantity_at(price))
    }

    /// The key of the worst level.
    fn worst(&self) -> Option<i64> {
        let far = self.far.first().map(|(key, _)| *key);
        far.or_else(|| self.near.last().map(|place| self.near.key(place)))
    }

    /// Sets the level at `price`; 0 removes it. True if another price is the best now.
    ///
    /// What was taken is forgotten only if the quantity changes.
    #[inline(always)]
    #[allow(clippy::inline_always)] // every row comes by
    pub fn set(&mut self, price: i64, quantity: i64) -> bool {
        let key = self.key(price);
        let Some(place) = self.near.place(key) else { return self.set_far(key, quantity) };
        let before = self.near.put(place, quantity);
        if self.marked && quantity != before {
            self.change_mark(key, quantity);
        }
        let moves = if quantity > 0 { key > self.best } else { key == self.best };
        if moves {
            self.move_best(key, quantity);
        }
        moves
    }

    /// The best level is this one, or was and has gone.
    #[inline(never)]
    fn move_best(&mut self, key: i64, quantity: i64) {
        if quantity > 0 {
            self.best = key;
            return;
        }
        let next = self.near.place(key).and_then(|place| self.near.next(place));
        self.best = next.map_or(NOBODY, |place| self.near.key(place));
        if let (NOBODY, Some((far, _))) = (self.best, self.far.last()) {
            self.lay(*far);
        }
    }

    /// Sets a level that has no place: it gets one, or stands far behind.
    #[inline(never)]
    fn set_far(&mut self, key: i64, quantity: i64) -> bool {
        let is_behind = self.near.is_behind(key);
        if quantity > 0 && (!is_behind || self.best == NOBODY || self.near.is_low(self.best)) {
            self.lay(key);
            if self.near.place(key).is_some() {
                return self.set(self.key(key), quantity);
            }
        } else if !is_behind {
            return false;
        }
        let at = self.far.partition_point(|(other, _)| *other < key);
        let before = match self.far.get(at) {
            Some((other, before)) if *other == key => *before,
            _ => 0,
        };
        match (before > 0, quantity > 0) {
            (true, true) => self.far[at].1 = quantity,
            (true, false) => drop(self.far.remove(at)),
            (false, true) => self.far.insert(at, (key, quantity)),
            (false, false) => {}
        }
        if self.marked && quantity != before {
            self.change_mark(key, quantity);
        }
        false
    }

    /// Lays the levels out anew, so that the best one, or `key` if that is better, is among the
    /// near ones.
    #[cold]
    fn lay(&mut self, key: i64) {
        let mut levels = std::mem::take(&mut self.far);
        let places = std::iter::successors(self.near.next(0), |place| self.near.next(place + 1));
        let near: Vec<_> =
            places.map(|place| (self.near.key(place), self.near.quantity(place))).collect();
        levels.extend(near.into_iter().rev());
        let best = levels.last().map_or(key, |(best, _)| key.max(*best));
        self.near.lay(best, key);
        self.best = NOBODY;
        for (key, quantity) in levels {
            match self.near.place(key) {
                Some(place) => {
                    self.near.put(place, quantity);
                    self.best = key;
                }
                None => self.far.push((key, quantity)),
            }
        }
    }

    /// The quantity of a level changed: what was taken of it counts no longer, unless a snapshot
    /// shows it as it was before.
    #[inline(never)]
    fn change_mark(&mut self, key: i64, quantity: i64) {
        self.marks.retain(|mark| mark.key != key);
        let same = |mark: &&Mark| (mark.key, mark.quantity) == (key, quantity);
        self.marks.extend(self.before.iter().find(same).copied());
        self.look_at_marks();
    }

    fn look_at_marks(&mut self) {
        self.marked = !(self.marks.is_empty() && self.before.is_empty());
    }

    /// Goes through the levels, best first, until `take` says `None`; else it says how much our own
    /// orders take of what is left of the level.
    pub fn take_each(&mut self, mut take: impl FnMut(&Level) -> Option<i64>) {
        let mut next = self.best();
        while let Some(level) = next {
            let Some(quantity) = take(&level) else { return };
            self.take(&level, quantity);
            next = self.after(&level);
        }
    }

    /// Notes that `quantity` was taken at `price`, as far as there is so much.
    pub fn take_at(&mut self, price: i64, quantity: i64) {
        let key = self.key(price);
        let level = self.level(key, self.quantity_at(price));
        self.take(&level, quantity.min(level.left()));
    }

    /// Notes that `quantity` was taken of a level.
    fn take(&mut self, level: &Level, quantity: i64) {
        if quantity == 0 {
            return;
        }
        let key = self.key(level.price);
        match self.marks.iter_mut().find(|mark| mark.key == key) {
            Some(mark) => mark.taken += quantity,
            None => self.marks.push(Mark { key, quantity: level.quantity, taken: quantity }),
        }
        self.marked = true;
    }

    /// Removes levels that `price` of the other side reaches. Returns how many.
    pub(super) fn uncross(&mut self, price: i64) -> usize {
        let (mut count, reached) = (0, self.key(price));
        while self.best != NOBODY && self.best >= reached {
            self.set(self.key(self.best), 0);
            count += 1;
        }
        count
    }

    /// Empties the side for a snapshot; what was taken of levels that it shows unchanged stays
    /// taken.
    pub(super) fn clear(&mut self) {
        self.before = std::mem::take(&mut self.marks);
        self.near.clear();
        self.far.clear();
        self.best = NOBODY;
    }

    /// The snapshot is all in.
    pub(super) fn settle(&mut self) {
        self.before.clear();
        self.look_at_marks();
    }
}

/// Two sides are equal that show the same levels, and of which the same was taken.
impl PartialEq for BookSide {
    fn eq(&self, other: &Self) -> bool {
        self.sign == other.sign && self.levels().eq(other.levels())
    }
}

impl Eq for BookSide {}
