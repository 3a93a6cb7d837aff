//! `EngineEvent`.

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use rust_decimal::Decimal;

use super::request::{PyInstrumentFilter, PyOrderRequestCancel, PyOrderRequestOpen};
use super::{field, names, payload};
use crate::system::message::{
    AccountEvent, AccountEventKind, AccountSnapshot, AccountTrade, AssetBalance, AssetFees,
    Balance, Cancelled, Candle, Command, DataKind, EngineEvent, InstrumentFilter, Liquidation,
    MarketEvent, OrderBook, OrderBookEvent, OrderBookL1, OrderResponseCancel, PublicTrade, Stream,
    read, read_object, write,
};
use crate::time::Time;

type Any<'a, 'py> = &'a Bound<'py, PyAny>;

/// Everything that an engine can be told: what a market or an account did, and commands.
///
/// Made by one of its constructors, or from Barter's JSON. Numbers are text, `Decimal`, `int` or
/// `float` (its shortest text counts); times are aware `datetime`, text with a zone, `datetime64`
/// or `int` nanoseconds since 1970 UTC. Indices count from 0, as `IndexedInstruments` has them.
/// A time that is not given is never now, but the other time of the same event.
///
/// Raises `DataError`, which names the field, for a wrong type, an unknown name, a number that is
/// out of range or breaks a rule: prices and amounts are > 0, amounts of levels >= 0.
#[pyclass(name = "EngineEvent", module = "barter_python", frozen, eq, hash)]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PyEngineEvent(pub(super) EngineEvent);

#[pymethods]
#[allow(clippy::too_many_arguments)] // one per field
impl PyEngineEvent {
    /// Stop.
    #[staticmethod]
    fn shutdown() -> Self {
        Self(EngineEvent::Shutdown)
    }

    /// Whether the strategy may trade.
    #[staticmethod]
    fn trading_state(py: Python<'_>, enabled: Any<'_, '_>) -> PyResult<Self> {
        built(py, || Ok(EngineEvent::TradingStateUpdate(field::flag("enabled", enabled)?)))
    }

    /// Open these orders: a list of `OrderRequestOpen`.
    #[staticmethod]
    fn send_open_requests(py: Python<'_>, requests: Any<'_, '_>) -> PyResult<Self> {
        built(py, || {
            let mut opens = Vec::new();
            for one in field::list("requests", requests)? {
                let one = one?;
                let open = one
                    .cast::<PyOrderRequestOpen>()
                    .map_err(|_| field::wrong("requests", "a list of OrderRequestOpen", &one))?;
                opens.push(open.get().0.clone());
            }
            Ok(EngineEvent::Command(Command::SendOpenRequests(opens)))
        })
    }

    /// Cancel these orders: a list of `OrderRequestCancel`.
    #[staticmethod]
    fn send_cancel_requests(py: Python<'_>, requests: Any<'_, '_>) -> PyResult<Self> {
        built(py, || {
            let mut cancels = Vec::new();
            for one in field::list("requests", requests)? {
                let one = one?;
                let cancel = one
                    .cast::<PyOrderRequestCancel>()
                    .map_err(|_| field::wrong("requests", "a list of OrderRequestCancel", &one))?;
                cancels.push(cancel.get().0.clone());
            }
            Ok(EngineEvent::Command(Command::SendCancelRequests(cancels)))
        })
    }

    /// Close the positions in these instruments, an `InstrumentFilter`; in all without one.
    #[staticmethod]
    #[pyo3(signature = (filter = None))]
    fn close_positions(py: Python<'_>, filter: Option<Any<'_, '_>>) -> PyResult<Self> {
        built(py, || Ok(EngineEvent::Command(Command::ClosePositions(filter_of(filter)?))))
    }

