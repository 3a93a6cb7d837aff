//! Which column of a source means what: the caller's word first, then the usual names.

use crate::error::{DataFault, Error, Result, did_you_mean, shown};
use crate::market::MarketKind;

/// What a column means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    /// Name in `columns={...}`, in messages and in the report.
    pub name: &'static str,
    /// True if rows mean nothing without it.
    pub required: bool,
    /// Names under which it is found; compared without case, blanks, `_`, `-` and `.`.
    usual: &'static [&'static str],
}

const fn needed(name: &'static str, usual: &'static [&'static str]) -> Role {
    Role { name, required: true, usual }
}

const fn optional(name: &'static str, usual: &'static [&'static str]) -> Role {
    Role { name, required: false, usual }
}

const TIME: Role = optional(
    "time",
    &[
        "time",
        "ts",
        "timestamp",
        "date",
        "datetime",
        "tsevent",
        "tsvenue",
        "exchts",
        "timeexchange",
        "exchangetime",
        "exchangetimestamp",
        "eventtime",
        "transacttime",
        "tradetime",
        "tsexchange",
        "tsns",
        "timens",
        "timems",
        "tsms",
        "timestampns",
        "timestampms",
        "venuetime",
        "timestamputc",
    ],
);
const RECEIVED: Role = optional(
    "received",
    &[
        "received",
        "tslocal",
        "localts",
        "tsrecv",
        "receivetime",
        "receivedtime",
        "timereceived",
        "tsinit",
        "localtimestamp",
        "receivedtimestamp",
        "receivets",
        "localtime",
        "recvtime",
        "receivedat",
        "tsreceived",
    ],
);
const PRICE: Role = needed("price", &["price", "px", "p", "tradeprice", "lastprice"]);
const QUANTITY: Role = needed(
    "quantity",
    &["quantity", "qty", "size", "amount", "q", "sz", "volume", "vol", "tradesize"],
);
const SIDE: &[&str] = &["side", "aggressor", "aggressorside", "takerside", "direction"];

const CANDLES: &[Role] = &[
    TIME,
    optional("open_time", &["opentime", "opentimestamp", "starttime", "tsopen", "start"]),
    optional("close_time", &["closetime", "closetimestamp", "endtime", "tsclose", "end"]),
    RECEIVED,
    needed("open", &["open", "o", "openprice", "openpx"]),
    needed("high", &["high", "h", "highprice", "highpx", "max"]),
    needed("low", &["low", "l", "lowprice", "lowpx", "min"]),
    needed("close", &["close", "c", "closeprice", "closepx"]),
    optional("volume", &["volume", "vol", "v", "qty", "quantity", "basevolume", "volumebase"]),
];
const QUOTES: &[Role] = &[
    TIME,
    RECEIVED,
    needed("bid", &["bid", "bidpx", "bidprice", "bestbid", "bestbidprice", "bidpx00", "b"]),
    needed(
        "bid_quantity",
        &[
            "bidquantity",
            "bidqty",
            "bidsize",
            "bidamount",
            "bidvolume",
            "bestbidqty",
            "bestbidquantity",
            "bestbidsize",
            "bestbidamount",
            "bidsz00",
            "bidsz",
        ],
    ),
    needed("ask", &["ask", "askpx", "askprice", "bestask", "bestaskprice", "askpx00", "a"]),
    needed(
        "ask_quantity",
        &[
            "askquantity",
            "askqty",
            "asksize",
            "askamount",
            "askvolume",
            "bestaskqty",
            "bestaskquantity",
            "bestasksize",
            "bestaskamount",
            "asksz00",
            "asksz",
        ],
    ),
];
const TRADES: &[Role] = &[
    TIME,
    RECEIVED,
    PRICE,
    QUANTITY,
    optional("side", SIDE),
    optional("is_buyer_maker", &["isbuyermaker", "buyermaker", "buyerismaker"]),
    optional("id", &["id", "tradeid", "aggtradeid", "tid"]),
];
const DEPTH: &[Role] = &[
    TIME,
    RECEIVED,
    needed("side", &["side", "bookside"]),
    PRICE,
    QUANTITY,
    optional("snapshot", &["snapshot", "issnapshot"]),
    optional("action", &["action", "updatetype"]),
];
const MARKET_BY_ORDER: &[Role] = &[
    TIME,
    RECEIVED,
    needed("action", &["action", "type", "event", "eventtype", "msgtype", "messagetype"]),
    needed("order_id", &["orderid", "order", "id", "oid", "orderref", "orderreferencenumber"]),
    needed("side", &["side", "bookside"]),
    PRICE,
    QUANTITY,
];

/// The columns that a kind of rows can have.
pub fn roles(kind: MarketKind) -> &'static [Role] {
    match kind {
        MarketKind::Candles => CANDLES,
        MarketKind::Quotes => QUOTES,
        MarketKind::Trades => TRADES,
        MarketKind::Depth => DEPTH,
        MarketKind::MarketByOrder => MARKET_BY_ORDER,
    }
}

/// What was found: for each role of the kind the source's name of it.
#[derive(Clone, Debug)]
pub struct Mapping {
    kind: MarketKind,
    found: Vec<Option<String>>,
}

impl Mapping {
    /// No column at all.
    pub(crate) fn nothing(kind: MarketKind) -> Self {
        Self { kind, found: vec![None; roles(kind).len()] }
    }

    /// The source's name of a role.
    pub fn get(&self, role: &str) -> Option<&str> {
        let at = roles(self.kind).iter().position(|known| known.name == role)?;
        self.found[at].as_deref()
    }

    /// Role and source name of each column found.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let named = roles(self.kind).iter().zip(&self.found);
        named.filter_map(|(role, name)| Some((role.name, name.as_deref()?)))
    }

    /// Takes a role away.
    pub(crate) fn forget(&mut self, role: &str) {
        if let Some(at) = roles(self.kind).iter().position(|known| known.name == role) {
            self.found[at] = None;
        }
    }
}

