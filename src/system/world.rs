//! The assets, instruments and terms of a run, from its data and its cash.

use std::sync::Arc;

use super::backtest::Cash;
use crate::account::PricedBy;
use crate::context::{BookSource, World};
use crate::error::{Error, Result, did_you_mean, shown};
use crate::exchange::{ExchangeSettings, FeeAsset};
use crate::instrument::{ASSET_PLACES, Asset, AssetIndex, Instrument, InstrumentIndex, Spec};
use crate::market::{DataSet, Listing, MarketKind};
use crate::num::{Ratio, places_of};

/// Name of money whose asset nothing names.
const UNNAMED: &str = "quote";
/// Name of the exchange of a backtest.
const EXCHANGE: &str = "simulated";

/// Builds the world. Returns it with the asset of each amount of `cash`.
pub(super) fn build(
    data: &DataSet,
    cash: &[Cash],
    exchange: &ExchangeSettings,
) -> Result<(World, Vec<AssetIndex>)> {
    let mut assets: Vec<Asset> = Vec::new();
    let funded = funded(data, cash, &mut assets)?;
    let paid_in = match &exchange.fees.paid_in {
        FeeAsset::Other { name, .. } => {
            // The spelling of the cash stands.
            let known = assets.iter().find(|asset| asset.name.eq_ignore_ascii_case(name));
            let name = known.map_or_else(|| name.clone(), |asset| asset.name.clone());
            Some(index_of(&mut assets, &name, ASSET_PLACES))
        }
        FeeAsset::Quote | FeeAsset::Base => None,
    };
    let mut pairs = Vec::new();
    for listing in data.listings.iter() {
        let mut instrument = Instrument::clone(&listing.instrument);
        if instrument.quote.is_empty() {
            instrument.quote.clone_from(&assets[funded[0].at()].name);
        }
        let base_places = listing.quantity_scale + places_of(instrument.multiplier);
        let base = index_of(&mut assets, &instrument.base, base_places);
        let quote = index_of(&mut assets, &instrument.quote, ASSET_PLACES);
        pairs.push((Arc::new(instrument), (base, quote)));
    }
    let spec = |(listing, (instrument, pair)): (&Listing, (Arc<Instrument>, _))| {
        Spec::new(instrument, &assets, pair, (listing.price_scale, listing.quantity_scale))
    };
    let specs = data.listings.iter().zip(pairs).map(spec).collect::<Result<Vec<Spec>>>()?;
    check_funded(&assets, &funded, &specs, paid_in)?;
    let terms = |(at, spec)| exchange.terms(InstrumentIndex(at as u32), spec);
    let terms = specs.iter().enumerate().map(terms).collect::<Result<Vec<_>>>()?;
    let books = (0..specs.len()).map(|at| book(data, at)).collect();
    let currency = funded[0];
    let prices = |asset: usize| {
        let by = specs.iter().position(|spec| spec.base.at() == asset && spec.quote == currency);
        match (by, &exchange.fees.paid_in) {
            (Some(by), _) => PricedBy::Instrument(by),
            (None, FeeAsset::Other { price: Some(price), .. })
                if paid_in.is_some_and(|paid_in| paid_in.at() == asset)
                    && specs.iter().any(|spec| spec.quote == currency) =>
            {
                let [own, other] = [asset, currency.at()].map(|at| 10i128.pow(assets[at].places));
                let constant = Ratio::from_decimal(*price).checked_mul(Ratio::new(other, own));
                constant.map_or(PricedBy::Nothing, PricedBy::Constant)
            }
            _ => PricedBy::Nothing,
        }
    };
    let value_by = (0..assets.len()).map(prices).collect();
    let (exchanges, listed_on) = (vec![EXCHANGE.to_owned()], vec![0; specs.len()]);
    let world = World {
        assets,
        specs,
        terms,
        books,
        currency,
        value_by,
        exchanges,
        listed_on,
        limits: None,
    };
    Ok((world, funded))
}

/// The asset of each amount of cash, all different.
fn funded(data: &DataSet, cash: &[Cash], assets: &mut Vec<Asset>) -> Result<Vec<AssetIndex>> {
    let mut funded = Vec::new();
    for one in cash {
        let index = index_of(assets, &asset_name(data, one)?, ASSET_PLACES);
        if funded.contains(&index) {
            let name = &assets[index.at()].name;
            return Err(Error::Config(format!("cash: asset \"{}\" is given twice", shown(name))));
        }
        funded.push(index);
    }
    Ok(funded)
}

/// What shows the book of an instrument.
fn book(data: &DataSet, at: usize) -> BookSource {
    let has = |kind| data.streams_of(kind).any(|(_, stream)| stream.instrument.at() == at);
    match (has(MarketKind::MarketByOrder), has(MarketKind::Depth)) {
        (true, _) => BookSource::Orders { trades: !has(MarketKind::Trades) },
        (false, true) => BookSource::Depth,
        (false, false) => BookSource::None,
    }
}

/// The asset of an amount of cash: as given, else the one quote asset of the instruments.
fn asset_name(data: &DataSet, cash: &Cash) -> Result<String> {
    if let Some(asset) = &cash.asset {
        return Ok(asset.clone());
    }
    let mut quotes: Vec<&str> = Vec::new();
    for listing in data.listings.iter() {
        let quote = listing.instrument.quote.as_str();
        if !quote.is_empty() && !quotes.iter().any(|known| known.eq_ignore_ascii_case(quote)) {
            quotes.push(quote);
        }
    }
    match quotes[..] {
        [] => Ok(UNNAMED.to_owned()),
        [quote] => Ok(quote.to_owned()),
        _ => Err(Error::Config(format!(
            "cash: name its asset, like \"10_000 {}\"; the instruments are quoted in {}",
            quotes[0].to_lowercase(),
            quotes.join(", ")
        ))),
    }
}

/// The asset of this name, made if it is new. Names differ in more than case.
fn index_of(assets: &mut Vec<Asset>, name: &str, places: u32) -> AssetIndex {
    let known = assets.iter().position(|asset| asset.name.eq_ignore_ascii_case(name));
    let at = known.unwrap_or_else(|| {
        assets.push(Asset { name: name.to_owned(), places: ASSET_PLACES });
        assets.len() - 1
    });
    assets[at].places = assets[at].places.max(places);
    // The instruments' spelling stands.
    name.clone_into(&mut assets[at].name);
    AssetIndex(at as u32)
}

/// Cash in an asset that no instrument trades and no fee is paid in is a slip of the pen.
fn check_funded(
    assets: &[Asset],
    funded: &[AssetIndex],
    specs: &[Spec],
    paid_in: Option<AssetIndex>,
) -> Result<()> {
    for index in funded.iter().filter(|index| Some(**index) != paid_in) {
        if !specs.iter().any(|spec| spec.base == *index || spec.quote == *index) {
            let name = &assets[index.at()].name;
            let names = || specs.iter().map(|spec| spec.instrument.quote.as_str());
            return Err(Error::Config(format!(
                "cash: no instrument trades \"{}\"{}; they are quoted in {}",
                shown(name),
                did_you_mean(name, names()),
                names().collect::<Vec<_>>().join(", ")
            )));
        }
    }
    Ok(())
}
