//! Where a resting order stands among the orders of others at its price.

/// How the quantity ahead of an order is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueueModel {
    /// Nobody is ever ahead: an upper bound on fills, optimistic.
    Front,
    /// Everything displayed on arrival is ahead; only trades use it up, every cancel is behind us.
    TradesOnly,
}

impl QueueModel {
    /// Every model with the name that users write.
    pub const NAMES: [(&'static str, Self); 2] =
        [("front", Self::Front), ("trades_only", Self::TradesOnly)];

    /// The name that users write.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, model)| *model == self).map_or("", |(name, _)| name)
    }
}

/// Place of one order in the queue at its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Others' quantity ahead, raw.
    pub(super) front: i64,
    /// The queue at this price cannot be seen yet: no fill at the price, only when traded through.
    pub(super) pending: bool,
    /// The level was seen to vanish: whoever shows there next is ahead of us.
    vanished: bool,
}

impl Place {
    /// Behind `displayed`; `None` where the data do not show the level.
    pub(super) fn behind(model: QueueModel, displayed: Option<i64>) -> Self {
        match (model, displayed) {
            (QueueModel::Front, _) => Self { front: 0, pending: false, vanished: false },
            (QueueModel::TradesOnly, Some(front)) => {
                Self { front, pending: false, vanished: false }
            }
            (QueueModel::TradesOnly, None) => Self { front: 0, pending: true, vanished: false },
        }
    }

    /// The level at our price now displays `quantity`.
    pub(super) fn level_is(&mut self, model: QueueModel, quantity: i64) {
        if model == QueueModel::Front {
            return;
        }
        let unseen = self.pending || (self.vanished && quantity > 0);
        self.front = if unseen { quantity } else { self.front.min(quantity) };
        self.pending = false;
        self.vanished = quantity == 0;
    }

    /// The best price of our side is now worse than ours: nobody is ahead.
    pub(super) fn is_best(&mut self) {
        self.front = 0;
        self.pending = false;
    }

    /// A trade of `quantity` at our price against our side. Returns what is left for us of it, own
    /// orders aside.
    pub(super) fn traded(&mut self, quantity: i64) -> i64 {
        if self.pending {
            return 0;
        }
        let used = self.front.min(quantity);
        self.front -= used;
        quantity - used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trades_move_the_queue_and_cancels_stay_behind() {
        let mut place = Place::behind(QueueModel::TradesOnly, Some(12));
        assert_eq!([7, 6, 10].map(|quantity| place.traded(quantity)), [0, 1, 10]);
        let mut place = Place::behind(QueueModel::TradesOnly, Some(12));
        place.level_is(QueueModel::TradesOnly, 16);
        assert_eq!(place.front, 12);
        place.level_is(QueueModel::TradesOnly, 8);
        assert_eq!((place.front, place.traded(9)), (8, 1));
    }

    #[test]
    fn a_level_that_comes_back_is_ahead() {
        let mut place = Place::behind(QueueModel::TradesOnly, Some(5));
        place.level_is(QueueModel::TradesOnly, 0);
        assert_eq!(place.front, 0);
        place.level_is(QueueModel::TradesOnly, 7);
        assert_eq!(place.front, 7);
    }

    #[test]
    fn an_unseen_queue_gives_nothing_at_the_price() {
        let mut place = Place::behind(QueueModel::TradesOnly, None);
        assert_eq!(place.traded(100), 0);
        place.level_is(QueueModel::TradesOnly, 3);
        assert_eq!(place.traded(5), 2);
    }
}
