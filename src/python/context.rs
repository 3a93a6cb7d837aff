//! The context: one object per run, which is lent the strategy's view for each call of a hook.

use std::sync::{Arc, OnceLock};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyInt;

use super::account::{PyBalance, PyPosition};
use super::book::PyBook;
use super::instrument::PyInstrument;
use super::market::{Facts, PyCandle, PyQuote, PyTrade};
use super::names;
use super::order::PyOrder;
use super::recycled::again;
use super::time::{moment, span};
use super::window::Window;
use super::words::Words;
use crate::context::{Phase, View, World};
use crate::data::load::choice;
use crate::error::{Error, shown};
use crate::instrument::InstrumentIndex;
use crate::market::Side;
use crate::order::{
    Amendment, Order, OrderId, OrderKind, OrderRequest, Special, TimeInForce, Trigger,
    TriggerSource,
};

/// What a strategy knows and can do, at the time of the event that is being handled.
///
/// Reads tell what messages said so far: at a latency the exchange may know more. Numbers are
/// floats, times are integer nanoseconds since 1970 UTC. Usable only inside hooks, in their thread
/// (`StateError`).
#[pyclass(name = "Context", module = "barter_python", frozen)]
#[derive(Debug)]
pub(super) struct PyContext {
    window: Arc<Window>,
    shown: OnceLock<Vec<Shown>>,
}

/// What the context shows of an instrument.
#[derive(Debug)]
struct Shown {
    book: Py<PyBook>,
    position: Py<PyPosition>,
    quote: Py<PyQuote>,
    trade: Py<PyTrade>,
    candle: Py<PyCandle>,
}

impl std::ops::Deref for PyContext {
    type Target = Window;

    #[inline]
    fn deref(&self) -> &Window {
        &self.window
    }
}

impl PyContext {
    pub(super) fn new() -> Self {
        Self { window: Arc::new(Window::new()), shown: OnceLock::new() }
    }

    /// Learns the instruments of the run; called once, before the first hook.
    pub(super) fn learn(&self, py: Python<'_>, world: &Arc<World>) -> PyResult<()> {
        self.window.learn(py, world)?;
        let shown = |(at, facts): (usize, &Facts)| {
            let of = InstrumentIndex(at as u32);
            Ok(Shown {
                book: Py::new(py, PyBook::new(py, facts, &self.window, of))?,
                position: Py::new(py, PyPosition::new(py, facts, world, of))?,
                quote: Py::new(py, PyQuote::new(py, facts))?,
                trade: Py::new(py, PyTrade::new(py, facts))?,
                candle: Py::new(py, PyCandle::new(py, facts))?,
            })
        };
        let all = self.facts().iter().enumerate().map(shown).collect::<PyResult<Vec<Shown>>>()?;
        self.shown.get_or_init(|| all);
        Ok(())
    }

    fn shown(&self, of: InstrumentIndex) -> &Shown {
        let all = self.shown.get().unwrap_or_else(|| unreachable!("a hook runs after the start"));
        &all[of.at()]
    }

    /// The book of an instrument: the same object each time, for it shows the moment.
    pub(super) fn book_of(&self, of: InstrumentIndex) -> &Py<PyBook> {
        &self.shown(of).book
    }

    #[inline]
    fn send_order(
        &self,
        side: Side,
        instrument: &Bound<'_, PyAny>,
        words: &Words<'_, '_>,
    ) -> PyResult<u32> {
        let instrument = self.instrument(Some(instrument))?;
        let rules = self.rules(instrument);
        let quantity = words.quantity(rules)?;
        let time_in_force = match (words.time_in_force, words.expire) {
            (None, None) => TimeInForce::GoodTillCancelled,
            (None, Some(_)) => TimeInForce::GoodTillDate,
            (Some(name), _) => choice("time_in_force", name, &TimeInForce::NAMES)?,
        };
        let (kind, limit) = match words.limit {
            Some(limit) => (OrderKind::Limit, rules.price.positive("limit", limit)?),
            None => (OrderKind::Market, 0),
        };
        let post_only = words.post_only;
        let special = words.special(side, rules)?;
        let request = OrderRequest {
            instrument,
            side,
            kind,
            time_in_force,
            post_only,
            quantity,
            limit,
            special,
        };
        if words.stop.is_none() && words.target.is_none() {
            return Ok(self.ask(|view| view.submit(request))?.0);
        }
        let exits = words.exits(&request, rules)?;
        Ok(self.ask(|view| view.submit_family(request, exits))?[0].0)
    }

