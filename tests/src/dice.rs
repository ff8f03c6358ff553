//! Chance that can be had again.

use std::time::{SystemTime, UNIX_EPOCH};

/// Dice that can be thrown again (splitmix64): `LIA_SEED` says where they begin, and the seed is printed.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice of `LIA_SEED`, or of this moment.
    #[must_use]
    pub fn from_env() -> Self {
        let fresh = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(1, |d| u64::try_from(d.as_nanos()).unwrap_or(1));
        let seed = std::env::var("LIA_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(fresh);
        eprintln!("LIA_SEED={seed}");
        Self(seed)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

/// How often a test kills: `LIA_KILLS`, or its own number.
#[must_use]
pub fn kills(own: u64) -> u64 {
    std::env::var("LIA_KILLS").ok().and_then(|k| k.parse().ok()).unwrap_or(own)
}
