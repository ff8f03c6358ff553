//! What goes to the log: repeats folded, texts bounded and printable.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Duration,
};

use lia_protocol::event::EgressRefused;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use crate::GatewayEvent;

/// Refusals of one (host, port, door) make at most one event in this time.
const WINDOW: Duration = Duration::from_secs(10);
/// Different refusals in one window; further ones are told as `*`.
const MAX_REFUSED: usize = 256;
/// Destinations that are remembered as told; beyond, they are told again.
const MAX_ALLOWED: usize = 1024;
/// Bytes of a text in an event.
const TEXT_BYTES: usize = 255;

/// At most [`TEXT_BYTES`] bytes of printable ASCII; the rest is escaped.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().flat_map(|c| {
        let plain = c == ' ' || c.is_ascii_graphic();
        let escaped = (!plain).then(|| c.escape_default());
        plain.then_some(c).into_iter().chain(escaped.into_iter().flatten())
    }) {
        if out.len() == TEXT_BYTES {
            break;
        }
        out.push(c);
    }
    out
}

/// Forwards a link's events until every sender is gone, then what is still folded.
pub(crate) async fn forward(mut from: mpsc::Receiver<GatewayEvent>, to: mpsc::Sender<GatewayEvent>) {
    let mut fold = Fold::default();
    loop {
        let due = fold.due();
        let event = tokio::select! {
            event = from.recv() => match event {
                Some(event) => fold.take(event, Instant::now()),
                None => break,
            },
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => fold.expire(Instant::now()),
        };
        if let Some(event) = event
            && to.send(event).await.is_err()
        {
            return;
        }
    }
    for event in fold.rest() {
        if to.send(event).await.is_err() {
            return;
        }
    }
}

type Key = (String, u16, String);

/// Which refusals were told lately, and what has come since.
#[derive(Default)]
struct Fold {
    refused: HashMap<Key, Option<EgressRefused>>,
    windows: VecDeque<(Instant, Key)>,
    allowed: HashSet<(String, u16)>,
}

impl Fold {
    fn take(&mut self, event: GatewayEvent, now: Instant) -> Option<GatewayEvent> {
        match event {
            GatewayEvent::Refused(refused) => self.refuse(refused, now).map(GatewayEvent::Refused),
            GatewayEvent::Allowed(allowed) => {
                if self.allowed.len() >= MAX_ALLOWED {
                    self.allowed.clear();
                }
                self.allowed
                    .insert((allowed.host.clone(), allowed.port))
                    .then_some(GatewayEvent::Allowed(allowed))
            }
            usage @ GatewayEvent::Usage { .. } => Some(usage),
        }
    }

    fn refuse(&mut self, mut event: EgressRefused, now: Instant) -> Option<EgressRefused> {
        let mut key = (event.host.clone(), event.port, event.door.clone());
        if self.refused.len() >= MAX_REFUSED && !self.refused.contains_key(&key) {
            event = EgressRefused { host: "*".to_owned(), port: 0, ..event };
            key = (event.host.clone(), event.port, event.door.clone());
        }
        match self.refused.get_mut(&key) {
            Some(folded) => {
                let repeated = folded.as_ref().map_or(0, |f| f.repeated.saturating_add(1));
                *folded = Some(EgressRefused { repeated, ..event });
                None
            }
            None => {
                self.open_window(key, now);
                Some(event)
            }
        }
    }

    fn open_window(&mut self, key: Key, now: Instant) {
        self.windows.push_back((now + WINDOW, key.clone()));
        self.refused.insert(key, None);
    }

    fn due(&self) -> Option<Instant> {
        self.windows.front().map(|(until, _)| *until)
    }

    /// Closes the oldest window, if it is over; what came in it opens the next.
    fn expire(&mut self, now: Instant) -> Option<GatewayEvent> {
        let (_, key) = self.windows.pop_front_if(|(until, _)| *until <= now)?;
        let folded = self.refused.remove(&key).flatten()?;
        self.open_window(key, now);
        Some(GatewayEvent::Refused(folded))
    }

    fn rest(self) -> impl Iterator<Item = GatewayEvent> {
        self.refused.into_values().flatten().map(GatewayEvent::Refused)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(host: &str, repeated: u32) -> EgressRefused {
        EgressRefused { host: host.into(), port: 443, door: "proxy".into(), reason: "r".into(), repeated }
    }

    #[test]
    fn repeats_are_folded() {
        let (mut fold, start) = (Fold::default(), Instant::now());
        assert_eq!(fold.refuse(refused("a", 0), start), Some(refused("a", 0)));
        for _ in 0..3 {
            assert_eq!(fold.refuse(refused("a", 0), start), None);
        }
        assert_eq!(fold.refuse(refused("b", 0), start), Some(refused("b", 0)));
        assert_eq!(fold.expire(start), None);
        assert_eq!(fold.expire(start + WINDOW), Some(GatewayEvent::Refused(refused("a", 2))));
        assert_eq!(fold.expire(start + WINDOW), None, "b had no repeats");
        assert_eq!(fold.expire(start + WINDOW * 2), None);
        assert_eq!((fold.refused.len(), fold.windows.len()), (0, 0));
        assert_eq!(fold.refuse(refused("a", 0), start + WINDOW * 3), Some(refused("a", 0)));
    }

    #[test]
    fn a_flood_of_names_is_bounded() {
        let (mut fold, start) = (Fold::default(), Instant::now());
        let told = (0..10_000).filter_map(|i| fold.refuse(refused(&format!("h{i}"), 0), start)).count();
        assert_eq!(told, MAX_REFUSED + 1);
        let rest: Vec<_> = fold.rest().collect();
        assert!(
            matches!(&rest[..], [GatewayEvent::Refused(r)] if r.host == "*" && r.repeated as usize == 10_000 - MAX_REFUSED - 2)
        );
    }

    proptest! {
        #[test]
        fn texts_are_bounded_and_printable(s in "\\PC*|(?s).{0,400}") {
            let out = printable(&s);
            prop_assert!(out.len() <= TEXT_BYTES && out.bytes().all(|b| b == b' ' || b.is_ascii_graphic()));
        }
    }
}
