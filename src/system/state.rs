//! The state of a system at one moment.

use std::sync::Arc;

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use super::names::Names;
use super::universe::Universe;
use crate::audit::hexadecimal;
use crate::context::Context;
use crate::instrument::InstrumentIndex;
use crate::num::{decimal, money};
use crate::order::Order;
use crate::time::Time;

/// What an engine knows at one moment.
#[derive(Clone, Debug)]
pub struct State {
    /// What the system is about.
    pub universe: Arc<Universe>,
    /// The strategy's side.
    pub context: Context,
    /// Names of orders from outside.
    pub names: Names,
    /// How many lines of its log lead to it, if one is kept.
    pub sequence: Option<u64>,
}

impl PartialEq for State {
    /// True if both know the same of the same world, however they came to know it.
    fn eq(&self, other: &Self) -> bool {
        self.differs(other).is_none()
    }
}

/// What is held of an instrument, exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Signed quantity.
    pub quantity: Decimal,
    /// Average price; `None` if flat.
    pub average_price: Option<Decimal>,
    /// Profit of what was closed, before fees, in quote.
    pub realised: Decimal,
    /// Profit that closing at the mark would bring; `None` without a price.
    pub unrealised: Option<Decimal>,
    /// The price that values it; `None` before the first.
    pub mark: Option<Decimal>,
}

impl State {
    /// When the engine last took something in; `None` before the first event.
    pub fn time(&self) -> Option<Time> {
        Some(self.context.now()).filter(|now| *now != Time::MIN)
    }

    /// A hash of all that it knows.
    pub fn digest(&self) -> String {
        let text = format!("{} {:?}", self.context.told(), self.names);
        hexadecimal(&Sha256::digest(text.as_bytes()))
    }

    /// The first part that differs from another state.
    pub fn differs(&self, other: &Self) -> Option<&'static str> {
        if self.universe.data.listings.len() != other.universe.data.listings.len()
            || self.universe.assets != other.universe.assets
            || self.universe.instruments != other.universe.instruments
        {
            return Some("instruments");
        }
        let names = (self.names != other.names).then_some("names of orders");
        self.context.differs(&other.context).or(names)
    }

    /// What is held of an instrument.
    pub fn held(&self, of: InstrumentIndex) -> Held {
        let world = &self.context.world;
        let (spec, position) = (&world.specs[of.at()], self.context.position(of));
        let places = world.assets[spec.quote.at()].places;
        let quantity = decimal(position.quantity, spec.quantity_scale);
        let mark = self.context.market(of).mark();
        let cost = money(position.cost, places);
        let size = quantity * spec.instrument.multiplier;
        let average = cost.checked_div(size).map(|price| price.normalize());
        let worth = mark.map(|mark| spec.value(mark, position.quantity));
        let doubled = |mark: i64| decimal(mark, spec.price_scale) / Decimal::TWO;
        Held {
            quantity,
            average_price: average.filter(|_| position.quantity != 0),
            realised: money(position.realised, places),
            unrealised: worth.map(|worth| money(worth - position.cost, places)),
            mark: mark.map(|mark| doubled(mark).normalize()),
        }
    }

    /// Total and free amount of an asset, by Barter's index.
    pub fn balance(&self, asset: usize) -> Option<(Decimal, Decimal)> {
        let (_, _, index) = self.universe.assets.get(asset)?;
        let holding = self.context.account().holdings[index.at()];
        let places = self.context.world.assets[index.at()].places;
        Some((money(holding.total, places), money(holding.free(), places)))
    }

    /// What the account is worth, in the currency; `None` without a price.
    pub fn equity(&self) -> Option<Decimal> {
        let world = &self.context.world;
        let places = world.assets[world.currency.at()].places;
        self.context.equity().map(|equity| money(equity, places))
    }

    /// The orders of an instrument that work.
    pub fn working(&self, of: InstrumentIndex) -> impl Iterator<Item = &Order> {
        let orders = self.context.working().iter().filter_map(|id| self.context.order(*id));
        orders.filter(move |order| order.request.instrument == of)
    }
}
