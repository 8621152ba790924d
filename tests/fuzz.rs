//! Every reader under inputs that nobody wrote: no panic, no hang, bounded memory.
//!
//! Inputs are shipped files with bytes, numbers, words and lines changed, moved and repeated. The short run is part of
//! every test run; `scripts/test-long` has a million inputs.

use std::time::{Duration, Instant};

use lemmata::journal::Journal;
use lemmata::method::language::file::load_text as method_text;
use lemmata::method::language::library as methods;
use lemmata::prove::{self, Proof};
use lemmata::report;
use lemmata::statement::{library, load_text};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

/// Inputs of the short run and of the long one, over all readers.
const FEW: usize = 12_000;
const MANY: usize = 1_000_000;
/// What one input may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most memory that the process may ever have had, in kilobytes.
const MOST_KILOBYTES: u64 = 2_000_000;

/// What a mutation puts in place of a number or a word.
const PIECES: [&str; 22] = [
    "0",
    "-1",
    "1e308",
    "1e-320",
    "99999999999999999999999999",
    "0.1e999999999",
    "NaN",
    "inf",
    "null",
    "true",
    "\"\"",
    "[]",
    "{}",
    "((((((((",
    "))))))))",
    "k",
    "K",
    "x[k]",
    "norm2(",
    "\u{0}",
    "𝔼",
    "]]]]",
];

/// A changed copy of one of the texts.
fn mutated(corpus: &[String], random: &mut Pcg64) -> Vec<u8> {
    let mut text = corpus[random.random_range(0..corpus.len())].clone().into_bytes();
    for _ in 0..random.random_range(1..6) {
        if text.is_empty() {
            break;
        }
        let at = random.random_range(0..text.len());
        let end = (at + random.random_range(1..40)).min(text.len());
        match random.random_range(0..7) {
            0 => text[at] ^= 1 << random.random_range(0..8),
            1 => drop(text.drain(at..end)),
            2 => {
                let part = text[at..end].to_vec();
                let times = random.random_range(1..30);
                let repeated = part.repeat(times);
                drop(text.splice(at..at, repeated));
            }
            3 => {
                let piece = PIECES[random.random_range(0..PIECES.len())];
                drop(text.splice(at..end, piece.bytes()));
            }
            4 => {
                let piece = PIECES[random.random_range(0..PIECES.len())];
                let (from, to) = word_around(&text, at);
                drop(text.splice(from..to, piece.bytes()));
            }
            5 => {
                let other = corpus[random.random_range(0..corpus.len())].as_bytes();
                let from = random.random_range(0..other.len());
                let to = (from + random.random_range(1..200)).min(other.len());
                drop(text.splice(at..at, other[from..to].iter().copied()));
            }
            _ => text.truncate(at),
        }
    }
    text
}

/// The word or number that a byte belongs to.
fn word_around(text: &[u8], at: usize) -> (usize, usize) {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let from = text[..at].iter().rposition(|byte| !part(byte)).map_or(0, |before| before + 1);
    let to = text[at..].iter().position(|byte| !part(byte)).map_or(text.len(), |length| at + length);
    (from, to.max(from))
}

/// Gives a reader so many inputs; each must come to an end soon.
fn fuzz(name: &str, corpus: &[String], count: usize, read: impl Fn(&[u8])) {
    fuzz_within(PATIENCE, name, corpus, count, read);
}

fn fuzz_within(patience: Duration, name: &str, corpus: &[String], count: usize, read: impl Fn(&[u8])) {
    let mut random = Pcg64::seed_from_u64(name.bytes().map(u64::from).sum());
    for number in 0..count {
        let input = mutated(corpus, &mut random);
        let begin = Instant::now();
        read(&input);
        let taken = begin.elapsed();
        assert!(taken < patience, "{name}: input {number} took {taken:?}:\n{}", String::from_utf8_lossy(&input));
    }
    let most = std::fs::read_to_string("/proc/self/status").ok().and_then(|status| {
        let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    });
    assert!(most.is_none_or(|most| most < MOST_KILOBYTES), "{name}: {most:?} kB");
}

