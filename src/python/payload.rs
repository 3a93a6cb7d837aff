//! What an event says, as values of `barter_python.data` and `barter_python.execution`.

use pyo3::call::PyCallArgs;
use pyo3::prelude::*;

use super::names;
use super::request::{
    PyInstrumentFilter, PyOrderKey, PyOrderRequestCancel, PyOrderRequestOpen, kind_name, life_of,
};
use crate::system::message::{
    AccountEvent, AccountEventKind, AccountSnapshot, AccountTrade, ActiveOrderState, AssetBalance,
    Candle, Command, DataKind, EngineEvent, InactiveOrderState, InstrumentFilter, Level,
    Liquidation, MarketEvent, Open, OrderBook, OrderBookEvent, OrderBookL1, OrderError,
    OrderResponseCancel, OrderSnapshot, OrderState, PublicTrade, Stream, write,
};
use crate::time::Time;

type Object<'py> = PyResult<Bound<'py, PyAny>>;

/// The name of the constructor that makes such an event.
pub(super) const fn kind(event: &EngineEvent) -> &'static str {
    match event {
        EngineEvent::Shutdown => "shutdown",
        EngineEvent::TradingStateUpdate(_) => "trading_state",
        EngineEvent::Account(Stream::Reconnecting(_)) => "account_reconnecting",
        EngineEvent::Account(Stream::Item(event)) => match &event.kind {
            AccountEventKind::Snapshot(_) => "account_snapshot",
            AccountEventKind::BalanceSnapshot(_) => "account_balance_snapshot",
            AccountEventKind::OrderSnapshot(_) => "account_order_snapshot",
            AccountEventKind::OrderCancelled(_) => "account_order_cancelled",
            AccountEventKind::Trade(_) => "account_trade",
        },
        EngineEvent::Market(Stream::Reconnecting(_)) => "market_reconnecting",
        EngineEvent::Market(Stream::Item(event)) => match &event.kind {
            DataKind::Trade(_) => "market_trade",
            DataKind::OrderBookL1(_) => "market_order_book_l1",
            DataKind::OrderBook(OrderBookEvent::Snapshot(_)) => "market_order_book_snapshot",
            DataKind::OrderBook(OrderBookEvent::Update(_)) => "market_order_book_update",
            DataKind::Candle(_) => "market_candle",
            DataKind::Liquidation(_) => "market_liquidation",
        },
        EngineEvent::Command(Command::SendCancelRequests(_)) => "send_cancel_requests",
        EngineEvent::Command(Command::SendOpenRequests(_)) => "send_open_requests",
        EngineEvent::Command(Command::ClosePositions(_)) => "close_positions",
        EngineEvent::Command(Command::CancelOrders(_)) => "cancel_orders",
    }
}

/// What it says beside where and when.
pub(super) fn of<'py>(py: Python<'py>, event: &EngineEvent) -> Object<'py> {
    match event {
        EngineEvent::Shutdown => Ok(py.None().into_bound(py)),
        EngineEvent::TradingStateUpdate(enabled) => {
            Ok(enabled.into_pyobject(py)?.to_owned().into_any())
        }
        EngineEvent::Account(Stream::Reconnecting(exchange))
        | EngineEvent::Market(Stream::Reconnecting(exchange)) => names::exchange(py, *exchange),
        EngineEvent::Account(Stream::Item(event)) => account(py, event),
        EngineEvent::Market(Stream::Item(event)) => market(py, event),
        EngineEvent::Command(command) => match command {
            Command::SendCancelRequests(requests) => {
                let requests = requests.iter().cloned().map(PyOrderRequestCancel);
                Ok(requests.collect::<Vec<_>>().into_pyobject(py)?.into_any())
            }
            Command::SendOpenRequests(requests) => {
                let requests = requests.iter().cloned().map(PyOrderRequestOpen);
                Ok(requests.collect::<Vec<_>>().into_pyobject(py)?.into_any())
            }
            Command::ClosePositions(filter) | Command::CancelOrders(filter) => {
                Ok(PyInstrumentFilter(filter.clone()).into_pyobject(py)?.into_any())
            }
        },
    }
}

