//! What reaches a system from outside, as integers: Barter's messages checked against a universe.

use rust_decimal::Decimal;

use super::message::{
    AccountEvent, AccountEventKind, AssetBalance, Command as Asked, DataKind, EngineEvent, Level,
    MarketEvent as Message, OrderBookEvent, OrderKey, OrderKind as Kind, OrderRequestCancel,
    OrderRequestOpen, Stream, TimeInForce as Lifetime,
};
use super::universe::Universe;
use crate::error::{DataFault, Error, Result};
use crate::event::MarketEvent;
use crate::instrument::{AssetIndex, InstrumentIndex};
use crate::market::{BookUpdate, Candle, Quote, Side, Trade};
use crate::num::{MAX_MONEY, MAX_RAW, POW10};
use crate::order::{OrderKind, OrderRequest, Special, TimeInForce};
use crate::replay::Row;
use crate::time::{DAY, Time};

/// Something from outside.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Input {
    /// A row of market data; its time is that of the exchange.
    #[serde(skip)] // a log has columns for it
    Row(MarketEvent),
    /// A connection was lost: to which exchange, and if that of our account.
    Lost(u32, bool),
    /// Trading is enabled or disabled.
    Trading(bool),
    /// What somebody says of our account.
    Account(Told),
    /// A command.
    Command(Box<Command>),
    /// The end: nothing is taken in after it.
    Shutdown,
}

/// What somebody says of our account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Told {
    /// A balance: all of it and what is held back, in the smallest unit.
    Balance(AssetIndex, i128, i128),
    /// A fill: side, price and quantity, raw.
    Fill(InstrumentIndex, Side, i64, i64),
}

/// A command from outside of the strategy.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Command {
    /// Open orders. One that lives to the end of the day gets its time when it is sent.
    Open(Vec<Opening>),
    /// Cancel orders.
    Cancel(Vec<OrderRequestCancel>),
    /// Close the positions in these instruments.
    ClosePositions(Vec<InstrumentIndex>),
    /// Cancel all orders of these instruments.
    CancelOrders(Vec<InstrumentIndex>),
}

/// An order to open.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Opening {
    /// Its names.
    pub key: OrderKey,
    /// What is asked for.
    pub request: OrderRequest,
    /// True if it ends with the day.
    pub of_the_day: bool,
}

impl Opening {
    /// The request as it is sent at `now`.
    pub fn at(self, now: Time) -> OrderRequest {
        let mut request = self.request;
        if self.of_the_day {
            let midnight = (now.ns().div_euclid(DAY) + 1).saturating_mul(DAY);
            request.special.get_or_insert_default().expire = Some(Time(midnight));
        }
        request
    }
}

impl Universe {
    /// Adds what an event comes to.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] or [`Error::Order`] for what this universe does not have.
    pub fn inputs(&self, event: &EngineEvent, into: &mut Vec<Input>) -> Result<()> {
        match event {
            EngineEvent::Shutdown => into.push(Input::Shutdown),
            EngineEvent::TradingStateUpdate(enabled) => into.push(Input::Trading(*enabled)),
            EngineEvent::Market(Stream::Reconnecting(id)) => {
                into.push(Input::Lost(self.exchange_index(*id)?, false));
            }
            EngineEvent::Market(Stream::Item(event)) => self.rows(event, into)?,
            EngineEvent::Account(Stream::Reconnecting(id)) => {
                into.push(Input::Lost(self.exchange_index(*id)?, true));
            }
            EngineEvent::Account(Stream::Item(event)) => self.told(event, into)?,
            EngineEvent::Command(command) => {
                into.push(Input::Command(Box::new(self.command(command)?)));
            }
        }
        Ok(())
    }

