//! Laws of messages: what is written is read again, what is wrong is named.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::market::Side;
use crate::time::Time;

/// Any number of up to 28 digits, at any place of the point.
fn number() -> impl Strategy<Value = Decimal> {
    let digits = -(10i128.pow(28) - 1)..10i128.pow(28);
    (digits, 0u32..=28).prop_map(|(digits, scale)| Decimal::from_i128_with_scale(digits, scale))
}

fn time() -> impl Strategy<Value = Time> {
    (0..=i64::MAX).prop_map(Time)
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn exchange() -> impl Strategy<Value = ExchangeId> {
    prop::sample::select(ExchangeId::ALL)
}

fn name() -> impl Strategy<Value = String> {
    any::<String>()
}

fn level() -> impl Strategy<Value = Level> {
    (number(), number()).prop_map(|(price, amount)| Level { price, amount })
}

fn book() -> impl Strategy<Value = OrderBook> {
    let sides = (vec(level(), 0..4), vec(level(), 0..4));
    (any::<u64>(), option::of(time()), sides).prop_map(|(sequence, time_engine, (bids, asks))| {
        OrderBook { sequence, time_engine, bids, asks }
    })
}

fn candle() -> impl Strategy<Value = Candle> {
    let prices = [number(), number(), number(), number(), number()];
    (time(), prices, any::<u64>()).prop_map(|(close_time, numbers, trade_count)| {
        let [open, high, low, close, volume] = numbers;
        Candle { close_time, open, high, low, close, volume, trade_count }
    })
}

fn data() -> impl Strategy<Value = DataKind> {
    let trade = (name(), number(), number(), side())
        .prop_map(|(id, price, amount, side)| PublicTrade { id, price, amount, side });
    let touch = (time(), option::of(level()), option::of(level())).prop_map(
        |(last_update_time, best_bid, best_ask)| OrderBookL1 {
            last_update_time,
            best_bid,
            best_ask,
        },
    );
    let liquidation = (side(), number(), number(), time())
        .prop_map(|(side, price, quantity, time)| Liquidation { side, price, quantity, time });
    prop_oneof![
        trade.prop_map(DataKind::Trade),
        touch.prop_map(DataKind::OrderBookL1),
        book().prop_map(|book| DataKind::OrderBook(OrderBookEvent::Snapshot(book))),
        book().prop_map(|book| DataKind::OrderBook(OrderBookEvent::Update(book))),
        candle().prop_map(DataKind::Candle),
        liquidation.prop_map(DataKind::Liquidation),
    ]
}

fn market() -> impl Strategy<Value = MarketEvent> {
    (time(), time(), exchange(), any::<u32>(), data()).prop_map(
        |(time_exchange, time_received, exchange, instrument, kind)| MarketEvent {
            time_exchange,
            time_received,
            exchange,
            instrument,
            kind,
        },
    )
}

fn key() -> impl Strategy<Value = OrderKey> {
    (any::<u32>(), any::<u32>(), name(), name()).prop_map(
        |(exchange, instrument, strategy, cid)| OrderKey { exchange, instrument, strategy, cid },
    )
}

fn terms() -> impl Strategy<Value = RequestOpen> {
    let kind = prop_oneof![Just(OrderKind::Market), Just(OrderKind::Limit)];
    let time_in_force = prop_oneof![
        any::<bool>().prop_map(|post_only| TimeInForce::GoodUntilCancelled { post_only }),
        Just(TimeInForce::GoodUntilEndOfDay),
        Just(TimeInForce::FillOrKill),
        Just(TimeInForce::ImmediateOrCancel),
    ];
    (side(), number(), number(), kind, time_in_force).prop_map(
        |(side, price, quantity, kind, time_in_force)| RequestOpen {
            side,
            price,
            quantity,
            kind,
            time_in_force,
        },
    )
}

fn failure() -> impl Strategy<Value = OrderError> {
    use {ApiError as Api, ConnectivityError as Lost};
    let lost = prop_oneof![
        exchange().prop_map(Lost::ExchangeOffline),
        Just(Lost::Timeout),
        name().prop_map(Lost::Socket),
    ];
    let told = || (any::<u32>(), name());
    let refused = prop_oneof![
        told().prop_map(|(asset, text)| Api::AssetInvalid(asset, text)),
        told().prop_map(|(instrument, text)| Api::InstrumentInvalid(instrument, text)),
        Just(Api::RateLimit),
        told().prop_map(|(asset, text)| Api::BalanceInsufficient(asset, text)),
        name().prop_map(Api::OrderRejected),
        Just(Api::OrderAlreadyCancelled),
        Just(Api::OrderAlreadyFullyFilled),
    ];
    prop_oneof![lost.prop_map(OrderError::Connectivity), refused.prop_map(OrderError::Rejected)]
}

fn cancelled() -> impl Strategy<Value = Cancelled> {
    (name(), time()).prop_map(|(id, time_exchange)| Cancelled { id, time_exchange })
}

fn order() -> impl Strategy<Value = OrderSnapshot> {
    let open = || {
        (name(), time(), number()).prop_map(|(id, time_exchange, filled_quantity)| Open {
            id,
            time_exchange,
            filled_quantity,
        })
    };
    let cancel = option::of(open())
        .prop_map(|order| ActiveOrderState::CancelInFlight(CancelInFlight { order }));
    let active = prop_oneof![
        Just(ActiveOrderState::OpenInFlight(OpenInFlight)),
        open().prop_map(ActiveOrderState::Open),
        cancel,
    ];
    let inactive = prop_oneof![
        cancelled().prop_map(InactiveOrderState::Cancelled),
        Just(InactiveOrderState::FullyFilled),
        failure().prop_map(InactiveOrderState::OpenFailed),
        Just(InactiveOrderState::Expired),
    ];
    let state =
        prop_oneof![active.prop_map(OrderState::Active), inactive.prop_map(OrderState::Inactive)];
    (key(), terms(), state).prop_map(|(key, terms, state)| {
        let RequestOpen { side, price, quantity, kind, time_in_force } = terms;
        OrderSnapshot { key, side, price, quantity, kind, time_in_force, state }
    })
}

fn account() -> impl Strategy<Value = AccountEvent> {
    let balance = || {
        (any::<u32>(), number(), number(), time()).prop_map(|(asset, total, free, time)| {
            AssetBalance { asset, balance: Balance { total, free }, time_exchange: time }
        })
    };
    let orders = (any::<u32>(), vec(order(), 0..3))
        .prop_map(|(instrument, orders)| InstrumentAccountSnapshot { instrument, orders });
    let snapshot = (any::<u32>(), vec(balance(), 0..3), vec(orders, 0..3)).prop_map(
        |(exchange, balances, instruments)| AccountSnapshot { exchange, balances, instruments },
    );
    let response = (key(), prop_oneof![cancelled().prop_map(Ok), failure().prop_map(Err)])
        .prop_map(|(key, state)| OrderResponseCancel { key, state });
    let fees = (option::of(any::<u32>()), number());
    let names = (name(), name(), name(), any::<u32>());
    let trade = (names, time(), side(), number(), number(), fees).prop_map(
        |((id, order_id, strategy, instrument), time_exchange, side, price, quantity, fees)| {
            let fees = AssetFees { asset: fees.0, fees: fees.1 };
            let (price, quantity) = (price, quantity);
            AccountTrade {
                id,
                order_id,
                instrument,
                strategy,
                time_exchange,
                side,
                price,
                quantity,
                fees,
            }
        },
    );
    let kind = prop_oneof![
        snapshot.prop_map(AccountEventKind::Snapshot),
        balance().prop_map(AccountEventKind::BalanceSnapshot),
        order().prop_map(AccountEventKind::OrderSnapshot),
        response.prop_map(AccountEventKind::OrderCancelled),
        trade.prop_map(AccountEventKind::Trade),
    ];
    (any::<u32>(), kind).prop_map(|(exchange, kind)| AccountEvent { exchange, kind })
}

fn filter() -> impl Strategy<Value = InstrumentFilter> {
    let indices = || vec(any::<u32>(), 0..4);
    let pairs = vec(any::<(u32, u32)>(), 0..4);
    prop_oneof![
        Just(InstrumentFilter::None),
        indices().prop_map(InstrumentFilter::Exchanges),
        indices().prop_map(InstrumentFilter::Instruments),
        pairs.prop_map(InstrumentFilter::Underlyings),
    ]
}

fn event() -> impl Strategy<Value = EngineEvent> {
    let opens = vec((key(), terms()), 0..3).prop_map(|requests| {
        let open = |(key, state)| OrderRequestOpen { key, state };
        Command::SendOpenRequests(requests.into_iter().map(open).collect())
    });
    let cancels = vec((key(), option::of(name())), 0..3).prop_map(|requests| {
        let cancel = |(key, id)| OrderRequestCancel { key, state: RequestCancel { id } };
        Command::SendCancelRequests(requests.into_iter().map(cancel).collect())
    });
    let command = prop_oneof![
        opens,
        cancels,
        filter().prop_map(Command::ClosePositions),
        filter().prop_map(Command::CancelOrders),
    ];
    prop_oneof![
        Just(EngineEvent::Shutdown),
        any::<bool>().prop_map(EngineEvent::TradingStateUpdate),
        account().prop_map(|event| EngineEvent::Account(Stream::Item(event))),
        exchange().prop_map(|lost| EngineEvent::Account(Stream::Reconnecting(lost))),
        market().prop_map(|event| EngineEvent::Market(Stream::Item(event))),
        exchange().prop_map(|lost| EngineEvent::Market(Stream::Reconnecting(lost))),
        command.prop_map(EngineEvent::Command),
    ]
}

proptest! {
    /// What is written is read again as the same event, whatever its numbers, times and names.
    #[test]
    fn events_survive_their_text(event in event()) {
        let text = write("event", &event).expect("every event can be written");
        let back: EngineEvent = read("event", &text).expect("what is written can be read");
        prop_assert_eq!(&back, &event);
        prop_assert_eq!(write("event", &back).expect("again"), text);
    }

    /// No text makes the reader do anything but answer.
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = read::<EngineEvent>("event", &text);
    }
}