/// Finds the columns of `kind` among `names`; `given` is the caller's `columns={role: name}`.
pub fn find(kind: MarketKind, names: &[String], given: &[(String, String)]) -> Result<Mapping> {
    let roles = roles(kind);
    for (at, name) in names.iter().enumerate() {
        if names[..at].contains(name) {
            let text = "two columns have this name; names must be unique";
            return Err(DataFault::new(text).in_column(name).into());
        }
    }
    check_given(kind, names, given)?;
    let taken: Vec<&str> = given.iter().map(|(_, name)| name.as_str()).collect();
    let mut found = Vec::new();
    for role in roles {
        if let Some((_, name)) = given.iter().find(|(key, _)| key == role.name) {
            found.push(Some(name.clone()));
            continue;
        }
        let fits = |name: &&String| {
            !taken.contains(&name.as_str()) && role.usual.contains(&plain(name).as_str())
        };
        let candidates: Vec<&String> = names.iter().filter(fits).collect();
        match candidates[..] {
            [] => found.push(None),
            [one] => found.push(Some(one.clone())),
            [one, two, ..] => return Err(ambiguous(role.name, one, two)),
        }
    }
    let mut mapping = Mapping { kind, found };
    settle_times(&mut mapping, given)?;
    let missing: Vec<&str> = roles
        .iter()
        .filter(|role| role.required && mapping.get(role.name).is_none())
        .map(|role| role.name)
        .chain((!has_time(&mapping)).then_some("time"))
        .collect();
    if missing.is_empty() {
        return Ok(mapping);
    }
    Err(DataFault::new(format!(
        "missing: {}; found: {}; map with columns={{\"{}\": \"your column\"}}",
        missing.join(", "),
        listed(names),
        missing[0]
    ))
    .into())
}

/// Candles may have several times: one of them counts.
fn settle_times(mapping: &mut Mapping, given: &[(String, String)]) -> Result<()> {
    let is_given = |role: &str| given.iter().any(|(key, _)| key == role);
    for role in ["time", "open_time", "close_time"] {
        if is_given(role) {
            for other in ["time", "open_time", "close_time"] {
                if other != role && !is_given(other) {
                    mapping.forget(other);
                }
            }
        }
    }
    if mapping.get("open_time").is_some() {
        mapping.forget("close_time");
    }
    if let (Some(one), Some(two)) =
        (mapping.get("time"), mapping.get("open_time").or(mapping.get("close_time")))
    {
        return Err(ambiguous("time", one, two));
    }
    Ok(())
}

fn has_time(mapping: &Mapping) -> bool {
    ["time", "open_time", "close_time", "received"].iter().any(|role| mapping.get(role).is_some())
}

fn check_given(kind: MarketKind, names: &[String], given: &[(String, String)]) -> Result<()> {
    let known = || roles(kind).iter().map(|role| role.name);
    for (key, name) in given {
        if !known().any(|role| role == key) {
            return Err(Error::Config(format!(
                "columns: unknown key \"{}\"{}; {} know {}",
                shown(key),
                did_you_mean(key, known()),
                kind.name(),
                known().collect::<Vec<_>>().join(", ")
            )));
        }
        if !names.contains(name) {
            return Err(DataFault::new(format!(
                "columns: there is no column \"{}\"{}; found: {}",
                shown(name),
                did_you_mean(name, names.iter().map(String::as_str)),
                listed(names)
            ))
            .into());
        }
    }
    Ok(())
}

fn ambiguous(role: &str, one: &str, two: &str) -> Error {
    DataFault::new(format!(
        "{role}: both \"{}\" and \"{}\" could be meant; \
         say which with columns={{\"{role}\": \"{}\"}}",
        shown(one),
        shown(two),
        shown(one)
    ))
    .into()
}

fn listed(names: &[String]) -> String {
    let mut text = names.iter().take(20).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    if names.len() > 20 {
        text.push_str(", …");
    }
    text
}

/// A name as the usual names are compared.
pub fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, ' ' | '_' | '-' | '.'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// True if a column of this name would be taken for a time.
pub fn means_time(name: &str) -> bool {
    let name = plain(name);
    let times = [CANDLES[0], CANDLES[1], CANDLES[2], RECEIVED];
    times.iter().any(|role| role.usual.contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn usual_names_are_found_however_written() {
        for text in ["ts Open HIGH low close Volume", "Date O h L c", "open-time o h l c vol"] {
            let mapping = find(MarketKind::Candles, &names(text), &[]).expect(text);
            assert!(mapping.get("high").is_some(), "{text}");
        }
        let quotes =
            names("time_exchange time_received bid_price bid_quantity ask_price ask_quantity");
        let mapping = find(MarketKind::Quotes, &quotes, &[]).expect("quotes");
        assert_eq!(mapping.get("received"), Some("time_received"));
    }

    #[test]
    fn what_is_missing_or_twice_is_named() {
        let said = |text: &str, given: &[(&str, &str)]| {
            let given: Vec<_> = given.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
            find(MarketKind::Candles, &names(text), &given).expect_err(text).to_string()
        };
        let text = said("ts open high low", &[]);
        assert_eq!(
            text,
            "missing: close; found: ts, open, high, low; \
             map with columns={\"close\": \"your column\"}"
        );
        assert!(said("ts date o h l c", &[]).contains("both \"ts\" and \"date\""));
        assert!(said("ts o h l c", &[("volumne", "o")]).contains("did you mean \"volume\"?"));
        assert!(said("ts o h l c", &[("time", "tz")]).contains("did you mean \"ts\"?"));
    }
}