    /// Adds the rows of a message. A liquidation has none.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] for an unknown instrument or a number out of range.
    pub fn rows(&self, message: &Message, into: &mut Vec<Input>) -> Result<()> {
        let of = self.instrument(message)?;
        let listing = &self.data.listings[of.at()];
        let time = message.time_exchange;
        let price =
            |field: &str, value: Decimal| number(field, value, listing.price_scale, of, self);
        let quantity =
            |field: &str, value: Decimal| number(field, value, listing.quantity_scale, of, self);
        let mut push =
            |row: Row, time: Time| into.push(Input::Row(MarketEvent { instrument: of, time, row }));
        match &message.kind {
            DataKind::Trade(trade) => {
                let (price, quantity) =
                    (price("price", trade.price)?, quantity("amount", trade.amount)?);
                let aggressor = Some(trade.side);
                push(Row::Trade(Trade { time, price, quantity, aggressor }), time);
            }
            DataKind::OrderBookL1(touch) => {
                let level = |side: &Option<Level>| -> Result<(i64, i64)> {
                    side.map_or(Ok((0, 0)), |level| {
                        Ok((price("price", level.price)?, quantity("amount", level.amount)?))
                    })
                };
                let ((bid, bid_quantity), (ask, ask_quantity)) =
                    (level(&touch.best_bid)?, level(&touch.best_ask)?);
                let both = bid_quantity > 0 && ask_quantity > 0;
                if both && bid >= ask {
                    return Err(DataFault::new("best_bid must lie below best_ask").into());
                }
                push(Row::Quote(Quote { time, bid, bid_quantity, ask, ask_quantity }), time);
            }
            DataKind::OrderBook(event) => {
                let clears = matches!(event, OrderBookEvent::Snapshot(_));
                let book = event.book();
                let bids = book.bids.iter().map(|level| (Side::Buy, level));
                let levels: Vec<(Side, &Level)> =
                    bids.chain(book.asks.iter().map(|level| (Side::Sell, level))).collect();
                for (at, (side, level)) in levels.iter().enumerate() {
                    let (price, quantity) =
                        (price("price", level.price)?, quantity("amount", level.amount)?);
                    let (clears, last) = (clears && at == 0, at + 1 == levels.len());
                    let row = BookUpdate { time, side: *side, price, quantity, clears, last };
                    push(Row::Book(row), time);
                }
                if levels.is_empty() && clears {
                    let (side, price, quantity) = (Side::Buy, 1, 0);
                    let row = BookUpdate { time, side, price, quantity, clears, last: true };
                    push(Row::Book(row), time);
                }
            }
            DataKind::Candle(candle) => {
                let row = Candle {
                    // When it opened is known from the candle before it.
                    open_time: time.min(candle.close_time),
                    close_time: candle.close_time,
                    open: price("open", candle.open)?,
                    high: price("high", candle.high)?,
                    low: price("low", candle.low)?,
                    close: price("close", candle.close)?,
                    volume: Some(quantity("volume", candle.volume)?),
                };
                push(Row::Candle(row), time.max(candle.close_time));
            }
            DataKind::Liquidation(_) => {}
        }
        Ok(())
    }

    /// The instrument that a message is about.
    fn instrument(&self, message: &Message) -> Result<InstrumentIndex> {
        let index = message.instrument;
        let listed = self.listed(index).map_err(|text| Error::from(DataFault::new(text)))?;
        if listed.config.exchange == message.exchange {
            return Ok(InstrumentIndex(index));
        }
        let (own, seen) = (listed.config.exchange, message.exchange);
        let text = format!("instrument {index} is traded on {own}, not on {seen}");
        Err(DataFault::new(text).into())
    }

    /// The instrument with this index; else why there is none.
    fn listed(&self, index: u32) -> Result<&super::universe::Listed, String> {
        let last = self.instruments.len() - 1;
        self.instruments
            .get(index as usize)
            .ok_or_else(|| format!("instrument index must be from 0 to {last}, got {index}"))
    }

    fn told(&self, event: &AccountEvent, into: &mut Vec<Input>) -> Result<()> {
        let last = self.exchanges.len() - 1;
        if event.exchange as usize > last {
            let seen = event.exchange;
            let text = format!("exchange index must be from 0 to {last}, got {seen}");
            return Err(DataFault::new(text).into());
        }
        match &event.kind {
            AccountEventKind::Snapshot(snapshot) => {
                for balance in &snapshot.balances {
                    into.push(Input::Account(self.balance(balance)?));
                }
            }
            AccountEventKind::BalanceSnapshot(balance) => {
                into.push(Input::Account(self.balance(balance)?));
            }
            AccountEventKind::Trade(trade) => {
                self.listed(trade.instrument).map_err(DataFault::new)?;
                let of = InstrumentIndex(trade.instrument);
                let listing = &self.data.listings[of.at()];
                let price = number("price", trade.price, listing.price_scale, of, self)?;
                let scale = listing.quantity_scale;
                let quantity = number("quantity", trade.quantity, scale, of, self)?;
                into.push(Input::Account(Told::Fill(of, trade.side, price, quantity)));
            }
            // What became of orders that others sent changes nothing of ours.
            AccountEventKind::OrderSnapshot(_) | AccountEventKind::OrderCancelled(_) => {}
        }
        Ok(())
    }

    fn balance(&self, told: &AssetBalance) -> Result<Told> {
        let last = self.assets.len() - 1;
        let Some((_, name, asset)) = self.assets.get(told.asset as usize) else {
            let seen = told.asset;
            let text = format!("asset index must be from 0 to {last}, got {seen}");
            return Err(DataFault::new(text).into());
        };
        let places = self.world.assets[asset.at()].places;
        let money = |value: Decimal| {
            let value = value.normalize();
            let up = places.checked_sub(value.scale())?;
            value.mantissa().checked_mul(10i128.pow(up)).filter(|raw| *raw <= MAX_MONEY)
        };
        let amounts = money(told.balance.total).zip(money(told.balance.free));
        let (total, free) = amounts.ok_or_else(|| {
            DataFault::new(format!(
                "a balance of {name} must have at most {places} decimal places and 28 digits"
            ))
        })?;
        Ok(Told::Balance(*asset, total, total - free))
    }

