//! The standard normal distribution.

use std::f64::consts::SQRT_2;

/// Probability of a value up to `x`.
pub fn normal_below(x: f64) -> f64 {
    libm::erfc(-x / SQRT_2) / 2.0
}

/// The value that is exceeded with probability `tail`, 0 < `tail` < 1: `1 - tail` is not formed,
/// so that the smallest tails keep their digits.
pub fn normal_above(tail: f64) -> f64 {
    if tail > 0.5 {
        return -normal_above(1.0 - tail);
    }
    // Handbook of Mathematical Functions 26.2.23, good to 4.5e-4, then Halley's steps.
    let t = (-2.0 * libm::log(tail)).sqrt();
    let (top, bottom) = (
        2.515_517 + t * (0.802_853 + t * 0.010_328),
        1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)),
    );
    let mut x = t - top / bottom;
    for _ in 0..3 {
        let density = libm::exp(-x * x / 2.0) / (2.0 * std::f64::consts::PI).sqrt();
        let step = (libm::erfc(x / SQRT_2) / 2.0 - tail) / density;
        x += step / (1.0 - x * step / 2.0);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // Tables of the distribution.
        for (tail, x) in [
            (0.5, 0.0),
            (0.05, 1.644_853_626_951_472_7),
            (0.025, 1.959_963_984_540_054),
            (0.01, 2.326_347_874_040_841),
            (1e-9, 5.997_807_015_007_687),
        ] {
            assert!((normal_above(tail) - x).abs() < 1e-13 * (1.0 + x), "{tail}");
        }
        assert!((normal_below(1.0) - 0.841_344_746_068_542_9).abs() < 1e-15);
    }

    #[test]
    fn each_undoes_the_other() {
        for step in 1..2000 {
            let p = f64::from(step) / 2000.0;
            assert!((normal_below(normal_above(1.0 - p)) - p).abs() < 1e-14, "{p}");
        }
    }
}
