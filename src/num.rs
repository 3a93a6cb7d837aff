//! Integers for prices, quantities and money; exact ratios between them; decimals at the border.
//!
//! A price is an `i64` count of `10^-scale` of the quote asset, a quantity an `i64` count of
//! `10^-scale` of the base asset (or contracts). Money is an `i128` count of `10^-places` of its
//! asset: every posting is rounded once to that unit, so a balance is a plain sum of integers and
//! exact by construction.

use rust_decimal::Decimal;

use crate::error::{Error, Result, shown};

/// Powers of ten that fit an `i64`.
pub const POW10: [i64; 19] = {
    let mut table = [1i64; 19];
    let mut k = 1;
    while k < 19 {
        table[k] = table[k - 1] * 10;
        k += 1;
    }
    table
};

/// Largest number of decimal places of a price or quantity.
pub const MAX_SCALE: u32 = 12;

/// Largest magnitude of a raw price or quantity; leaves room for sums and for the midpoint of two.
pub const MAX_RAW: i64 = i64::MAX / 8;

/// Largest magnitude of an amount of money in its smallest unit: what a `Decimal` can show.
pub const MAX_MONEY: i128 = (1 << 96) - 1;

/// `numerator / denominator`, half to even.
///
/// `denominator` must be positive.
#[inline]
pub fn div_half_even(numerator: i128, denominator: i128) -> i128 {
    debug_assert!(denominator > 0, "a denominator is positive");
    if denominator == 1 {
        return numerator;
    }
    let quotient = numerator.div_euclid(denominator);
    let twice = numerator.rem_euclid(denominator) * 2;
    match twice.cmp(&denominator) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + (quotient & 1),
    }
}

/// The multiples of a step, told from other numbers without a division.
///
/// Times the inverse of its odd part modulo 2^64, and turned by its twos, a multiple is how often
/// the step goes into it. Both are one-to-one on 64 bits, so all other numbers become more than any
/// multiple does (Granlund and Montgomery, "Division by Invariant Integers using Multiplication",
/// 1994).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multiples {
    inverse: u64,
    twos: u32,
    most: u64,
}

impl Multiples {
    /// Multiples of `step`.
    ///
    /// # Panics
    ///
    /// If `step` is not positive.
    pub const fn of(step: i64) -> Self {
        assert!(step > 0, "a step is positive");
        let twos = step.trailing_zeros();
        let odd = (step as u64) >> twos;
        // Newton's method doubles the number of right bits: 3, 6, 12, 24, 48, 96.
        let (mut inverse, mut bits) = (odd, 3);
        while bits < 64 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse)));
            bits *= 2;
        }
        Self { inverse, twos, most: u64::MAX / step as u64 }
    }

    /// How often the step goes into `value`; for what is no multiple more than for any that is.
    #[inline]
    pub const fn count(self, value: u64) -> u64 {
        value.wrapping_mul(self.inverse).rotate_right(self.twos)
    }

    /// True if `value` is a multiple of the step.
    #[inline]
    pub const fn contain(self, value: i64) -> bool {
        self.count(value.unsigned_abs()) <= self.most
    }

    /// How many of `values` are not multiples.
    pub fn misses(self, values: &[i64]) -> u64 {
        values.iter().map(|value| u64::from(!self.contain(*value))).sum()
    }
}

/// An exact positive factor, kept in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ratio {
    numerator: i128,
    denominator: i128,
}

impl Ratio {
    /// The factor zero.
    pub const ZERO: Self = Self { numerator: 0, denominator: 1 };

    /// The factor one.
    pub const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// `numerator / denominator` in lowest terms. The numerator may be negative (a rebate).
    pub fn new(numerator: i128, denominator: i128) -> Self {
        assert!(denominator > 0, "a denominator is positive");
        let divisor = gcd(numerator.unsigned_abs(), denominator.unsigned_abs()).max(1) as i128;
        Self { numerator: numerator / divisor, denominator: denominator / divisor }
    }

