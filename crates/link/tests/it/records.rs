//! The records alone: a stream that is cut and begun anew, with garbage before and between.

use lia_link::record::{Decoder, Encoder, Event, HEADER, Mark, PAYLOAD, QUIET, mark};
use proptest::{collection::vec, prelude::*};

/// An epoch's bytes as they go over the wire.
fn records(epoch: u64, messages: &[Vec<u8>]) -> Vec<u8> {
    let mut encoder = Encoder::new(epoch);
    let mut out = Vec::new();
    for message in messages {
        let mut rest = &message[..];
        while !rest.is_empty() {
            rest = &rest[encoder.encode(rest, &mut out)..];
        }
    }
    out
}

/// What a decoder delivers, by epoch, when it is fed `stream` in pieces of these lengths, and begins every epoch whose
/// mark it finds.
fn delivered(stream: &[u8], pieces: &[usize]) -> Vec<(u64, Vec<u8>)> {
    let mut decoder = Decoder::default();
    let mut all: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut lengths = pieces.iter().copied().chain(std::iter::repeat(usize::MAX));
    let mut rest = stream;
    let mut over = true;
    while !rest.is_empty() {
        let (mut piece, later) =
            rest.split_at(lengths.next().expect("lengths without end").clamp(1, rest.len()));
        rest = later;
        while let Some(event) = decoder.next(&mut piece) {
            match event {
                Event::Mark(Mark::Reset(epoch) | Mark::ResetAck(epoch)) => {
                    decoder.begin(epoch);
                    all.push((epoch, Vec::new()));
                    over = false;
                }
                Event::Data => {
                    assert!(!over, "delivered although the place was lost");
                    all.last_mut().expect("a record that has begun").1.extend_from_slice(decoder.payload());
                }
                Event::Lost => over = true,
            }
        }
    }
    all
}

#[test]
fn a_stream_cut_at_every_byte_loses_no_later_epoch() {
    // Payloads that look like what the link itself sends: a mark, records of both epochs, zero bytes.
    let forged = [mark(Mark::Reset(9))[QUIET - 64..].to_vec(), records(2, &[b"forged".to_vec()])].concat();
    let messages = [b"one".to_vec(), forged, vec![0; PAYLOAD], b"four".to_vec(), vec![7; PAYLOAD + 3]];
    let whole: Vec<u8> = messages.concat();
    let first = [mark(Mark::Reset(1)), records(1, &messages)].concat();
    let second = [mark(Mark::Reset(2)), records(2, &messages)].concat();
    let step = |cut: usize| if cut.is_multiple_of(997) { usize::MAX } else { 211 };
    for cut in (0..=first.len()).filter(|cut| {
        // Within long runs of one value every byte is like the next.
        let near = |at: usize| cut.abs_diff(at) < 64;
        let inside = first.get(cut.saturating_sub(1)..(cut + 2).min(first.len())).unwrap_or_default();
        cut % 101 == 0 || near(0) || near(first.len()) || inside.windows(2).any(|w| w[0] != w[1])
    }) {
        let stream = [&first[..cut], &second[..]].concat();
        let all = delivered(&stream, &[step(cut); 64]);
        let (epoch, content) = all.last().unwrap();
        assert_eq!((*epoch, content == &whole), (2, true), "cut at {cut}");
        for (epoch, content) in &all[..all.len() - 1] {
            assert_eq!((*epoch, whole.starts_with(content)), (1, true), "cut at {cut}");
        }
    }
}

#[test]
fn a_payload_is_no_mark_even_right_after_a_cut() {
    // The most that a record can do: end with as many zero bytes as it holds, then another with a mark's own bytes.
    let bytes = mark(Mark::Reset(9));
    let payloads = [vec![0; PAYLOAD], bytes[QUIET..].to_vec(), bytes[bytes.len() - PAYLOAD..].to_vec()];
    let stream = records(1, &payloads);
    for cut in 0..HEADER {
        // The decoder is out of step from the start: it delivers nothing and begins nothing.
        assert_eq!(delivered(&stream[cut..], &[]), [], "from byte {cut}");
    }
}

#[test]
fn lost_and_doubled_records_end_the_epoch() {
    let one = |n: u8| {
        let mut encoder = Encoder::new(1);
        let mut out = Vec::new();
        for k in 0..=n {
            out.clear();
            encoder.encode(&[k], &mut out);
        }
        out
    };
    let begin = mark(Mark::Reset(1));
    for (order, content) in [([0, 1, 2], vec![0, 1, 2]), ([0, 2, 1], vec![0]), ([0, 0, 1], vec![0])] {
        let stream = [begin.clone(), order.iter().flat_map(|n| one(*n)).collect()].concat();
        assert_eq!(delivered(&stream, &[]), [(1, content)], "{order:?}");
    }
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 1..200),
        (1..PAYLOAD * 2).prop_map(|n| vec![0; n]),
        Just(mark(Mark::Reset(u64::MAX))),
        Just(records(3, &[b"inner".to_vec()])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// However an epoch ends, and whatever lies between two of them: each delivers a beginning of what was sent, in order,
    /// and one that was not cut all of it.
    #[test]
    fn epochs_follow_each_other_whatever_lies_between(
        epochs in vec((vec(message(), 0..4), any::<prop::sample::Index>(), vec(any::<u8>(), 0..300)), 1..4),
        last in vec(message(), 1..4),
        pieces in vec(1..5000_usize, 0..200),
    ) {
        let mut stream = Vec::new();
        for (n, (messages, cut, garbage)) in epochs.iter().enumerate() {
            let bytes = [mark(Mark::ResetAck(n as u64 + 1)), records(n as u64 + 1, messages)].concat();
            stream.extend_from_slice(&bytes[..cut.index(bytes.len() + 1)]);
            stream.extend_from_slice(garbage);
        }
        let number = epochs.len() as u64 + 1;
        stream.extend_from_slice(&mark(Mark::ResetAck(number)));
        stream.extend_from_slice(&records(number, &last));
        let all = delivered(&stream, &pieces);
        prop_assert_eq!(all.last(), Some(&(number, last.concat())));
        prop_assert!(all.is_sorted_by(|a, b| a.0 < b.0), "each at most once, in order");
        for (epoch, content) in &all {
            let sent = epochs.get(*epoch as usize - 1).map_or(last.concat(), |e| e.0.concat());
            prop_assert!(sent.starts_with(content), "epoch {}", epoch);
        }
    }

    /// Any change of any byte of a record ends its epoch: nothing from it on is delivered.
    #[test]
    fn a_changed_byte_is_never_delivered(
        messages in vec(vec(any::<u8>(), 1..60), 1..5),
        at in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
    ) {
        let begin = mark(Mark::Reset(1));
        let mut bytes = records(1, &messages);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let mut untouched = 0;
        let mut end = 0;
        for m in &messages {
            end += HEADER + m.len();
            if end > at { break; }
            untouched += m.len();
        }
        let all = delivered(&[begin, bytes].concat(), &[]);
        prop_assert_eq!(all, vec![(1, messages.concat()[..untouched].to_vec())]);
    }
}
