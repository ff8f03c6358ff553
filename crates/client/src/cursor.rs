//! Where a stream stands in the log, to the frame.
//!
//! A view may make several frames of one event, all with that event's `seq`, and only the last of them is a cursor. Since
//! a view is a pure function of the event, a reader that was cut off in between asks for the event again and skips as
//! many frames as it has had.

use lia_protocol::ids::Seq;

/// A place in a view of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    seq: Seq,
    /// Frames taken of `seq`; `None` when that event is behind us as a whole.
    taken: Option<u32>,
    skip: u32,
}

impl Cursor {
    /// Behind `seq` and before everything after it.
    #[must_use]
    pub const fn after(seq: Seq) -> Self {
        Self { seq, taken: None, skip: 0 }
    }

    /// The `from` (exclusive) of the next connection. Call it once per connection.
    pub fn resume(&mut self) -> Seq {
        self.skip = self.taken.unwrap_or(0);
        match self.taken {
            None => self.seq,
            Some(_) => Seq(self.seq.0.saturating_sub(1)),
        }
    }

    /// Whether a frame of `seq` is new; when it is, it counts as taken.
    pub fn admit(&mut self, seq: Seq) -> bool {
        if seq > self.seq {
            *self = Self { seq, taken: Some(1), skip: 0 };
            return true;
        }
        let Some(taken) = self.taken.as_mut().filter(|_| seq == self.seq) else { return false };
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        *taken += 1;
        true
    }

    /// The server says that everything before `seq` has been sent.
    pub fn live(&mut self, seq: Seq) {
        if seq > self.seq {
            *self = Self { seq, taken: Some(0), skip: 0 };
        }
    }

    /// The newest event of which a frame was seen.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        self.seq
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A view's frames: (seq, index within the event).
    fn frames(sizes: &[u8]) -> Vec<(Seq, u32)> {
        let of = |(i, n): (usize, &u8)| (0..u32::from(*n)).map(move |k| (Seq(i as u64 + 1), k));
        sizes.iter().enumerate().flat_map(of).collect()
    }

    proptest! {
        /// Cut after any frames, resume, and the same frames come, each once.
        #[test]
        fn cut_anywhere(sizes in proptest::collection::vec(0u8..4, 1..20), cuts in proptest::collection::vec(0usize..12, 0..12), from in 0u64..8) {
            let all = frames(&sizes);
            let mut cursor = Cursor::after(Seq(from));
            let mut got = Vec::new();
            for cut in cuts.into_iter().chain([usize::MAX]) {
                let start = cursor.resume();
                let tail = all.iter().filter(|f| f.0 > start).take(cut);
                got.extend(tail.filter(|f| cursor.admit(f.0)).copied());
            }
            let wanted: Vec<_> = all.into_iter().filter(|f| f.0.0 > from).collect();
            prop_assert_eq!(got, wanted);
        }
    }
}