    /// Cancel all orders of these instruments, an `InstrumentFilter`; of all without one.
    #[staticmethod]
    #[pyo3(signature = (filter = None))]
    fn cancel_orders(py: Python<'_>, filter: Option<Any<'_, '_>>) -> PyResult<Self> {
        built(py, || Ok(EngineEvent::Command(Command::CancelOrders(filter_of(filter)?))))
    }

    /// A trade of two others; `side` is who took.
    #[staticmethod]
    #[pyo3(signature = (
        exchange, instrument, price, quantity, side, time_exchange, trade_id = None,
        time_received = None
    ))]
    fn market_trade(
        py: Python<'_>,
        exchange: Any<'_, '_>,
        instrument: Any<'_, '_>,
        price: Any<'_, '_>,
        quantity: Any<'_, '_>,
        side: Any<'_, '_>,
        time_exchange: Any<'_, '_>,
        trade_id: Option<Any<'_, '_>>,
        time_received: Option<Any<'_, '_>>,
    ) -> PyResult<Self> {
        built(py, || {
            let id = trade_id.map_or(Ok(""), |id| field::text("trade_id", id))?;
            let trade = PublicTrade {
                id: id.to_owned(),
                price: field::amount("price", price)?,
                amount: field::positive("quantity", quantity)?,
                side: names::side_from(side)?,
            };
            let time = field::time("time_exchange", time_exchange)?;
            market(exchange, instrument, (time, time_received), DataKind::Trade(trade))
        })
    }

    /// Best bid and best ask, each a pair (price, amount) or `None` for a side without orders.
    #[staticmethod]
    #[pyo3(signature = (
        exchange, instrument, last_update_time, best_bid = None, best_ask = None,
        time_exchange = None, time_received = None
    ))]
    fn market_order_book_l1(
        py: Python<'_>,
        exchange: Any<'_, '_>,
        instrument: Any<'_, '_>,
        last_update_time: Any<'_, '_>,
        best_bid: Option<Any<'_, '_>>,
        best_ask: Option<Any<'_, '_>>,
        time_exchange: Option<Any<'_, '_>>,
        time_received: Option<Any<'_, '_>>,
    ) -> PyResult<Self> {
        built(py, || {
            let last_update_time = field::time("last_update_time", last_update_time)?;
            let bid = ["best_bid", "best_bid.price", "best_bid.amount"];
            let ask = ["best_ask", "best_ask.price", "best_ask.amount"];
            let touch = OrderBookL1 {
                last_update_time,
                best_bid: best_bid.map(|level| field::level(bid, level)).transpose()?,
                best_ask: best_ask.map(|level| field::level(ask, level)).transpose()?,
            };
            let time = field::time_or("time_exchange", time_exchange, last_update_time)?;
            market(exchange, instrument, (time, time_received), DataKind::OrderBookL1(touch))
        })
    }

    /// A whole book: `bids` and `asks` are lists of (price, amount), `sequence` is the exchange's
    /// count of changes.
    #[staticmethod]
    #[pyo3(signature = (
        exchange, instrument, sequence, time_engine, bids, asks, time_exchange = None,
        time_received = None
    ))]
    fn market_order_book_snapshot(
        py: Python<'_>,
        exchange: Any<'_, '_>,
        instrument: Any<'_, '_>,
        sequence: Any<'_, '_>,
        time_engine: Option<Any<'_, '_>>,
        bids: Any<'_, '_>,
        asks: Any<'_, '_>,
        time_exchange: Option<Any<'_, '_>>,
        time_received: Option<Any<'_, '_>>,
    ) -> PyResult<Self> {
        built(py, || {
            let (book, time) = book(sequence, (time_engine, time_exchange), bids, asks)?;
            let kind = DataKind::OrderBook(OrderBookEvent::Snapshot(book));
            market(exchange, instrument, (time, time_received), kind)
        })
    }

    /// Levels of a book that changed, with their new amounts; 0 removes a level.
    #[staticmethod]
    #[pyo3(signature = (
        exchange, instrument, sequence, time_engine, bids, asks, time_exchange = None,
        time_received = None
    ))]
    fn market_order_book_update(
        py: Python<'_>,
        exchange: Any<'_, '_>,
        instrument: Any<'_, '_>,
        sequence: Any<'_, '_>,
        time_engine: Option<Any<'_, '_>>,
        bids: Any<'_, '_>,
        asks: Any<'_, '_>,
        time_exchange: Option<Any<'_, '_>>,
        time_received: Option<Any<'_, '_>>,
    ) -> PyResult<Self> {
        built(py, || {
            let (book, time) = book(sequence, (time_engine, time_exchange), bids, asks)?;
            let kind = DataKind::OrderBook(OrderBookEvent::Update(book));
            market(exchange, instrument, (time, time_received), kind)
        })
    }

    /// A candle that has closed.
    #[staticmethod]
    #[pyo3(signature = (
        exchange, instrument, time_exchange, close_time, open, high, low, close, volume,
        trade_count, time_received = None
    ))]
    fn market_candle(
        py: Python<'_>,
        exchange: Any<'_, '_>,
        instrument: Any<'_, '_>,
        time_exchange: Any<'_, '_>,
        close_time: Any<'_, '_>,
        open: Any<'_, '_>,
        high: Any<'_, '_>,
        low: Any<'_, '_>,
        close: Any<'_, '_>,
        volume: Any<'_, '_>,
        trade_count: Any<'_, '_>,
        time_received: Option<Any<'_, '_>>,
    ) -> PyResult<Self> {
        built(py, || {
            let candle = Candle {
                close_time: field::time("close_time", close_time)?,
                open: field::amount("open", open)?,
                high: field::amount("high", high)?,
                low: field::amount("low", low)?,
                close: field::amount("close", close)?,
                volume: field::amount("volume", volume)?,
                trade_count: field::count("trade_count", trade_count)?,
            };
            let time = field::time("time_exchange", time_exchange)?;
            market(exchange, instrument, (time, time_received), DataKind::Candle(candle))
        })
    }

    /// A position of somebody else that the exchange closed; `side` is that of the exchange's
    /// order.
    #[staticmethod]
    #[pyo3(signature = (
        exchange, instrument, price, quantity, side, time_exchange, time_received = None
    ))]
    fn market_liquidation(
        py: Python<'_>,
        exchange: Any<'_, '_>,
        instrument: Any<'_, '_>,
        price: Any<'_, '_>,
        quantity: Any<'_, '_>,
        side: Any<'_, '_>,
        time_exchange: Any<'_, '_>,
        time_received: Option<Any<'_, '_>>,
    ) -> PyResult<Self> {
        built(py, || {
            let time = field::time("time_exchange", time_exchange)?;
            let liquidation = Liquidation {
                side: names::side_from(side)?,
                price: field::amount("price", price)?,
                quantity: field::amount("quantity", quantity)?,
                time,
            };
            let kind = DataKind::Liquidation(liquidation);
            market(exchange, instrument, (time, time_received), kind)
        })
    }

    /// The connection to the market data of this exchange was lost.
    #[staticmethod]
    fn market_reconnecting(py: Python<'_>, exchange: Any<'_, '_>) -> PyResult<Self> {
        let lost = || Ok(EngineEvent::Market(Stream::Reconnecting(field::exchange(exchange)?)));
        built(py, lost)
    }

    /// The connection to our account at this exchange was lost.
    #[staticmethod]
    fn account_reconnecting(py: Python<'_>, exchange: Any<'_, '_>) -> PyResult<Self> {
        let lost = || Ok(EngineEvent::Account(Stream::Reconnecting(field::exchange(exchange)?)));
        built(py, lost)
    }

    /// All of our account at one exchange: an `execution.AccountSnapshot`, or a dict of Barter's.
    #[staticmethod]
    fn account_snapshot(py: Python<'_>, snapshot: Any<'_, '_>) -> PyResult<Self> {
        built(py, || {
            let text = object("snapshot", snapshot)?;
            let snapshot: AccountSnapshot = read_object("snapshot", &text)?;
            Ok(account(snapshot.exchange, AccountEventKind::Snapshot(snapshot)))
        })
    }

    /// One balance; `exchange` and `asset` are indices.
    #[staticmethod]
    fn account_balance_snapshot(
        py: Python<'_>,
        exchange: Any<'_, '_>,
        asset: Any<'_, '_>,
        total: Any<'_, '_>,
        free: Any<'_, '_>,
        time_exchange: Any<'_, '_>,
    ) -> PyResult<Self> {
        built(py, || {
            let balance = AssetBalance {
                asset: field::index("asset", asset)?,
                balance: Balance {
                    total: field::amount("total", total)?,
                    free: field::amount("free", free)?,
                },
                time_exchange: field::time("time_exchange", time_exchange)?,
            };
            let exchange = field::index("exchange", exchange)?;
            Ok(account(exchange, AccountEventKind::BalanceSnapshot(balance)))
        })
    }

    /// One order with its state: an `execution.OrderSnapshot`, or a dict of Barter's.
    #[staticmethod]
    fn account_order_snapshot(
        py: Python<'_>,
        exchange: Any<'_, '_>,
        snapshot: Any<'_, '_>,
    ) -> PyResult<Self> {
        built(py, || {
            let order = read_object("snapshot", &object("snapshot", snapshot)?)?;
            let exchange = field::index("exchange", exchange)?;
            Ok(account(exchange, AccountEventKind::OrderSnapshot(order)))
        })
    }

    /// An order of ours was cancelled, as `request`, an `OrderRequestCancel`, asked for.
    #[staticmethod]
    fn account_order_cancelled(
        py: Python<'_>,
        exchange: Any<'_, '_>,
        request: Any<'_, '_>,
        order_id: Any<'_, '_>,
        time_exchange: Any<'_, '_>,
    ) -> PyResult<Self> {
        built(py, || {
            let request = request
                .cast::<PyOrderRequestCancel>()
                .map_err(|_| field::wrong("request", "an OrderRequestCancel", request))?;
            let cancelled = Cancelled {
                id: field::name("order_id", order_id)?.to_owned(),
                time_exchange: field::time("time_exchange", time_exchange)?,
            };
            let key = request.get().0.key.clone();
            let response = OrderResponseCancel { key, state: Ok(cancelled) };
            let exchange = field::index("exchange", exchange)?;
            Ok(account(exchange, AccountEventKind::OrderCancelled(response)))
        })
    }

    /// A fill of one of our orders. `fees` is a number in quote or an `execution.AssetFees`,
    /// negative for a rebate.
    #[staticmethod]
    #[pyo3(signature = (
        exchange, instrument, strategy_id, order_id, trade_id, side, price, quantity,
        time_exchange, fees = None
    ))]
    fn account_trade(
        py: Python<'_>,
        exchange: Any<'_, '_>,
        instrument: Any<'_, '_>,
        strategy_id: Any<'_, '_>,
        order_id: Any<'_, '_>,
        trade_id: Any<'_, '_>,
        side: Any<'_, '_>,
        price: Any<'_, '_>,
        quantity: Any<'_, '_>,
        time_exchange: Any<'_, '_>,
        fees: Option<Any<'_, '_>>,
    ) -> PyResult<Self> {
        built(py, || {
            let trade = AccountTrade {
                id: field::text("trade_id", trade_id)?.to_owned(),
                order_id: field::text("order_id", order_id)?.to_owned(),
                instrument: field::index("instrument", instrument)?,
                strategy: field::text("strategy_id", strategy_id)?.to_owned(),
                time_exchange: field::time("time_exchange", time_exchange)?,
                side: names::side_from(side)?,
                price: field::amount("price", price)?,
                quantity: field::amount("quantity", quantity)?,
                fees: fees.map_or(Ok(AssetFees::default()), fees_of)?,
            };
            let exchange = field::index("exchange", exchange)?;
            Ok(account(exchange, AccountEventKind::Trade(trade)))
        })
    }

    /// An event from Barter's JSON. Unknown fields are ignored.
    #[staticmethod]
    fn from_json(py: Python<'_>, json: Any<'_, '_>) -> PyResult<Self> {
        built(py, || Ok(read("EngineEvent", field::text("json", json)?)?))
    }

    /// An event from Barter's JSON as a dict; numbers may be `Decimal`, times aware `datetime`.
    #[staticmethod]
    fn from_dict(py: Python<'_>, value: Any<'_, '_>) -> PyResult<Self> {
        built(py, || Ok(read_object("EngineEvent", &object("EngineEvent", value)?)?))
    }

    /// Barter's JSON, on one line.
    fn to_json(&self) -> PyResult<String> {
        Ok(write("EngineEvent", &self.0)?)
    }

    /// Barter's JSON as a dict: whole numbers as `int`, others as `Decimal`, times as text.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("barter_python._json")?.call_method1("loads", (self.to_json()?,))
    }

    /// The name of the constructor that makes such an event, such as "market_trade".
    #[getter]
    fn kind(&self) -> &'static str {
        payload::kind(&self.0)
    }

    /// What it says beside where and when: a value of `barter_python.data` or
    /// `barter_python.execution`, a list of requests, an `InstrumentFilter`, an `ExchangeId`, a
    /// bool; `None` for "shutdown". Times in it are to the microsecond.
    #[getter]
    fn payload<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        payload::of(py, &self.0)
    }

    /// True if nothing is processed after it.
    fn is_terminal(&self) -> bool {
        self.0.is_terminal()
    }

    /// Of market data and lost connections the `ExchangeId`, of an account its index, else `None`.
    #[getter]
    fn exchange<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match &self.0 {
            EngineEvent::Market(Stream::Item(event)) => names::exchange(py, event.exchange),
            EngineEvent::Account(Stream::Item(event)) => {
                return Ok(Some(event.exchange.into_pyobject(py)?.into_any()));
            }
            EngineEvent::Account(Stream::Reconnecting(exchange))
            | EngineEvent::Market(Stream::Reconnecting(exchange)) => names::exchange(py, *exchange),
            _ => return Ok(None),
        }
        .map(Some)
    }

    /// Index of the instrument; `None` for an event that is about none or several.
    #[getter]
    fn instrument(&self) -> Option<u32> {
        match &self.0 {
            EngineEvent::Market(Stream::Item(event)) => Some(event.instrument),
            EngineEvent::Account(Stream::Item(event)) => match &event.kind {
                AccountEventKind::OrderSnapshot(order) => Some(order.key.instrument),
                AccountEventKind::OrderCancelled(response) => Some(response.key.instrument),
                AccountEventKind::Trade(trade) => Some(trade.instrument),
                AccountEventKind::Snapshot(_) | AccountEventKind::BalanceSnapshot(_) => None,
            },
            _ => None,
        }
    }

    /// When it happened at the exchange, as an aware `datetime` to the microsecond; of an account's
    /// snapshot the last time in it; `None` if the event has no time.
    #[getter]
    fn time_exchange<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.time_exchange().map(|time| payload::moment(py, time)).transpose()
    }

    /// When it happened at the exchange, ns since 1970 UTC; `None` if the event has no time.
    #[getter]
    fn time_exchange_ns(&self) -> Option<i64> {
        self.0.time_exchange().map(Time::ns)
    }

    /// When it was received, as an aware `datetime`; `None` if it is no market data.
    #[getter]
    fn time_received<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.received().map(|time| payload::moment(py, time)).transpose()
    }

    /// When it was received, ns since 1970 UTC; `None` if it is no market data.
    #[getter]
    fn time_received_ns(&self) -> Option<i64> {
        self.received().map(Time::ns)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let made = py.import("barter_python._json")?.getattr("made")?;
        let arguments = ("EngineEvent", "from_json", self.to_json()?);
        (made, arguments).into_pyobject(py)
    }

    fn __repr__(&self) -> String {
        format!("<EngineEvent {}>", payload::told(&self.0))
    }
}