    fn command(&self, asked: &Asked) -> Result<Command> {
        Ok(match asked {
            Asked::SendOpenRequests(requests) => {
                let openings: Result<Vec<Opening>> =
                    requests.iter().map(|request| self.opening(request)).collect();
                Command::Open(openings?)
            }
            Asked::SendCancelRequests(requests) => {
                requests.iter().try_for_each(|request| self.check_key(&request.key))?;
                Command::Cancel(requests.clone())
            }
            Asked::ClosePositions(filter) => Command::ClosePositions(self.chosen(filter)),
            Asked::CancelOrders(filter) => Command::CancelOrders(self.chosen(filter)),
        })
    }

    /// The instruments that a filter lets through.
    pub fn chosen(&self, filter: &super::message::InstrumentFilter) -> Vec<InstrumentIndex> {
        let all = self.instruments.iter().enumerate();
        let through = all
            .filter(|(at, listed)| filter.matches(listed.exchange, *at as u32, listed.underlying));
        through.map(|(at, _)| InstrumentIndex(at as u32)).collect()
    }

    pub(super) fn check_key(&self, key: &OrderKey) -> Result<()> {
        let listed = self.listed(key.instrument).map_err(Error::Order)?;
        if listed.exchange == key.exchange {
            return Ok(());
        }
        Err(Error::Order(format!(
            "instrument {} is traded on exchange {}, not on {}",
            key.instrument, listed.exchange, key.exchange
        )))
    }

    pub(super) fn opening(&self, asked: &OrderRequestOpen) -> Result<Opening> {
        self.check_key(&asked.key)?;
        let of = InstrumentIndex(asked.key.instrument);
        let (listing, state) = (&self.data.listings[of.at()], &asked.state);
        let order = |error: Error| Error::Order(error.to_string());
        let price = number("price", state.price, listing.price_scale, of, self).map_err(order)?;
        let scale = listing.quantity_scale;
        let quantity = number("quantity", state.quantity, scale, of, self).map_err(order)?;
        let (time_in_force, post_only) = match state.time_in_force {
            Lifetime::GoodUntilCancelled { post_only } => {
                (TimeInForce::GoodTillCancelled, post_only)
            }
            Lifetime::GoodUntilEndOfDay => (TimeInForce::GoodTillDate, false),
            Lifetime::FillOrKill => (TimeInForce::FillOrKill, false),
            Lifetime::ImmediateOrCancel => (TimeInForce::ImmediateOrCancel, false),
        };
        let market = state.kind == Kind::Market;
        // A market order does not rest, whatever it says of how long it lives.
        let (time_in_force, of_the_day) = match time_in_force {
            TimeInForce::GoodTillDate if market => (TimeInForce::ImmediateOrCancel, false),
            other => (other, other == TimeInForce::GoodTillDate),
        };
        let assumed = Some(price).filter(|price| market && *price > 0);
        let request = OrderRequest {
            instrument: of,
            side: state.side,
            kind: if market { OrderKind::Market } else { OrderKind::Limit },
            time_in_force,
            post_only,
            quantity,
            limit: if market { 0 } else { price },
            special: assumed.map(|_| Box::new(Special { assumed, ..Special::default() })),
        };
        Ok(Opening { key: asked.key.clone(), request, of_the_day })
    }
}

/// A decimal as a raw integer.
#[inline]
fn number(
    field: &str,
    value: Decimal,
    scale: u32,
    of: InstrumentIndex,
    universe: &Universe,
) -> Result<i64> {
    let up = scale.checked_sub(value.scale());
    let raw = up.and_then(|up| value.mantissa().checked_mul(i128::from(POW10[up as usize])));
    match raw.filter(|raw| raw.unsigned_abs() <= u128::from(MAX_RAW.unsigned_abs())) {
        Some(raw) => Ok(raw as i64),
        None => wide_number(field, value, scale, of, universe),
    }
}

/// The same for one with zeros at its end, or out of range.
#[cold]
fn wide_number(
    field: &str,
    value: Decimal,
    scale: u32,
    of: InstrumentIndex,
    universe: &Universe,
) -> Result<i64> {
    crate::num::from_decimal(value, scale).ok_or_else(|| {
        let name = &universe.data.listings[of.at()].instrument.name;
        let text = format!(
            "{field} of {name} must have at most {scale} decimal places and fit them, got {value}"
        );
        DataFault::new(text).into()
    })
}