    /// The exact value of a decimal.
    pub fn from_decimal(value: Decimal) -> Self {
        Self::new(value.mantissa(), 10i128.pow(value.scale()))
    }

    /// The product of two ratios, `None` when it does not fit.
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        // Cross-cancel first, so that the product stays as small as it can be.
        let a = Self::new(self.numerator, other.denominator);
        let b = Self::new(other.numerator, self.denominator);
        Some(Self {
            numerator: a.numerator.checked_mul(b.numerator)?,
            denominator: a.denominator.checked_mul(b.denominator)?,
        })
    }

    /// `self / other`, `None` when it does not fit. `other` must be positive.
    pub fn checked_div(self, other: Self) -> Option<Self> {
        assert!(other.numerator > 0, "a divisor is positive");
        let inverse = Self { numerator: other.denominator, denominator: other.numerator };
        self.checked_mul(inverse)
    }

    /// `amount × numerator`; most are narrow enough for one multiplication.
    #[inline]
    fn product(self, amount: i128) -> Option<i128> {
        match (i64::try_from(amount), i64::try_from(self.numerator)) {
            (Ok(amount), Ok(numerator)) => Some(i128::from(amount) * i128::from(numerator)),
            _ => amount.checked_mul(self.numerator),
        }
    }

    /// `amount × self`, rounded half to even; `None` when it does not fit.
    #[inline]
    pub fn scale(self, amount: i128) -> Option<i128> {
        let product = self.product(amount)?;
        Some(div_half_even(product, self.denominator))
    }

    /// `amount × self`, rounded away from zero for positive amounts (what a lock must cover).
    #[inline]
    pub fn scale_up(self, amount: i128) -> Option<i128> {
        let product = self.product(amount)?;
        if self.denominator == 1 {
            return Some(product);
        }
        let quotient = product.div_euclid(self.denominator);
        Some(quotient + i128::from(product.rem_euclid(self.denominator) != 0))
    }

    /// `amount × self` towards minus infinity, held at the range of an `i64`.
    pub fn scale_floor(self, amount: i128) -> i128 {
        self.floor(amount).min(i128::from(i64::MAX))
    }

    /// `amount × self` towards minus infinity: what a limit allows of money. Never above it; where
    /// the product has more digits than fit, the last of the ratio's do not count.
    pub fn floor(self, amount: i128) -> i128 {
        let (mut numerator, mut denominator) = (self.numerator, self.denominator);
        loop {
            match amount.checked_mul(numerator) {
                Some(product) => return product.div_euclid(denominator),
                None if denominator < 10 => {
                    return amount.saturating_mul(numerator).div_euclid(denominator);
                }
                None => {
                    numerator = numerator.div_euclid(10);
                    denominator = denominator / 10 + i128::from(denominator % 10 != 0);
                }
            }
        }
    }

    /// Numerator and denominator, in lowest terms.
    pub const fn parts(self) -> (i128, i128) {
        (self.numerator, self.denominator)
    }

    /// The whole number that this is, if it is one.
    pub fn whole(self) -> Option<i128> {
        (self.denominator == 1).then_some(self.numerator)
    }

    /// True below zero.
    pub fn is_negative(self) -> bool {
        self.numerator < 0
    }

    /// As a decimal: exact if it was one, else to 28 digits.
    pub fn to_decimal(self) -> Decimal {
        let [numerator, denominator] = [self.numerator, self.denominator]
            .map(|part| Decimal::try_from_i128_with_scale(part, 0));
        match (numerator, denominator) {
            (Ok(numerator), Ok(denominator)) => (numerator / denominator).normalize(),
            _ => Decimal::MAX,
        }
    }

    /// As a float, for figures.
    pub fn to_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