    /// The number of an order that was sent. Raises `OrderError` for another one.
    fn known(&self, value: &Bound<'_, PyAny>) -> PyResult<OrderId> {
        let id = OrderId(ordinal("order", value)?);
        let (known, count) = self.look(|view| {
            let known = view.order(id).is_some() || view.phase() != Phase::Running;
            (known, view.orders().len())
        })?;
        if known {
            return Ok(id);
        }
        let seen = value.str().map_or("so large".to_owned(), |text| shown(&text.to_string()));
        Err(Error::Order(format!("unknown order {seen}; {count} were sent so far")).into())
    }
}

/// The number of an order or a timer; 0, which none has, for one out of range.
fn ordinal(what: &str, value: &Bound<'_, PyAny>) -> PyResult<u32> {
    if let Ok(number) = value.cast_exact::<PyInt>() {
        return Ok(number.extract().unwrap_or(0));
    }
    let kind = value.get_type().name()?.to_string();
    if kind.starts_with("bool") || !value.hasattr("__index__")? {
        return Err(PyTypeError::new_err(format!("{what} must be its number, an int, got {kind}")));
    }
    Ok(value.call_method0("__index__")?.extract().unwrap_or(0))
}

#[pymethods]
impl PyContext {
    /// The time of the event that is being handled, ns since 1970 UTC.
    #[getter]
    fn time(&self) -> PyResult<i64> {
        Ok(self.look(|view| view.now().ns())?)
    }

    /// The instruments of the run.
    #[getter]
    fn instruments(&self, py: Python<'_>) -> PyResult<Vec<Py<PyInstrument>>> {
        self.look(|_| ())?;
        Ok(self.facts().iter().map(|facts| facts.instrument.clone_ref(py)).collect())
    }

    /// What the account is worth in the run's currency, as far as is known; `None` without a price.
    #[getter]
    fn equity(&self) -> PyResult<Option<f64>> {
        let (equity, places) =
            self.look(|view| (view.equity(), view.world.assets[view.world.currency.at()].places))?;
        Ok(equity.map(|equity| equity as f64 / 10f64.powi(places as i32)))
    }

