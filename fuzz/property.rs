//! The fuzzers' bodies as property tests on stable: on the committed corpus, on mutations of it, and on any bytes. Each
//! crate's tests take this file in by its path.

use std::{fs, path::Path};

use proptest::{
    collection::vec,
    prelude::any,
    test_runner::{Config, TestRunner},
};

/// What is fed.
type Body = fn(&[u8]);

/// Runs bodies of one crate; each has a corpus.
pub fn run(targets: &[(&str, Body)]) {
    for (name, target) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
        let files = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let corpus: Vec<Vec<u8>> =
            files.map(|f| fs::read(f.expect("an entry").path()).expect("a file")).collect();
        assert!(!corpus.is_empty(), "{name} has no corpus");
        corpus.iter().for_each(|bytes| target(bytes));
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
        runner
            .run(&vec(any::<u8>(), 0..200), |bytes| {
                target(&bytes);
                Ok(())
            })
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let change = (any::<usize>(), any::<usize>(), any::<u8>(), 0_u8..4);
        runner
            .run(&(any::<usize>(), vec(change, 1..4)), |(which, changes)| {
                let mut bytes = corpus[which % corpus.len()].clone();
                for (at, other, byte, what) in changes {
                    let at = at % (bytes.len() + 1);
                    match what {
                        0 => bytes.truncate(at),
                        1 => bytes.insert(at, byte),
                        2 if at < bytes.len() => bytes[at] = byte,
                        _ => {
                            let more = &corpus[other % corpus.len()];
                            bytes.splice(at..at, more.iter().copied());
                        }
                    }
                }
                target(&bytes);
                Ok(())
            })
            .unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}
