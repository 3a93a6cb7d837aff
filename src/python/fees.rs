//! `Fees`: what a venue charges beyond two rates.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use rust_decimal::Decimal;

use super::exchange::{amount, fee, pair};
use crate::account::AccountKind;
use crate::error::{Error, shown};
use crate::exchange::{FeeAsset, FeeTier, Fees};
use crate::instrument::check_name;

/// What an exchange charges for each fill: rate × notional + `per_contract` × quantity + `flat`.
///
/// * `maker`, `taker` - rates such as "0.1%" or 0.001, of orders that rested and that took;
///   negative for a rebate. `taker` defaults to `maker`; 0 if an amount or `tiers` are given.
/// * `flat` - for each fill, in quote, >= 0.
/// * `per_contract` - for each contract (unit of quantity), in quote, >= 0.
/// * `tiers` - rows of (notional from, maker, taker), ascending, the first from 0: they stand for
///   the rates. The notional is what was traded in quote in the 30 days before a fill, this run
///   only; instruments of one quote asset count together.
/// * `asset` - "quote"; "base": taken from what a buy receives, a sell pays in quote (cash accounts
///   only); or the name of another asset, at its price. Where that balance is short, the whole fee
///   of the fill is paid in quote, and if that is short too, out of the base that the buy receives.
/// * `price` - what one unit of that other asset is worth in quote, > 0, where the run has no
///   market of it.
///
/// Raises `ConfigError` for a value out of range.
#[pyclass(name = "Fees", module = "barter_python", frozen, eq, hash)]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PyFees(pub(super) Fees);

type Row<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>);

fn tier(row: &Row<'_>) -> PyResult<FeeTier> {
    Ok(FeeTier {
        from: amount("fees: tier from", &row.0)?,
        maker: fee("fees: maker", &row.1)?,
        taker: fee("fees: taker", &row.2)?,
    })
}

/// The rows of a ladder.
fn ladder(tiers: &Bound<'_, PyAny>) -> PyResult<Vec<FeeTier>> {
    let rows: Vec<Row<'_>> = tiers.extract().map_err(|_| {
        let seen = shown(&tiers.repr().map_or("?".to_owned(), |text| text.to_string()));
        let text = format!("fees: tiers must be rows of (notional from, maker, taker), got {seen}");
        Error::Config(text)
    })?;
    rows.iter().map(tier).collect()
}

fn paid_in(asset: &str, price: Option<Decimal>) -> Result<FeeAsset, Error> {
    let own = match asset {
        "quote" => FeeAsset::Quote,
        "base" => FeeAsset::Base,
        name => {
            check_name("fees: asset", name)?;
            return Ok(FeeAsset::Other { name: name.to_owned(), price });
        }
    };
    if price.is_some() {
        let text = format!("fees: price is that of another asset; fees in {asset} need none");
        return Err(Error::Config(text));
    }
    Ok(own)
}