    /// What is held of `instrument`; it may be left out if the run has only one.
    #[pyo3(signature = (instrument = None))]
    fn position(
        &self,
        py: Python<'_>,
        instrument: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyPosition>> {
        let of = self.instrument(instrument)?;
        let last = &self.shown(of).position;
        let object = again(py, last, || last.get().another(py))?;
        self.look(|view| object.get().set(view.position(of), view.market(of).mark()))?;
        Ok(object)
    }

    /// Money of `asset`; the run's currency if it is left out.
    #[pyo3(signature = (asset = None))]
    fn balance(&self, asset: Option<&str>) -> PyResult<PyBalance> {
        Ok(self.ask(|view| PyBalance::of(view, asset))?)
    }

    /// The last quote that reached us; `None` before the first.
    #[pyo3(signature = (instrument = None))]
    fn quote(
        &self,
        py: Python<'_>,
        instrument: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Option<Py<PyQuote>>> {
        let of = self.instrument(instrument)?;
        let Some(quote) = self.look(|view| view.market(of).quote)? else { return Ok(None) };
        let make = || PyQuote::new(py, &self.facts()[of.at()]);
        let object = again(py, &self.shown(of).quote, make)?;
        object.get().set(&quote);
        Ok(Some(object))
    }

    /// The last public trade that reached us; `None` before the first.
    #[pyo3(signature = (instrument = None))]
    fn trade(
        &self,
        py: Python<'_>,
        instrument: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Option<Py<PyTrade>>> {
        let of = self.instrument(instrument)?;
        let Some(trade) = self.look(|view| view.market(of).trade)? else { return Ok(None) };
        let make = || PyTrade::new(py, &self.facts()[of.at()]);
        let object = again(py, &self.shown(of).trade, make)?;
        object.get().set(&trade);
        Ok(Some(object))
    }

    /// The last finished candle that reached us; `None` before the first.
    #[pyo3(signature = (instrument = None))]
    fn candle(
        &self,
        py: Python<'_>,
        instrument: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Option<Py<PyCandle>>> {
        let of = self.instrument(instrument)?;
        let Some(candle) = self.look(|view| view.market(of).candle)? else { return Ok(None) };
        let make = || PyCandle::new(py, &self.facts()[of.at()]);
        let object = again(py, &self.shown(of).candle, make)?;
        object.get().set(&candle);
        Ok(Some(object))
    }

    /// The order book as it reached us; `None` if the run has no depth data of it.
    #[pyo3(signature = (instrument = None))]
    fn book(
        &self,
        py: Python<'_>,
        instrument: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Option<Py<PyBook>>> {
        let of = self.instrument(instrument)?;
        let known = self.look(|view| view.market(of).book.is_some())?;
        Ok(known.then(|| self.book_of(of).clone_ref(py)))
    }

    /// One of our orders by its number; `None` if there is none.
    fn order(&self, py: Python<'_>, id: &Bound<'_, PyAny>) -> PyResult<Option<PyOrder>> {
        let id = ordinal("id", id)?;
        let order = self.look(|view| view.order(OrderId(id)).cloned())?;
        Ok(order.map(|order| {
            let facts = &self.facts()[order.request.instrument.at()];
            PyOrder::new(py, facts, order)
        }))
    }

    /// Our orders that are not known to have ended, oldest first; of one instrument if it is given.
    #[pyo3(signature = (instrument = None))]
    fn orders(
        &self,
        py: Python<'_>,
        instrument: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Vec<PyOrder>> {
        let of = instrument.map(|given| self.instrument(Some(given))).transpose()?;
        let meant = |order: &&Order| of.is_none_or(|of| order.request.instrument == of);
        let found: Vec<Order> = self.look(|view| {
            let working = view.working().iter().filter_map(|id| view.order(*id));
            working.filter(meant).cloned().collect()
        })?;
        let object = |order: Order| {
            let facts = &self.facts()[order.request.instrument.at()];
            PyOrder::new(py, facts, order)
        };
        Ok(found.into_iter().map(object).collect())
    }

    /// Sends an order to buy `quantity`: at the market, or at `limit` or better. Returns its
    /// number.
    ///
    /// * `quote_quantity` - instead of `quantity` an amount of the quote asset, fees aside. At a
    ///   `limit` it becomes whole lots at once. At the market it becomes as many as it pays for at
    ///   the best price: the best one seen, then the venue's when the order gets there (on candles
    ///   the point that it meets); it buys level by level, never for more than the amount, and what
    ///   that leaves is cancelled (`quote_quantity`). A buy holds back the amount and its fee. An
    ///   amount of less than a lot is denied (`lot_range`).
    /// * `trigger` - it waits until the price rises to this (a stop); `if_touched` - until it falls
    ///   to this; `trail` - a stop that follows the price at this distance (a number, or a share
    ///   such as "1%").
    /// * `trigger_by` - the price watched: "last" trade (default), "mark", or "bid_ask".
    /// * `time_in_force` - "gtc" (default), "ioc", "fok", or "gtd" until `expire`.
    /// * `post_only` - refused if it would take; with `reprice` it moves one tick away instead.
    /// * `reduce_only` - never opens or flips a position: cut to what there is to reduce.
    /// * `self_trade` - if it meets an order of our own: "expire_taker", "expire_maker",
    ///   "expire_both", "decrement" or "none"; the exchange's mode by default.
    /// * `stop`, `target` - prices of a stop and of a limit order that close what this one fills,
    ///   as it fills; what one of them fills, the other loses. They have the next numbers, in this
    ///   order. With nothing left they wait for the next fill ("open" or "part_filled", no leaves)
    ///   and end with this order.
    ///
    /// Numbers must lie on tick and lot, and words must fit each other (`OrderError`); what the
    /// money or the venue's rules forbid is denied, see `on_order`.
    #[pyo3(signature = (
        instrument, quantity = None,
        *, limit = None, post_only = false, quote_quantity = None, trigger = None,
        if_touched = None, trail = None, trigger_by = None, time_in_force = None, expire = None,
        reprice = false, reduce_only = false, self_trade = None, stop = None, target = None
    ))]
    #[allow(clippy::too_many_arguments, clippy::fn_params_excessive_bools)] // the words of an order
    fn buy(
        &self,
        instrument: &Bound<'_, PyAny>,
        quantity: Option<&Bound<'_, PyAny>>,
        limit: Option<&Bound<'_, PyAny>>,
        post_only: bool,
        quote_quantity: Option<&Bound<'_, PyAny>>,
        trigger: Option<&Bound<'_, PyAny>>,
        if_touched: Option<&Bound<'_, PyAny>>,
        trail: Option<&Bound<'_, PyAny>>,
        trigger_by: Option<&str>,
        time_in_force: Option<&str>,
        expire: Option<&Bound<'_, PyAny>>,
        reprice: bool,
        reduce_only: bool,
        self_trade: Option<&str>,
        stop: Option<&Bound<'_, PyAny>>,
        target: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<u32> {
        let words = Words {
            quantity,
            quote_quantity,
            limit,
            trigger,
            if_touched,
            trail,
            trigger_by,
            time_in_force,
            expire,
            post_only,
            reprice,
            reduce_only,
            self_trade,
            stop,
            target,
        };
        self.send_order(Side::Buy, instrument, &words)
    }

    /// Sends an order to sell `quantity`; the words are those of `buy`, mirrored. Returns its
    /// number.
    #[pyo3(signature = (
        instrument, quantity = None,
        *, limit = None, post_only = false, quote_quantity = None, trigger = None,
        if_touched = None, trail = None, trigger_by = None, time_in_force = None, expire = None,
        reprice = false, reduce_only = false, self_trade = None, stop = None, target = None
    ))]
    #[allow(clippy::too_many_arguments, clippy::fn_params_excessive_bools)] // the words of an order
    fn sell(
        &self,
        instrument: &Bound<'_, PyAny>,
        quantity: Option<&Bound<'_, PyAny>>,
        limit: Option<&Bound<'_, PyAny>>,
        post_only: bool,
        quote_quantity: Option<&Bound<'_, PyAny>>,
        trigger: Option<&Bound<'_, PyAny>>,
        if_touched: Option<&Bound<'_, PyAny>>,
        trail: Option<&Bound<'_, PyAny>>,
        trigger_by: Option<&str>,
        time_in_force: Option<&str>,
        expire: Option<&Bound<'_, PyAny>>,
        reprice: bool,
        reduce_only: bool,
        self_trade: Option<&str>,
        stop: Option<&Bound<'_, PyAny>>,
        target: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<u32> {
        let words = Words {
            quantity,
            quote_quantity,
            limit,
            trigger,
            if_touched,
            trail,
            trigger_by,
            time_in_force,
            expire,
            post_only,
            reprice,
            reduce_only,
            self_trade,
            stop,
            target,
        };
        self.send_order(Side::Sell, instrument, &words)
    }

    /// Sends an order of `side` ("buy" or "sell"); the rest as in `buy`. Returns its number.
    #[pyo3(signature = (
        instrument, side, quantity = None,
        *, limit = None, post_only = false, quote_quantity = None, trigger = None,
        if_touched = None, trail = None, trigger_by = None, time_in_force = None, expire = None,
        reprice = false, reduce_only = false, self_trade = None, stop = None, target = None
    ))]
    #[allow(clippy::too_many_arguments, clippy::fn_params_excessive_bools)] // the words of an order
    fn submit(
        &self,
        instrument: &Bound<'_, PyAny>,
        side: &Bound<'_, PyAny>,
        quantity: Option<&Bound<'_, PyAny>>,
        limit: Option<&Bound<'_, PyAny>>,
        post_only: bool,
        quote_quantity: Option<&Bound<'_, PyAny>>,
        trigger: Option<&Bound<'_, PyAny>>,
        if_touched: Option<&Bound<'_, PyAny>>,
        trail: Option<&Bound<'_, PyAny>>,
        trigger_by: Option<&str>,
        time_in_force: Option<&str>,
        expire: Option<&Bound<'_, PyAny>>,
        reprice: bool,
        reduce_only: bool,
        self_trade: Option<&str>,
        stop: Option<&Bound<'_, PyAny>>,
        target: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<u32> {
        let words = Words {
            quantity,
            quote_quantity,
            limit,
            trigger,
            if_touched,
            trail,
            trigger_by,
            time_in_force,
            expire,
            post_only,
            reprice,
            reduce_only,
            self_trade,
            stop,
            target,
        };
        let side = names::side_from(side)?;
        self.send_order(side, instrument, &words)
    }

    /// Sends two orders of `side` of which one loses what the other fills: at `limit` or better,
    /// and at the market (or at `stop_limit`) once the price comes to `trigger`. Returns their
    /// numbers.
    ///
    /// Both hold their money back once; if one is denied, so is the other.
    #[pyo3(signature = (instrument, side, quantity, *, limit, trigger, stop_limit = None))]
    fn oco(
        &self,
        instrument: &Bound<'_, PyAny>,
        side: &Bound<'_, PyAny>,
        quantity: &Bound<'_, PyAny>,
        limit: &Bound<'_, PyAny>,
        trigger: &Bound<'_, PyAny>,
        stop_limit: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<(u32, u32)> {
        let side = names::side_from(side)?;
        let instrument = self.instrument(Some(instrument))?;
        let rules = self.rules(instrument);
        let leg = |kind, limit, special| -> PyResult<OrderRequest> {
            Ok(OrderRequest {
                instrument,
                side,
                kind,
                time_in_force: TimeInForce::GoodTillCancelled,
                post_only: false,
                quantity: rules.quantity.positive("quantity", quantity)?,
                limit,
                special,
            })
        };
        let at_trigger = rules.price.positive("trigger", trigger)?;
        let price = Some(at_trigger);
        let (source, rises) = (TriggerSource::Last, side == Side::Buy);
        let trigger = Some(Trigger { source, rises, price, trail: None });
        let special = Some(Box::new(Special { trigger, ..Special::default() }));
        let (kind, at) = match stop_limit {
            Some(at) => (OrderKind::Limit, rules.price.positive("stop_limit", at)?),
            None => (OrderKind::Market, 0),
        };
        let limit = rules.price.positive("limit", limit)?;
        rules.check_apart(side, ("limit", limit), ("trigger", at_trigger))?;
        let legs = [leg(OrderKind::Limit, limit, None)?, leg(kind, at, special)?];
        let [one, other] = self.ask(|view| view.submit_pair(legs))?;
        Ok((one.0, other.0))
    }

    /// Asks to give an order new terms; what is left out stays. `quantity` is the total, what is
    /// filled included. False if the order has ended as far as is known, or a cancel is on its way.
    ///
    /// Less at the same price keeps the place in the queue; everything else goes to the back.
    /// Raises `OrderError` for a number that no order has, or terms that it cannot have.
    #[pyo3(signature = (order, *, quantity = None, limit = None, trigger = None))]
    fn amend(
        &self,
        order: &Bound<'_, PyAny>,
        quantity: Option<&Bound<'_, PyAny>>,
        limit: Option<&Bound<'_, PyAny>>,
        trigger: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        let id = self.known(order)?;
        let amend = |terms| self.ask(|view| view.amend(id, terms));
        let of = self.look(|view| view.order(id).map(|order| order.request.instrument))?;
        let Some(of) = of else { return Ok(amend(Amendment::default())?) };
        let rules = self.rules(of);
        let price = |what: &str, value: Option<&Bound<'_, PyAny>>| {
            value.map(|value| rules.price.positive(what, value)).transpose()
        };
        let amendment = Amendment {
            quantity: quantity.map(|q| rules.quantity.positive("quantity", q)).transpose()?,
            limit: price("limit", limit)?,
            trigger: price("trigger", trigger)?,
        };
        Ok(amend(amendment)?)
    }

    /// Asks to cancel an order. False if it has ended as far as is known, or a cancel is on its
    /// way.
    ///
    /// Raises `OrderError` for a number that no order has.
    fn cancel(&self, order: &Bound<'_, PyAny>) -> PyResult<bool> {
        let id = OrderId(ordinal("order", order)?);
        let asked = self.ask(|view| view.cancel(id));
        asked.or_else(|error| {
            self.known(order)?;
            Err(error.into())
        })
    }

    /// Asks to cancel all our orders, of one instrument if it is given. Returns how many were
    /// asked.
    #[pyo3(signature = (instrument = None))]
    fn cancel_all(&self, instrument: Option<&Bound<'_, PyAny>>) -> PyResult<u32> {
        let of = instrument.map(|given| self.instrument(Some(given))).transpose()?;
        let meant = |order: &Order| of.is_none_or(|of| order.request.instrument == of);
        let cancel_all = |view: &mut View| {
            let mut asked = 0;
            for id in view.working().to_vec() {
                let cancels = view.order(id).is_some_and(meant) && view.cancel(id)?;
                asked += u32::from(cancels);
            }
            Ok::<u32, Error>(asked)
        };
        Ok(self.ask(cancel_all)?)
    }

    /// Closes the position at the market. Returns the order's number, `None` if there is nothing to
    /// close.
    #[pyo3(signature = (instrument = None))]
    fn close(&self, instrument: Option<&Bound<'_, PyAny>>) -> PyResult<Option<u32>> {
        let of = self.instrument(instrument)?;
        Ok(self.ask(|view| view.go_to(of, 0))?.map(|order| order.0))
    }

    /// Brings the position to the signed `quantity` at the market, counting market orders on their
    /// way.
    ///
    /// Returns the order's number, `None` if nothing is missing.
    fn target(
        &self,
        instrument: &Bound<'_, PyAny>,
        quantity: &Bound<'_, PyAny>,
    ) -> PyResult<Option<u32>> {
        let of = self.instrument(Some(instrument))?;
        let target = self.rules(of).quantity.signed("quantity", quantity)?;
        Ok(self.ask(|view| view.go_to(of, target))?.map(|order| order.0))
    }

    /// Sets a timer: `at` a time, `after` a span from now, or `every` span (first after one of
    /// them).
    ///
    /// Spans are text ("10ms"), `timedelta` or int ns. Returns the timer's number.
    #[pyo3(signature = (*, at = None, after = None, every = None))]
    fn set_timer(
        &self,
        at: Option<&Bound<'_, PyAny>>,
        after: Option<&Bound<'_, PyAny>>,
        every: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<u32> {
        let every = every.map(|every| span("every", every)).transpose()?;
        if let Some(every) = every.filter(|every| *every <= 0) {
            let text = format!("every must be > 0, got {every} ns; at or after sets a timer once");
            return Err(Error::Config(text).into());
        }
        let after = after.map(|after| span("after", after)).transpose()?;
        let at = at.map(|at| moment("at", at)).transpose()?;
        let set = |view: &mut View| {
            let time = match (at, after, every) {
                (Some(at), None, _) => at,
                (None, Some(after), _) => view.now().after(after),
                (None, None, Some(every)) => view.now().after(every),
                _ => {
                    let text = "set_timer: give at or after, or every".to_owned();
                    return Err(Error::Config(text));
                }
            };
            view.set_timer(time, every.unwrap_or(0))
        };
        Ok(self.ask(set)?)
    }

    /// Stops a timer; one that is not waiting is no error.
    fn cancel_timer(&self, timer: &Bound<'_, PyAny>) -> PyResult<()> {
        let id = ordinal("timer", timer)?;
        self.ask(|view| {
            view.cancel_timer(id);
            Ok(())
        })?;
        Ok(())
    }
}
