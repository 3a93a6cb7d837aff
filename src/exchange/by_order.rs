//! A market that is shown order by order: what others trade, and who of them stood before us.

use super::Hit;
use super::matching::Market;
use super::queue::Place;
use crate::error::{Error, Result, shown};
use crate::market::{MarketKind, OrderUpdate, Side, Trade};

/// An error unless `kinds` of data show the orders of the instrument called `name` one by one.
pub(super) fn check(kinds: &[MarketKind], name: &str) -> Result<()> {
    if kinds.contains(&MarketKind::MarketByOrder) {
        return Ok(());
    }
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    Err(Error::Config(format!(
        "queue: \"l3\" needs orders one by one (market_by_order); \"{}\" has {}; \
         \"auto\" takes what each instrument has",
        shown(name),
        kinds.join(", ")
    )))
}

impl Market {
    /// A change of one order of others: what it traded may be ours, then its level is shown. True
    /// if something came of it.
    #[inline(never)]
    pub(super) fn on_order(&mut self, row: &OrderUpdate, hits: &mut Vec<Hit>) -> bool {
        self.joined = self.joined.wrapping_add(u32::from(row.joins));
        if let Some(trade) = row.trade() {
            self.on_print(&trade, row, hits);
        }
        self.show(&row.level, hits);
        self.has_news(hits)
    }

    /// A trade is a budget for our orders, which would have stood in the aggressor's way: at its
    /// very price those of them that came before the order that made it.
    fn on_print(&mut self, trade: &Trade, row: &OrderUpdate, hits: &mut Vec<Hit>) {
        let Trade { price, quantity, aggressor, .. } = *trade;
        let exact = self.queue.is_exact();
        let joined = self.joined;
        // It stood before us if no fewer orders have joined since it did than since we did. What
        // was not shown passed by all that was; that we would have come first nobody can say.
        let waits = |place: &Place| {
            let behind = row.newer < joined.wrapping_sub(place.joined);
            if row.hidden { row.level.quantity > 0 } else { !behind }
        };
        let mut given = 0;
        for side in [Side::Buy, Side::Sell] {
            let own = &mut self.own[side as usize];
            if aggressor == Some(side) || !own.reaches(price) {
                continue;
            }
            given = if exact {
                own.print(price, quantity, given, waits, hits)
            } else {
                own.trade(price, quantity, given, false, &self.queue, hits)
            };
        }
        self.traded_at(price);
    }
}