#[pymethods]
impl PyFees {
    #[new]
    #[pyo3(signature = (
        maker = None, taker = None, *, flat = None, per_contract = None, tiers = None,
        asset = "quote", price = None
    ))]
    #[allow(clippy::too_many_arguments)] // one per setting
    fn new(
        maker: Option<&Bound<'_, PyAny>>,
        taker: Option<&Bound<'_, PyAny>>,
        flat: Option<&Bound<'_, PyAny>>,
        per_contract: Option<&Bound<'_, PyAny>>,
        tiers: Option<&Bound<'_, PyAny>>,
        asset: &str,
        price: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let tiers = tiers.map_or_else(|| Ok(Vec::new()), ladder)?;
        let say = |text: &str| Err(Error::Config(format!("fees: {text}")).into());
        if !tiers.is_empty() && (maker.is_some() || taker.is_some()) {
            return say("tiers stand for the rates; leave out maker and taker");
        }
        if maker.is_none() && (taker.is_some() || tiers.is_empty()) {
            if taker.is_some() {
                return say("taker is given without maker");
            }
            if flat.is_none() && per_contract.is_none() {
                return say("say what is charged, like Fees(\"0.1%\"); Fees(0) is nothing");
            }
        }
        let rate = |what, value: Option<&Bound<'_, PyAny>>, default| {
            value.map_or(Ok(default), |value| fee(what, value))
        };
        let of = |what, value: Option<&Bound<'_, PyAny>>| {
            value.map(|value| amount(what, value)).transpose()
        };
        let first = tiers.first().copied();
        let maker = rate("fees: maker", maker, first.map_or(Decimal::ZERO, |first| first.maker))?;
        let fees = Fees {
            maker: maker.normalize(),
            taker: rate("fees: taker", taker, first.map_or(maker, |first| first.taker))?
                .normalize(),
            flat: of("fees: flat", flat)?.unwrap_or_default().normalize(),
            per_contract: of("fees: per_contract", per_contract)?.unwrap_or_default().normalize(),
            tiers,
            paid_in: paid_in(asset, of("fees: price", price)?)?,
        };
        // Whether base can pay is seen when the account is known.
        fees.check(AccountKind::Cash)?;
        Ok(Self(fees))
    }

    /// Rate of orders that rested; with tiers the first.
    #[getter]
    fn maker(&self) -> Decimal {
        self.0.maker
    }

    /// Rate of orders that took; with tiers the first.
    #[getter]
    fn taker(&self) -> Decimal {
        self.0.taker
    }

    /// For each fill, in quote.
    #[getter]
    fn flat(&self) -> Decimal {
        self.0.flat
    }

    /// For each contract, in quote.
    #[getter]
    fn per_contract(&self) -> Decimal {
        self.0.per_contract
    }

    /// Rows of (notional from, maker, taker).
    #[getter]
    fn tiers(&self) -> Vec<(Decimal, Decimal, Decimal)> {
        self.0.tiers.iter().map(|tier| (tier.from, tier.maker, tier.taker)).collect()
    }

    /// "quote", "base" or the name of another asset.
    #[getter]
    fn asset(&self) -> &str {
        match &self.0.paid_in {
            FeeAsset::Quote => "quote",
            FeeAsset::Base => "base",
            FeeAsset::Other { name, .. } => name,
        }
    }

    /// What one unit of that other asset is worth in quote, if that was said.
    #[getter]
    fn price(&self) -> Option<Decimal> {
        match &self.0.paid_in {
            FeeAsset::Other { price, .. } => *price,
            FeeAsset::Quote | FeeAsset::Base => None,
        }
    }

    pub(super) fn __repr__(&self) -> String {
        let Fees { maker, taker, flat, per_contract, tiers, .. } = &self.0;
        let mut fields = Vec::new();
        if tiers.is_empty() {
            fields.extend([format!("'{maker}'"), format!("'{taker}'")]);
        }
        for (name, value) in [("flat", flat), ("per_contract", per_contract)] {
            if !value.is_zero() {
                fields.push(format!("{name}='{value}'"));
            }
        }
        if !tiers.is_empty() {
            let row = |tier: &FeeTier| {
                let FeeTier { from, maker, taker } = tier;
                format!("('{from}', '{maker}', '{taker}')")
            };
            let rows: Vec<String> = tiers.iter().map(row).collect();
            fields.push(format!("tiers=[{}]", rows.join(", ")));
        }
        if self.0.paid_in != FeeAsset::Quote {
            fields.push(format!("asset={:?}", self.asset()));
        }
        if let Some(price) = self.price() {
            fields.push(format!("price='{price}'"));
        }
        format!("Fees({})", fields.join(", "))
    }

    fn __getnewargs_ex__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        let fields = PyDict::new(py);
        if self.0.tiers.is_empty() {
            fields.set_item("maker", self.0.maker)?;
            fields.set_item("taker", self.0.taker)?;
        } else {
            fields.set_item("tiers", self.tiers())?;
        }
        fields.set_item("flat", self.0.flat)?;
        fields.set_item("per_contract", self.0.per_contract)?;
        fields.set_item("asset", self.asset())?;
        fields.set_item("price", self.price())?;
        Ok((PyTuple::empty(py), fields))
    }
}

/// What a caller may say of fees: `Fees`, a rate, or a pair of rates.
pub(super) fn given(value: &Bound<'_, PyAny>) -> PyResult<Fees> {
    if let Ok(fees) = value.cast::<PyFees>() {
        return Ok(fees.get().0.clone());
    }
    let (maker, taker) = pair("fees", value)?;
    Ok(Fees::rates(fee("fees: maker", &maker)?, fee("fees: taker", &taker)?))
}