/// Greatest common divisor; `gcd(0, n) = n`.
pub fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The largest step of which both are multiples.
pub fn common_step(a: Decimal, b: Decimal) -> Decimal {
    let scale = a.scale().max(b.scale());
    let raw = |value: Decimal| value.mantissa().unsigned_abs() * 10u128.pow(scale - value.scale());
    let step = gcd(raw(a), raw(b)) as i128;
    Decimal::from_i128_with_scale(step, scale).normalize()
}

/// Decimal places that `value` needs, trailing zeros aside.
pub fn places_of(value: Decimal) -> u32 {
    value.normalize().scale()
}

/// A raw integer at `scale` as an exact decimal.
pub fn decimal(raw: i64, scale: u32) -> Decimal {
    Decimal::from_i128_with_scale(i128::from(raw), scale).normalize()
}

/// Money in its smallest unit as an exact decimal. The caller keeps `|raw| <= MAX_MONEY`.
pub fn money(raw: i128, places: u32) -> Decimal {
    Decimal::try_from_i128_with_scale(raw, places).unwrap_or(Decimal::MAX).normalize()
}

/// A raw integer at `scale` as the nearest float.
#[inline]
pub fn to_f64(raw: i64, scale: u32) -> f64 {
    raw as f64 / POW10[scale as usize] as f64
}

/// The raw integer of an exact decimal at `scale`; `None` if it has more places or does not fit.
pub fn from_decimal(value: Decimal, scale: u32) -> Option<i64> {
    let value = value.normalize();
    let up = scale.checked_sub(value.scale())?;
    let raw = value.mantissa().checked_mul(10i128.checked_pow(up)?)?;
    i64::try_from(raw).ok().filter(|raw| raw.unsigned_abs() <= MAX_RAW.unsigned_abs())
}

