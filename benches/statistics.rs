//! What the figures of a long series cost: milliseconds for a million returns, minimum of several.

// Wall time is what this file is for.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

use std::hint::black_box;
use std::time::Instant;

use barter_python::stats::{Compared, Conventions, Drawdowns, Returns, Tails, performance};

const COUNT: usize = 1_000_000;
const RUNS: usize = 9;

fn time<T>(name: &str, work: impl Fn() -> T) {
    let best = (0..RUNS).map(|_| {
        let start = Instant::now();
        black_box(work());
        start.elapsed().as_secs_f64() * 1e3
    });
    println!("{name:12} {:6.1} ms", best.fold(f64::MAX, f64::min));
}

/// Returns around 0 that look like those of minutes, the same in every run.
fn returns(seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut uniform = || {
        // SplitMix64.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..COUNT).map(|_| ((0..4).map(|_| uniform()).sum::<f64>() - 2.0) * 1e-3).collect()
}

fn main() {
    let (own, other) = (returns(1), returns(2));
    let by = Conventions { periods_per_year: 525_600.0, ..Conventions::default() };
    let series = || Returns::new(&own[..]).expect("finite");
    let ready = series();
    time("moments", series);
    time("drawdowns", || Drawdowns::new(ready.equity()));
    time("tails", || {
        let mut tails = Tails::new(&ready);
        (tails.value_at_risk(0.05), tails.expected_shortfall(0.05), tails.ratio())
    });
    time("all figures", || {
        let returns = series();
        let compared = Compared::new(&returns, COUNT, &other).expect("finite");
        performance(&returns, Some(&compared), &by).expect("settings")
    });
}