impl PyEngineEvent {
    fn received(&self) -> Option<Time> {
        match &self.0 {
            EngineEvent::Market(Stream::Item(event)) => Some(event.time_received),
            _ => None,
        }
    }
}

/// An event of fields from Python, checked.
fn built(py: Python<'_>, build: impl FnOnce() -> PyResult<EngineEvent>) -> PyResult<PyEngineEvent> {
    field::data(py, || {
        let event = build()?;
        event.check()?;
        Ok(PyEngineEvent(event))
    })
}

fn market(
    exchange: Any<'_, '_>,
    instrument: Any<'_, '_>,
    (time_exchange, time_received): (Time, Option<Any<'_, '_>>),
    kind: DataKind,
) -> PyResult<EngineEvent> {
    Ok(EngineEvent::Market(Stream::Item(MarketEvent {
        time_exchange,
        time_received: field::time_or("time_received", time_received, time_exchange)?,
        exchange: field::exchange(exchange)?,
        instrument: field::index("instrument", instrument)?,
        kind,
    })))
}

fn account(exchange: u32, kind: AccountEventKind) -> EngineEvent {
    EngineEvent::Account(Stream::Item(AccountEvent { exchange, kind }))
}

/// A book, and the time of the event that brings it.
fn book(
    sequence: Any<'_, '_>,
    (time_engine, time_exchange): (Option<Any<'_, '_>>, Option<Any<'_, '_>>),
    bids: Any<'_, '_>,
    asks: Any<'_, '_>,
) -> PyResult<(OrderBook, Time)> {
    let time_engine = time_engine.map(|time| field::time("time_engine", time)).transpose()?;
    let time = match (time_exchange, time_engine) {
        (Some(time), _) => field::time("time_exchange", time)?,
        (None, Some(time)) => time,
        (None, None) => return Err(field::fault("give one of time_engine and time_exchange")),
    };
    let sequence = field::count("sequence", sequence)?;
    let (bids, asks) = (field::levels("bids", bids)?, field::levels("asks", asks)?);
    Ok((OrderBook { sequence, time_engine, bids, asks }, time))
}