const TRADE: &str = r#"{"Market": {"Item": {"time_exchange": "2026-02-03T08:00:00.250Z",
    "time_received": "2026-02-03T09:00:00.311+01:00", "exchange": "kraken", "instrument": 0,
    "extra": [{}],
    "kind": {"Trade": {"id": "k-1", "price": 71250.5, "amount": 0.02, "side": "SELL"}}}}}"#;

fn event_of(text: &str) -> EngineEvent {
    read("event", text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refusal(text: &str) -> String {
    read::<EngineEvent>("event", text).expect_err(text).to_string()
}

#[test]
fn a_trade_as_barter_writes_it() {
    let EngineEvent::Market(Stream::Item(event)) = event_of(TRADE) else { panic!("a trade") };
    let DataKind::Trade(trade) = &event.kind else { panic!("a trade") };
    assert_eq!(event.time_exchange, Time(1_770_105_600_250_000_000));
    assert_eq!(event.time_received, Time(1_770_105_600_311_000_000));
    assert_eq!((event.exchange, event.instrument), (ExchangeId::Kraken, 0));
    assert_eq!((trade.id.as_str(), trade.side), ("k-1", Side::Sell));
    assert_eq!(trade.price, Decimal::new(712_505, 1));
    let text = write("event", &EngineEvent::Market(Stream::Item(event))).expect("text");
    assert_eq!(
        text,
        r#"{"Market":{"Item":{"time_exchange":"2026-02-03T08:00:00.25Z","#.to_owned()
            + r#""time_received":"2026-02-03T08:00:00.311Z","exchange":"kraken","instrument":0,"#
            + r#""kind":{"Trade":{"id":"k-1","price":71250.5,"amount":0.02,"side":"Sell"}}}}}"#
    );
}

#[test]
fn numbers_and_their_text_are_the_same() {
    let text = TRADE.replace("71250.5", "\"71250.50\"").replace("0.02", "2e-2");
    assert_eq!(event_of(&text), event_of(TRADE));
    let exact = TRADE.replace("71250.5", "1234567890123456789.123456789");
    assert!(write("event", &event_of(&exact)).is_ok_and(|t| t.contains("6789.123456789")));
}

#[test]
fn equal_events_are_equal_text() {
    let text = TRADE.replace("71250.5", "71250.5000").replace("0.02", "\"2.0E-2\"");
    assert_eq!(write("event", &event_of(&text)).ok(), write("event", &event_of(TRADE)).ok());
}

#[test]
fn both_forms_of_everything_that_has_two() {
    for (one, other) in [
        (
            r#"{"Command": {"CancelOrders": {"Instruments": {"One": 3}}}}"#,
            r#"{"Command": {"CancelOrders": {"Instruments": {"Many": [3]}}}}"#,
        ),
        (
            r#"{"Command": {"ClosePositions": {"Underlyings": {"One": {"base": 0, "quote": 1}}}}}"#,
            r#"{"Command": {"ClosePositions": {"Underlyings":
            {"Many": [{"base": 0, "quote": 1}]}}}}"#,
        ),
        (r#"{"Market": {"Reconnecting": "huobi"}}"#, r#"{"Market": {"Reconnecting": "htx"}}"#),
        (
            r#"{"Command": {"SendCancelRequests": {"One": {"key": {"exchange": 0, "instrument": 1,
            "strategy": "s", "cid": "c"}, "state": {"id": null}}}}}"#,
            r#"{"Command": {"SendCancelRequests": {"Many": [{"key": {"exchange": 0, "instrument": 1,
            "strategy": "s", "cid": "c"}, "state": {}}]}}}"#,
        ),
        (
            &book_text(r#"{"side": null, "levels": [{"price": "1", "amount": 2}]}"#),
            &book_text(r#"{"levels": [{"price": 1.0, "amount": "2"}]}"#),
        ),
    ] {
        assert_eq!(event_of(one), event_of(other));
    }
}