/// A moment as an aware `datetime`, to the microsecond.
pub(super) fn moment(py: Python<'_>, time: Time) -> Object<'_> {
    py.import("barter_python._sheets")?.call_method1("moment", (time.ns(),))
}

fn market<'py>(py: Python<'py>, event: &MarketEvent) -> Object<'py> {
    match &event.kind {
        DataKind::Trade(PublicTrade { id, price, amount, side }) => {
            data(py, "PublicTrade", (id, *price, *amount, names::side(py, *side)?))
        }
        DataKind::OrderBookL1(OrderBookL1 { last_update_time, best_bid, best_ask }) => {
            let [bid, ask] = [best_bid, best_ask];
            let bid = bid.map(|one| level(py, one)).transpose()?;
            let ask = ask.map(|one| level(py, one)).transpose()?;
            data(py, "OrderBookL1", (moment(py, *last_update_time)?, bid, ask))
        }
        DataKind::OrderBook(event) => {
            let OrderBook { sequence, time_engine, bids, asks } = event.book();
            let time = time_engine.map(|time| moment(py, time)).transpose()?;
            let side = |levels: &[Level]| {
                levels.iter().map(|one| level(py, *one)).collect::<PyResult<Vec<_>>>()
            };
            let class = match event {
                OrderBookEvent::Snapshot(_) => "OrderBook",
                OrderBookEvent::Update(_) => "OrderBookUpdate",
            };
            data(py, class, (*sequence, time, side(bids)?, side(asks)?))
        }
        DataKind::Candle(candle) => {
            let Candle { close_time, open, high, low, close, volume, trade_count } = candle;
            let time = moment(py, *close_time)?;
            data(py, "Candle", (time, *open, *high, *low, *close, *volume, *trade_count))
        }
        DataKind::Liquidation(Liquidation { side, price, quantity, time }) => {
            let side = names::side(py, *side)?;
            data(py, "Liquidation", (side, *price, *quantity, moment(py, *time)?))
        }
    }
}

fn level(py: Python<'_>, level: Level) -> Object<'_> {
    data(py, "Level", (level.price, level.amount))
}

fn account<'py>(py: Python<'py>, event: &AccountEvent) -> Object<'py> {
    match &event.kind {
        AccountEventKind::Snapshot(snapshot) => all(py, snapshot),
        AccountEventKind::BalanceSnapshot(one) => balance(py, one),
        AccountEventKind::OrderSnapshot(one) => order(py, one),
        AccountEventKind::OrderCancelled(OrderResponseCancel { key, state }) => {
            let state = match state {
                Ok(done) => {
                    execution(py, "Cancelled", (&done.id, moment(py, done.time_exchange)?))?
                }
                Err(error) => failure(error)?.into_pyobject(py)?.into_any(),
            };
            execution(py, "OrderResponseCancel", (PyOrderKey(key.clone()), state))
        }
        AccountEventKind::Trade(trade) => {
            let AccountTrade { id, order_id, instrument, strategy, .. } = trade;
            let fees = execution(py, "AssetFees", (trade.fees.asset, trade.fees.fees))?;
            let time = moment(py, trade.time_exchange)?;
            let (price, quantity) = (trade.price, trade.quantity);
            let side = names::side(py, trade.side)?;
            let fields = (id, order_id, *instrument, strategy, time, side, price, quantity, fees);
            execution(py, "AccountTrade", fields)
        }
    }
}

fn all<'py>(py: Python<'py>, snapshot: &AccountSnapshot) -> Object<'py> {
    let balances = snapshot.balances.iter().map(|one| balance(py, one));
    let instruments = snapshot.instruments.iter().map(|instrument| {
        let orders = instrument.orders.iter().map(|one| order(py, one));
        let orders = orders.collect::<PyResult<Vec<_>>>()?;
        execution(py, "InstrumentAccountSnapshot", (instrument.instrument, orders))
    });
    let balances = balances.collect::<PyResult<Vec<_>>>()?;
    let instruments = instruments.collect::<PyResult<Vec<_>>>()?;
    execution(py, "AccountSnapshot", (snapshot.exchange, balances, instruments))
}

fn balance<'py>(py: Python<'py>, one: &AssetBalance) -> Object<'py> {
    let amounts = execution(py, "Balance", (one.balance.total, one.balance.free))?;
    execution(py, "AssetBalance", (one.asset, amounts, moment(py, one.time_exchange)?))
}

fn order<'py>(py: Python<'py>, order: &OrderSnapshot) -> Object<'py> {
    let (life, post_only) = life_of(order.time_in_force);
    let key = PyOrderKey(order.key.clone());
    let side = names::side(py, order.side)?;
    let kind = names::kind(py, kind_name(order.kind))?;
    let state = state(py, &order.state)?;
    let fields = (key, side, order.price, order.quantity, kind, life, state, post_only);
    execution(py, "OrderSnapshot", fields)
}