/// Reads a number from text: optional sign, digits with underscores between them, a point, an
/// exponent.
///
/// At most 28 significant digits. `what` names the field in the error. No comma, no unit, no blanks
/// inside.
pub fn parse_decimal(what: &str, text: &str) -> Result<Decimal> {
    let trimmed = text.trim();
    let bad = || {
        Error::Order(format!(
            "{what}: number text \"{}\" not understood; write it like \"1.5\"",
            shown(text)
        ))
    };
    let range =
        || Error::Order(format!("{what}: number \"{}\" out of range (28 digits)", shown(text)));
    if trimmed.is_empty() || !trimmed.is_ascii() {
        return Err(bad());
    }
    if trimmed.len() > 64 {
        return Err(range());
    }
    let bytes = trimmed.as_bytes();
    let misplaced = |i: usize| {
        let digit = |k: Option<usize>| k.and_then(|k| bytes.get(k)).is_some_and(u8::is_ascii_digit);
        !(digit(i.checked_sub(1)) && digit(Some(i + 1)))
    };
    if bytes.iter().enumerate().any(|(i, byte)| *byte == b'_' && misplaced(i)) {
        return Err(bad());
    }
    let digits: String = trimmed.chars().filter(|c| *c != '_').collect();
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| bad())?),
        None => (digits.as_str(), 0),
    };
    let plain = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let shape = plain.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && plain.bytes().filter(|b| *b == b'.').count() <= 1
        && plain.bytes().any(|b| b.is_ascii_digit());
    if !shape {
        return Err(bad());
    }
    if !(-28..=28).contains(&exponent) {
        return Err(range());
    }
    let value = Decimal::from_str_exact(mantissa).map_err(|_| range())?;
    if exponent == 0 {
        return Ok(value);
    }
    // Shift the point by hand: exact, and an overflow is an error, not a rounding.
    let scale = i64::from(value.scale()) - i64::from(exponent);
    let shifted = if scale < 0 {
        let up = 10i128.pow(u32::try_from(-scale).map_err(|_| range())?);
        let raw = value.mantissa().checked_mul(up).ok_or_else(range)?;
        Decimal::try_from_i128_with_scale(raw, 0)
    } else {
        Decimal::try_from_i128_with_scale(
            value.mantissa(),
            u32::try_from(scale).map_err(|_| range())?,
        )
    };
    shifted.map_err(|_| range())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_limit_allows_is_never_above_it() {
        let part = |text: &str| Ratio::from_decimal(text.parse().expect("a number"));
        assert_eq!(part("0.3").floor(11), 3);
        let rich = 10i128.pow(23);
        assert_eq!(part("5").floor(rich), 5 * rich);
        let fine = part("0.0020000000000000000000000001").floor(rich);
        assert!((rich / 1000 * 2 - 1..=rich / 1000 * 2 + 1).contains(&fine), "{fine}");
        assert_eq!(part("7000000000000000000000000000").floor(rich), i128::MAX);
    }

    #[test]
    fn half_to_even() {
        let rounded: Vec<i128> = (-5..=5).map(|n| div_half_even(n, 2)).collect();
        assert_eq!(rounded, [-2, -2, -2, -1, 0, 0, 0, 1, 2, 2, 2].map(i128::from));
        assert_eq!(div_half_even(7, 4), 2);
        assert_eq!(div_half_even(-7, 4), -2);
    }

    #[test]
    fn decimal_text() {
        let read = |text| parse_decimal("price", text).map(|value| value.normalize().to_string());
        assert_eq!(read("10_000").ok().as_deref(), Some("10000"));
        assert_eq!(read(" -1.50 ").ok().as_deref(), Some("-1.5"));
        assert_eq!(read("1e-8").ok().as_deref(), Some("0.00000001"));
        assert_eq!(read("2.5E3").ok().as_deref(), Some("2500"));
        for bad in [
            "", "1,5", "one", "1.5.0", "1_", "_1", "1__0", ".", "-", "1e", "1 5", "nan", "inf", "٣",
        ] {
            let text = read(bad).expect_err(bad).to_string();
            assert!(text.contains("not understood"), "{bad}: {text}");
        }
        for far in ["1e1000000", "1e29", &"9".repeat(40), &"1".repeat(5000)] {
            let text = read(far).expect_err(far).to_string();
            assert!(text.contains("out of range") || text.contains("not understood"), "{text}");
        }
    }

    proptest! {
        /// Told without a division, a multiple is what the remainder says, and counted right.
        #[test]
        fn multiples_are_what_division_says(
            value in -(1i64 << 60)..1 << 60,
            step in prop_oneof![1i64..1_000_000, 1i64..1 << 60],
        ) {
            let (multiples, times) = (Multiples::of(step), value / step);
            prop_assert_eq!(multiples.contain(value), value % step == 0);
            prop_assert!(multiples.contain(times * step));
            let count = multiples.count((times * step).unsigned_abs());
            prop_assert_eq!(count, times.unsigned_abs());
        }

        /// Rounding moves a quotient by at most one half.
        #[test]
        fn rounding_is_nearest(n in -1_000_000_000i128..1_000_000_000, d in 1i128..10_000) {
            let q = div_half_even(n, d);
            prop_assert!((2 * (q * d - n)).abs() <= d);
        }

        /// A raw integer survives the way through a decimal and through a float.
        #[test]
        fn raw_round_trip(raw in -(1i64 << 53)..(1i64 << 53), scale in 0u32..=12) {
            prop_assert_eq!(from_decimal(decimal(raw, scale), scale), Some(raw));
            let back = (to_f64(raw, scale) * POW10[scale as usize] as f64).round() as i64;
            prop_assert!((back - raw).abs() <= 1);
        }

        /// A product of ratios scales like the two in turn, when nothing is rounded.
        #[test]
        fn ratios_compose(a in 1i128..1000, b in 1i128..1000, n in -1_000_000i128..1_000_000) {
            let up = Ratio::new(a, 1);
            let down = Ratio::new(1, b);
            let both = up.checked_mul(down).expect("small");
            prop_assert_eq!(both.scale(n * b), Some(n * a));
            prop_assert!(both.scale_up(n).expect("small") >= both.scale(n).expect("small"));
        }
    }
}