fn book_text(bids: &str) -> String {
    format!(
        r#"{{"Market": {{"Item": {{"time_exchange": "2026-02-03T08:00:00Z",
        "time_received": "2026-02-03T08:00:00Z", "exchange": "okx", "instrument": 7,
        "kind": {{"OrderBook": {{"Update": {{"sequence": 9, "time_engine": null,
        "bids": {bids}, "asks": {{"levels": []}}}}}}}}}}}}}}"#
    )
}

#[test]
fn words_as_barter_writes_them() {
    for (event, text) in [
        (EngineEvent::Shutdown, r#"{"Shutdown":null}"#),
        (EngineEvent::TradingStateUpdate(true), r#"{"TradingStateUpdate":"Enabled"}"#),
        (
            EngineEvent::Command(Command::ClosePositions(InstrumentFilter::None)),
            r#"{"Command":{"ClosePositions":"None"}}"#,
        ),
    ] {
        assert_eq!(write("event", &event).ok().as_deref(), Some(text));
    }
    let tif = TimeInForce::GoodUntilCancelled { post_only: true };
    let written = write("time in force", &tif).expect("text");
    assert_eq!(written, r#"{"GoodUntilCancelled":{"post_only":true}}"#);
    let state = OrderState::Active(ActiveOrderState::OpenInFlight(OpenInFlight));
    let written = write("state", &state).expect("text");
    assert_eq!(written, r#"{"Active":{"OpenInFlight":null}}"#);
}

#[test]
fn what_is_malformed_is_named() {
    for (good, bad, parts) in [
        ("71250.5", "null", vec!["kind.Trade.price", "null", "a number or its text", "line 4"]),
        ("71250.5", "\"1,5\"", vec!["kind.Trade.price", "\"1,5\" not understood"]),
        ("71250.5", "{\"a\": 1}", vec!["kind.Trade.price", "object"]),
        ("71250.5", "1e400", vec!["kind.Trade.price", "1e+400", "out of range"]),
        ("0.02", "[]", vec!["kind.Trade.amount", "list"]),
        ("\"SELL\"", "\"Sel\"", vec!["kind.Trade.side", "\"Sel\"", "did you mean \"SELL\"?"]),
        ("\"Trade\"", "\"Trad\"", vec!["kind", "\"Trad\"", "did you mean \"Trade\"?"]),
        ("\"kraken\"", "\"Kraken\"", vec!["Item.exchange", "did you mean \"kraken\"?"]),
        ("\"kraken\"", "1", vec!["Item.exchange", "integer \"1\""]),
        (
            "\"instrument\": 0",
            "\"instrument\": -1",
            vec!["Item.instrument", "\"-1\"", "whole number"],
        ),
        ("\"price\": 71250.5, ", "", vec!["kind.Trade", "missing field \"price\""]),
        ("08:00:00.250Z", "08:00:00.250", vec!["Item.time_exchange", "no zone"]),
        ("\"2026-02-03T08:00:00.250Z\"", "1770105600", vec!["time_exchange", "with a zone"]),
        ("\"2026-02-03T08:00:00.250Z\"", "\"noon\"", vec!["time_exchange", "\"noon\""]),
        ("\"Market\"", "\"Markt\"", vec!["event", "\"Markt\"", "did you mean \"Market\"?"]),
        ("\"SELL\"", "5", vec!["kind.Trade.side", "no value that is allowed"]),
        ("{\"Trade\": {", "{\"Trade\": 5, \"x\": {", vec!["kind.Trade", "expected an object"]),
        ("}}}}}", "}}}}", vec!["event", "ends within", "line 4"]),
        ("}}}}}", "}}}}} x", vec!["event", "more follows"]),
    ] {
        assert!(TRADE.contains(good), "{good}");
        let told = refusal(&TRADE.replacen(good, bad, 1));
        for part in parts {
            assert!(told.contains(part), "{bad}: \"{part}\" is not in: {told}");
        }
        assert!(!told.contains("$serde"), "{told}");
    }
}

#[test]
fn a_name_where_an_object_belongs_and_the_other_way_round() {
    for (text, told) in [
        (r#""Shutdown""#, "a name, expected an object of one field"),
        (r#"{"Shutdown": 1}"#, "Shutdown: invalid type: integer \"1\", expected null"),
        (r#"{"Command": {"CancelOrders": {"None": 1}}}"#, "CancelOrders"),
        (
            r#"{"Command": {"SendOpenRequests": {"One": 5}}}"#,
            "expected an object: OrderRequestOpen",
        ),
    ] {
        assert!(refusal(text).contains(told), "{}", refusal(text));
    }
}

#[test]
fn what_breaks_a_rule_is_named() {
    for (good, bad, told) in [
        ("71250.5", "0", "price must be > 0, got 0"),
        ("71250.5", "-1.5", "price must be > 0, got -1.5"),
        ("0.02", "0", "amount must be > 0, got 0"),
    ] {
        let event = event_of(&TRADE.replace(good, bad));
        assert_eq!(event.check().expect_err(bad).to_string(), told);
    }
    let gone = event_of(&book_text(r#"{"levels": [{"price": 1, "amount": 0}]}"#));
    assert!(gone.check().is_ok());
    let wrong = event_of(&book_text(r#"{"levels": [{"price": 1, "amount": -2}]}"#));
    let told = wrong.check().expect_err("a negative amount").to_string();
    assert_eq!(told, "bids[0].amount must be >= 0, got -2");
    let [one, two, three] = [1, 2, 3].map(Decimal::from);
    let candle = |open, high, low, close| {
        let (close_time, volume, trade_count) = (Time(0), Decimal::ZERO, 0);
        let candle = Candle { close_time, open, high, low, close, volume, trade_count };
        candle.check().map_err(|error| error.to_string())
    };
    assert_eq!(candle(one, two, one, two), Ok(()));
    assert_eq!(candle(three, two, one, one), Err("high must be >= open 3, got 2".to_owned()));
    assert_eq!(candle(two, three, two, one), Err("low must be <= close 1, got 2".to_owned()));
    let balance = Balance { total: one, free: two };
    let told = balance.check().expect_err("more free than there is").to_string();
    assert_eq!(told, "free must be <= total 1, got 2");
}

#[test]
fn size_and_depth_have_a_limit() {
    let deep =
        |depth: usize| format!("{{\"Shutdown\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(refusal(&deep(64)).contains("may be 64 deep"));
    assert!(refusal(&deep(1_000_000)).contains("may be 64 deep"));
    assert!(refusal(&deep(63)).contains("Shutdown"));
    let quoted = TRADE.replace("k-1", &format!("\\\"{}\\\\", "[".repeat(100)));
    assert_eq!(event_of(&quoted).check().map_err(|error| error.to_string()), Ok(()));
    let limits = Limits { bytes: 10, depth: 64 };
    let told = read_within::<EngineEvent>("event", TRADE, limits).expect_err("long").to_string();
    assert!(told.contains("may have 10 bytes"), "{told}");
    let long = refusal(&format!("{{\"{}\": 1}}", "x".repeat(1_000_000)));
    assert!(long.len() < 1_000, "{}", long.len());
}

#[test]
fn every_exchange_has_its_name() {
    for id in ExchangeId::ALL {
        assert_eq!(ExchangeId::parse(id.name()).ok(), Some(*id));
    }
    let python = include_str!("../../../python/barter_python/_enums.py");
    let class = python.split("class ExchangeId").nth(1).unwrap_or_default();
    let members: Vec<&str> = class
        .lines()
        .filter_map(|line| line.split_once(" = \""))
        .map(|(_, name)| name.trim_end_matches('"'))
        .collect();
    let names: Vec<&str> = ExchangeId::ALL.iter().map(|id| id.name()).collect();
    assert_eq!(members, names, "the enumeration in Python has the same members");
    assert_eq!(ExchangeId::parse("huobi").ok(), Some(ExchangeId::Htx));
    let told = ExchangeId::parse("BinanceSpot").expect_err("CamelCase").to_string();
    assert_eq!(told, "unknown exchange \"BinanceSpot\", did you mean \"binance_spot\"?");
}

#[test]
fn a_filter_matches_what_it_lists() {
    let matches = |filter: InstrumentFilter| filter.matches(1, 2, (3, 4));
    assert!(matches(InstrumentFilter::None));
    assert!(matches(InstrumentFilter::Exchanges(vec![0, 1])));
    assert!(!matches(InstrumentFilter::Exchanges(vec![2, 3, 4])));
    assert!(matches(InstrumentFilter::Instruments(vec![2])));
    assert!(!matches(InstrumentFilter::Instruments(vec![])));
    assert!(matches(InstrumentFilter::Underlyings(vec![(0, 0), (3, 4)])));
    assert!(!matches(InstrumentFilter::Underlyings(vec![(4, 3)])));
}