fn state<'py>(py: Python<'py>, state: &OrderState) -> Object<'py> {
    let open = |open: &Open| {
        execution(py, "Open", (&open.id, moment(py, open.time_exchange)?, open.filled_quantity))
    };
    match state {
        OrderState::Active(ActiveOrderState::OpenInFlight(_)) => execution(py, "OpenInFlight", ()),
        OrderState::Active(ActiveOrderState::Open(order)) => open(order),
        OrderState::Active(ActiveOrderState::CancelInFlight(cancel)) => {
            let order = cancel.order.as_ref().map(open).transpose()?;
            execution(py, "CancelInFlight", (order,))
        }
        OrderState::Inactive(InactiveOrderState::Cancelled(done)) => {
            execution(py, "Cancelled", (&done.id, moment(py, done.time_exchange)?))
        }
        OrderState::Inactive(InactiveOrderState::FullyFilled) => execution(py, "FullyFilled", ()),
        OrderState::Inactive(InactiveOrderState::Expired) => execution(py, "Expired", ()),
        OrderState::Inactive(InactiveOrderState::OpenFailed(error)) => {
            execution(py, "OpenFailed", (failure(error)?,))
        }
    }
}

/// Why a request came to nothing, as Barter's JSON says it.
fn failure(error: &OrderError) -> PyResult<String> {
    Ok(write("error", error)?)
}

fn data<'py>(py: Python<'py>, class: &str, fields: impl PyCallArgs<'py>) -> Object<'py> {
    py.import("barter_python.data")?.getattr(class)?.call1(fields)
}

fn execution<'py>(py: Python<'py>, class: &str, fields: impl PyCallArgs<'py>) -> Object<'py> {
    py.import("barter_python.execution")?.getattr(class)?.call1(fields)
}

/// An event in a few words.
pub(super) fn told(event: &EngineEvent) -> String {
    let kind = kind(event);
    match event {
        EngineEvent::Shutdown => kind.to_owned(),
        EngineEvent::TradingStateUpdate(enabled) => {
            format!("{kind} {}", if *enabled { "enabled" } else { "disabled" })
        }
        EngineEvent::Account(Stream::Reconnecting(exchange))
        | EngineEvent::Market(Stream::Reconnecting(exchange)) => format!("{kind} {exchange}"),
        EngineEvent::Account(Stream::Item(account)) => {
            let time = event.time_exchange().map_or(String::new(), |time| format!(" {time}"));
            format!("{kind} exchange {}{}{time}", account.exchange, happened(account))
        }
        EngineEvent::Market(Stream::Item(event)) => {
            let MarketEvent { exchange, instrument, time_exchange, .. } = event;
            format!("{kind} {exchange} {instrument}: {} {time_exchange}", seen(event))
        }
        EngineEvent::Command(Command::SendCancelRequests(requests)) => {
            format!("{kind} ({} requests)", requests.len())
        }
        EngineEvent::Command(Command::SendOpenRequests(requests)) => {
            format!("{kind} ({} requests)", requests.len())
        }
        EngineEvent::Command(Command::ClosePositions(filter) | Command::CancelOrders(filter)) => {
            format!("{kind} {}", listed(filter))
        }
    }
}

fn listed(filter: &InstrumentFilter) -> String {
    let text = match filter {
        InstrumentFilter::None => "of all".to_owned(),
        InstrumentFilter::Exchanges(list) => format!("of exchanges {list:?}"),
        InstrumentFilter::Instruments(list) => format!("of instruments {list:?}"),
        InstrumentFilter::Underlyings(pairs) => format!("of underlyings {pairs:?}"),
    };
    crate::error::shown(&text)
}

fn seen(event: &MarketEvent) -> String {
    match &event.kind {
        DataKind::Trade(trade) => {
            format!("{} {} @ {}", trade.side.name(), trade.amount, trade.price)
        }
        DataKind::OrderBookL1(touch) => {
            let side = |level: &Option<Level>| {
                level.map_or("none".to_owned(), |level| {
                    format!("{} × {}", level.amount, level.price)
                })
            };
            format!("{} / {}", side(&touch.best_bid), side(&touch.best_ask))
        }
        DataKind::OrderBook(event) => {
            let book = event.book();
            format!("{} bids, {} asks", book.bids.len(), book.asks.len())
        }
        DataKind::Candle(candle) => {
            format!("{} {} {} {}", candle.open, candle.high, candle.low, candle.close)
        }
        DataKind::Liquidation(one) => {
            format!("{} {} @ {}", one.side.name(), one.quantity, one.price)
        }
    }
}

fn happened(event: &AccountEvent) -> String {
    let named = |cid: &str| format!(": order \"{}\"", crate::error::shown(cid));
    match &event.kind {
        AccountEventKind::Snapshot(snapshot) => {
            format!(": {} balances", snapshot.balances.len())
        }
        AccountEventKind::BalanceSnapshot(one) => {
            format!(": asset {} total {} free {}", one.asset, one.balance.total, one.balance.free)
        }
        AccountEventKind::OrderSnapshot(order) => named(&order.key.cid),
        AccountEventKind::OrderCancelled(response) => named(&response.key.cid),
        AccountEventKind::Trade(trade) => {
            let (instrument, side) = (trade.instrument, trade.side.name());
            format!(": instrument {instrument} {side} {} @ {}", trade.quantity, trade.price)
        }
    }
}
