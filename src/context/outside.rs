//! What somebody outside decides on: whether a strategy may trade, how much, and who is there.

use super::{Call, Connected, View};
use crate::account::{AccountKind, Holding};
use crate::error::{Error, Result};
use crate::instrument::{AssetIndex, InstrumentIndex};
use crate::limits::{Breach, Prospect};
use crate::market::Side;
use crate::order::{Order, OrderId, OrderKind, OrderRequest, Reason, Special};
use crate::time::Time;

impl View {
    /// False while orders of the strategy are denied; its cancels are not.
    pub fn is_trading(&self) -> bool {
        self.trading
    }

    pub(crate) fn set_trading(&mut self, enabled: bool) {
        self.trading = enabled;
    }

    /// Says whether what is asked for next comes from outside.
    pub(crate) fn set_commanded(&mut self, commanded: bool) {
        self.commanded = commanded;
    }

    /// Brings money into the account, at the start.
    pub(crate) fn deposit(&mut self, time: Time, asset: AssetIndex, amount: i128) {
        self.account.deposit(time, asset, amount);
    }

    /// Somebody outside says what there is of an asset, and how much of it is held back.
    pub(crate) fn hear_balance(&mut self, asset: AssetIndex, total: i128, locked: i128) {
        self.note_call(|| Call::HearBalance(asset, total, locked));
        self.account.holdings[asset.at()] = Holding { total, locked };
    }

    /// Somebody outside tells of a fill that was not of an order of ours.
    pub(crate) fn hear_fill(
        &mut self,
        of: InstrumentIndex,
        side: Side,
        price: i64,
        quantity: i64,
    ) -> Result<()> {
        let (spec, position) = (&self.world.specs[of.at()], &mut self.account.positions[of.at()]);
        let cost = spec.cost.scale(i128::from(price) * i128::from(quantity));
        let Some(cost) = cost.filter(|cost| position.can_trade(side, quantity, *cost)) else {
            let name = &spec.instrument.name;
            let text =
                format!("a fill would make the position in {name} larger than can be counted");
            return Err(Error::Order(text));
        };
        position.trade(side, quantity, cost);
        self.note_call(|| Call::HearFill(of, side, price, quantity));
        Ok(())
    }

    /// Forgets what waits to be carried away: nobody will.
    pub fn drop_requests(&mut self) {
        self.asked = false;
        self.requests.clear();
        self.denied.clear();
        self.timers.clear();
        self.cancelled_timers.clear();
    }

    /// All that it knows, as text for a hash.
    pub fn told(&self) -> String {
        format!(
            "{:?}",
            (
                (self.phase, self.now, &self.markets, &self.orders, &self.working),
                (&self.account, self.next_timer, &self.amended, self.trading, &self.connected),
                (&self.shortages, &self.breaches),
            )
        )
    }