fn statements() -> Vec<String> {
    library::ids().into_iter().filter_map(library::text).map(str::to_owned).collect()
}

fn as_text(input: &[u8]) -> Option<&str> {
    std::str::from_utf8(input).ok()
}

fn statement_files(count: usize) {
    fuzz("statements", &statements(), count, |input| {
        if let Some(text) = as_text(input) {
            let _ = load_text("fuzzed.toml", text);
        }
    });
}

fn method_files(count: usize) {
    let corpus: Vec<String> = methods::ids().into_iter().filter_map(methods::text).map(str::to_owned).collect();
    fuzz("methods", &corpus, count, |input| {
        if let Some(text) = as_text(input) {
            let _ = method_text("fuzzed.toml", text);
        }
    });
}

/// A proof is read and checked against the statement that the unchanged one is of.
fn proofs(count: usize) {
    let named = ["smooth-descent", "descent-lemma", "averaging", "ef21-error", "clip-distance"];
    let with_proof = named.iter().map(|id| {
        let text = std::fs::read_to_string(format!("theorems/proofs/{id}.json")).expect("a stored proof");
        (library::load(id).expect("shipped").expect("a statement"), text)
    });
    for (statement, text) in with_proof {
        let valid: Proof = serde_json::from_str(&text).expect("a proof");
        fuzz(&statement.id, &[text], count / named.len(), |input| {
            let Ok(proof) = serde_json::from_slice::<Proof>(input) else { return };
            // What still says the same is still a proof; of all else nothing but the absence of harm is asked.
            let found = prove::verify(&statement, &proof);
            assert!(proof != valid || found.is_ok(), "{found:?}");
        });
    }
}

fn reports(count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let options = lemmata::suite::Options { preset: lemmata::preset::Preset::Quick, ..Default::default() };
    let statement = library::load("averaging").expect("shipped").expect("a statement");
    let mut whole = lemmata::check(&[statement], &options).expect("a report");
    whole.cells.truncate(6);
    let corpus = [serde_json::to_string(&whole).expect("JSON")];
    fuzz("reports", &corpus, count, |input| {
        std::fs::write(&path, input).expect("a file");
        if let Ok(report::AnyReport::Check(read)) = report::read_any(&path) {
            let _ = report::render(&read);
            let _ = report::markdown(&read);
        }
        let _ = report::Baseline::read(&path);
    });
}

fn journals(count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("work.journal");
    let journal = Journal::open(&path, &1).expect("a journal");
    for number in 0..20 {
        journal.note("lemma", "hash", &number.to_string(), &vec![number; 9]).expect("a line");
    }
    drop(journal);
    let corpus = [std::fs::read_to_string(&path).expect("a journal")];
    fuzz("journals", &corpus, count, |input| {
        std::fs::write(&path, input).expect("a file");
        if let Ok(journal) = Journal::open(&path, &1) {
            // What is read is what was noted, whole, or something else that is JSON; never half of it.
            for number in 0..20 {
                let _: Option<Vec<u64>> = journal.finished("lemma", "hash", &number.to_string());
            }
        }
    });
}

fn all(count: usize) {
    let share = count / 5;
    statement_files(share);
    method_files(share);
    proofs(share);
    reports(share);
    journals(share);
}

#[test]
fn no_reader_panics_or_hangs() {
    all(FEW);
}

#[test]
#[ignore = "minutes: scripts/test-long"]
fn no_reader_panics_or_hangs_in_a_million_inputs() {
    all(MANY);
}

#[test]
fn the_fuzzer_itself_notices_a_reader_that_is_too_slow() {
    let slow = std::panic::catch_unwind(|| {
        let patience = Duration::from_millis(10);
        fuzz_within(patience, "slow", &["a".to_owned()], 1, |_| std::thread::sleep(2 * patience));
    });
    assert!(slow.is_err(), "REJECT");
}