fn filter_of(filter: Option<Any<'_, '_>>) -> PyResult<InstrumentFilter> {
    let Some(filter) = filter else { return Ok(InstrumentFilter::None) };
    let own = filter.cast::<PyInstrumentFilter>();
    let own = own.map_err(|_| field::wrong("filter", "an InstrumentFilter", filter))?;
    Ok(own.get().0.clone())
}

/// A number in quote, or an object with `asset` and `fees`.
fn fees_of(value: Any<'_, '_>) -> PyResult<AssetFees> {
    let (Some(asset), Some(fees)) = (value.getattr_opt("asset")?, value.getattr_opt("fees")?)
    else {
        let fees: Decimal = field::amount("fees", value)?;
        return Ok(AssetFees { asset: None, fees });
    };
    let asset = if asset.is_none() { None } else { Some(field::index("fees.asset", &asset)?) };
    Ok(AssetFees { asset, fees: field::amount("fees.fees", &fees)? })
}

/// JSON text of a dict, or of an object that tells itself as one.
fn object(what: &str, value: Any<'_, '_>) -> PyResult<String> {
    let dict = match value.getattr_opt("to_dict")? {
        Some(told) => told.call0()?,
        None => value.clone(),
    };
    let text = value.py().import("barter_python._json")?.call_method1("dumps", (what, dict))?;
    text.extract()
}