    /// The first part in which another view of the same world knows something else; `None` if they
    /// agree in all. What waits to be carried away does not count.
    pub fn differs(&self, other: &Self) -> Option<&'static str> {
        let parts = [
            ("time", (self.phase, self.now) == (other.phase, other.now)),
            ("markets", self.markets == other.markets),
            ("orders", self.orders == other.orders),
            ("working orders", self.working == other.working),
            ("account", self.account == other.account),
            ("timers", self.next_timer == other.next_timer),
            ("amendments", self.amended == other.amended),
            ("trading", self.trading == other.trading),
            ("connections", self.connected == other.connected),
            ("denied orders", self.shortages == other.shortages && self.breaches == other.breaches),
        ];
        parts.iter().find(|(_, same)| !same).map(|(part, _)| *part)
    }

    /// By exchange, if it is there.
    pub fn connected(&self) -> &[Connected] {
        &self.connected
    }

    /// Something came from where an instrument is traded: market data, or news of our account.
    pub(crate) fn regain(&mut self, of: InstrumentIndex, account: bool) {
        self.set_connected(self.world.listed_on[of.at()], account, true);
    }

    /// Says whether market data of an exchange, or news of our account there, come.
    pub(crate) fn set_connected(&mut self, exchange: u32, account: bool, comes: bool) {
        if let Some(connected) = self.connected.get_mut(exchange as usize) {
            let way = if account { &mut connected.account } else { &mut connected.market };
            *way = comes;
        }
    }

    /// The risk limit that denied an order.
    pub fn breach(&self, id: OrderId) -> Option<&Breach> {
        let at = self.breaches.binary_search_by_key(&id, |(order, _)| *order).ok()?;
        self.breaches.get(at).map(|(_, breach)| breach)
    }

    /// Takes the price of a market order for granted if nothing has shown its market; else the
    /// order goes to the market like others.
    #[cold]
    pub(super) fn assume(&mut self, request: &mut OrderRequest) {
        let Some(special) = &mut request.special else { return };
        let Some(price) = special.assumed else { return };
        let market = &mut self.markets[request.instrument.at()];
        let shown = market.opposite(request.side, 0).is_some()
            || market.last_best(request.side.opposite()).is_some();
        if shown || request.kind != OrderKind::Market {
            special.assumed = None;
            if **special == Special::default() {
                request.special = None;
            }
        } else {
            market.assumed = Some(price);
        }
    }

    /// Denies an order that would break a risk limit.
    #[cold]
    pub(super) fn check_limits(
        &mut self,
        order: &Order,
        reference: Option<i64>,
    ) -> Result<(), Reason> {
        let request = &order.request;
        if self.account.kind == AccountKind::Cash && request.side == Side::Sell {
            return Ok(()); // it delivers what is there
        }
        let at = request.instrument.at();
        let Some(limits) = self.world.limits.as_ref().map(|limits| limits[at]) else {
            return Ok(());
        };
        let (spec, position) = (&self.world.specs[at], &self.account.positions[at]);
        let limit = Some(request.limit).filter(|_| request.kind == OrderKind::Limit);
        let prospect = Prospect {
            side: request.side,
            quantity: request.quantity + position.working_quantity[request.side as usize],
            position: position.quantity,
            price: limit.or(reference).or_else(|| self.markets[at].mark().map(|mark| mark / 2)),
            equity: self.in_quote_of(at, self.equity()),
            others: self.gross_of_others(at),
        };
        let places = self.world.assets[spec.quote.at()].places;
        match limits.breach(spec, places, &prospect) {
            None => Ok(()),
            Some(breach) => {
                self.breaches.push((order.id, breach));
                Err(breach.reason)
            }
        }
    }

    /// Money of the currency in the quote asset of an instrument; `None` if these differ and no
    /// price is known.
    fn in_quote_of(&self, at: usize, money: Option<i128>) -> Option<i128> {
        let world = &self.world;
        let quote = world.specs[at].quote;
        if quote == world.currency {
            return money;
        }
        // One unit of the quote asset in the currency says how many there are.
        let unit = 10i128.pow(world.assets[quote.at()].places);
        let mark = |at: usize| self.markets[at].mark();
        let each = world.value_by[quote.at()].value(&world.specs, unit, mark)?;
        (each > 0).then_some(money?.checked_mul(unit)? / each)
    }

    /// Value of the positions of all other instruments, in the quote asset of this one.
    fn gross_of_others(&self, but: usize) -> Option<i128> {
        let world = &self.world;
        let mark = |at: usize| self.markets[at].mark();
        let mut gross = 0;
        for (at, position) in self.account.positions.iter().enumerate() {
            if at == but || position.quantity == 0 {
                continue;
            }
            let spec = &world.specs[at];
            let own = spec.value(mark(at)?, position.quantity.abs());
            gross += if spec.quote == world.currency {
                own
            } else {
                world.value_by[spec.quote.at()].value(&world.specs, own, mark)?
            };
        }
        self.in_quote_of(but, Some(gross))
    }
}
