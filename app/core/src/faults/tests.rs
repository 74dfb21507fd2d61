use std::time::Duration;

use super::*;

const MILLI: Duration = Duration::from_millis(1);

/// Everything that comes out of a line, with its times, however long that takes.
fn run(line: &mut FaultLine, mut now: Duration) -> (Vec<(Duration, Vec<u8>)>, FaultStep) {
    let mut out = Vec::new();
    loop {
        match line.next(now) {
            FaultStep::Pass(bytes) => out.push((now, bytes)),
            FaultStep::Wait(due) => {
                assert!(due > now, "{due:?} is not after {now:?}");
                now = due;
            }
            step => return (out, step),
        }
    }
}

fn bytes_of(out: &[(Duration, Vec<u8>)]) -> Vec<u8> {
    out.iter().flat_map(|(_, bytes)| bytes.clone()).collect()
}

fn noise(random: &mut fastrand::Rng, most: usize) -> Vec<u8> {
    (0..random.usize(0..=most)).map(|_| random.u8(..)).collect()
}

/// Any faults that let the stream come to its end.
fn some_faults(random: &mut fastrand::Rng) -> FaultSpec {
    let mut perhaps = |most: u32| if random.bool() { random.u32(0..=most) } else { 0 };
    let (latency_ms, jitter_ms, slow_close_ms) = (perhaps(500), perhaps(500), perhaps(50));
    let (slicer, slicer_variation, slicer_delay_ms) = (perhaps(40), perhaps(40), perhaps(5));
    let (rate, coalesce, corrupt) = (perhaps(20_000), perhaps(100), perhaps(100));
    FaultSpec {
        latency_ms,
        jitter_ms,
        slow_close_ms,
        slicer: (slicer > 0).then_some(slicer),
        slicer_variation,
        slicer_delay_ms,
        rate: (rate > 0).then_some(rate.into()),
        coalesce: (coalesce > 0).then_some(coalesce),
        corrupt: f64::from(corrupt) / 400.0,
        ..FaultSpec::default()
    }
}

/// Gives a stream in these pieces, a millisecond apart, and takes what comes out.
fn through(spec: &FaultSpec, seed: u64, pieces: &[&[u8]]) -> Vec<(Duration, Vec<u8>)> {
    let mut line = FaultLine::new(spec.clone(), seed);
    let mut now = Duration::ZERO;
    for piece in pieces {
        line.push(piece, now);
        now += MILLI;
    }
    line.finish(now);
    let (out, end) = run(&mut line, now);
    assert_eq!((end, line.cost()), (FaultStep::End(LineEnd::Finished), 0));
    out
}

#[test]
fn single_bytes_cost_what_they_hold() {
    let mut line = FaultLine::new(FaultSpec { latency_ms: 1000, ..FaultSpec::default() }, 1);
    for _ in 0..10 {
        line.push(b"x", Duration::ZERO);
    }
    assert_eq!(line.cost(), 10 * 65);
    run(&mut line, Duration::ZERO);
    assert_eq!(line.cost(), 0);
}

#[test]
fn the_same_seed_and_input_make_the_same_faults() {
    let mut random = fastrand::Rng::with_seed(15);
    for seed in 0..10_000 {
        let spec = some_faults(&mut random);
        let (one, two) = (noise(&mut random, 60), noise(&mut random, 60));
        let first = through(&spec, seed, &[&one, &two]);
        assert_eq!(through(&spec, seed, &[&one, &two]), first, "{spec:?}");
        assert_eq!(bytes_of(&first).len(), one.len() + two.len(), "{spec:?}");
    }
}

#[test]
fn what_is_wrong_depends_on_the_stream_and_not_on_how_it_was_read() {
    let mut random = fastrand::Rng::with_seed(16);
    for seed in 0..10_000 {
        let spec = some_faults(&mut random);
        let bytes = noise(&mut random, 100);
        let cut = random.usize(0..=bytes.len());
        let whole = through(&spec, seed, &[&bytes]);
        let halves = through(&spec, seed, &[&bytes[..cut], &bytes[cut..]]);
        assert_eq!(bytes_of(&whole), bytes_of(&halves), "{spec:?}");
        let wrong = bytes.iter().zip(bytes_of(&whole)).filter(|(was, is)| **was != *is).count();
        assert!(spec.corrupt > 0.0 || wrong == 0, "{spec:?}");
    }
}

#[test]
fn pieces_have_the_sizes_that_were_asked_for() {
    let spec = FaultSpec { slicer: Some(7), slicer_variation: 3, ..FaultSpec::default() };
    let out = through(&spec, 1, &[&[0; 10_000]]);
    let sizes: Vec<usize> = out.iter().map(|(_, bytes)| bytes.len()).collect();
    let (last, others) = sizes.split_last().unwrap();
    assert!(others.iter().all(|size| (4..=10).contains(size)) && *last <= 10);
    let average = 10_000.0 / sizes.len() as f64;
    assert!((6.5..7.5).contains(&average), "{average}");
}

#[test]
fn everything_is_late_and_in_order() {
    let spec = FaultSpec { latency_ms: 50, jitter_ms: 20, ..FaultSpec::default() };
    let pieces: Vec<[u8; 1]> = (0..100).map(|n| [n]).collect();
    let pieces: Vec<&[u8]> = pieces.iter().map(|piece| &piece[..]).collect();
    let out = through(&spec, 4, &pieces);
    assert_eq!(bytes_of(&out), (0..100).collect::<Vec<u8>>());
    // What had to wait for what came before it was due no earlier than that.
    for ((at, _), sent) in out.iter().zip(0..) {
        let late = *at - Duration::from_millis(sent);
        assert!(*at >= Duration::from_millis(100) || late >= Duration::from_millis(30), "{late:?}");
    }
    let latest = out.last().unwrap().0;
    assert!(latest <= Duration::from_millis(100 + 70), "{latest:?}");
}

#[test]
fn ten_megabytes_at_a_hundred_kilobytes_a_second_take_a_hundred_seconds_however_late_the_timer_is()
{
    let spec = FaultSpec { rate: Some(100_000), ..FaultSpec::default() };
    let mut line = FaultLine::new(spec, 0);
    line.push(&vec![0; 10_000_000], Duration::ZERO);
    let (mut now, mut passed) = (Duration::ZERO, 0);
    while passed < 10_000_000 {
        match line.next(now) {
            FaultStep::Pass(bytes) => passed += bytes.len(),
            // A timer of a busy machine.
            FaultStep::Wait(due) => now = due + Duration::from_millis(3),
            step => panic!("{step:?}"),
        }
    }
    assert!((98.0..=102.0).contains(&now.as_secs_f64()), "{now:?}");
    assert_eq!(line.take_fired(), [FiredFault::Rate { rate: 100_000 }], "told once");
}

#[test]
fn a_stream_ends_after_so_many_bytes_by_fin_rst_or_silence() {
    let faults = |change: fn(&mut FaultSpec)| {
        let mut spec = FaultSpec::default();
        change(&mut spec);
        let mut line = FaultLine::new(spec, 0);
        line.push(b"0123456", Duration::ZERO);
        line.push(b"789", Duration::ZERO);
        let (out, step) = run(&mut line, Duration::ZERO);
        (bytes_of(&out), step, line)
    };
    let (out, step, _) = faults(|spec| spec.limit_data = Some(8));
    assert_eq!((&out[..], step), (&b"01234567"[..], FaultStep::End(LineEnd::Closed)));
    let (out, step, _) = faults(|spec| spec.reset_after = Some(0));
    assert_eq!((&out[..], step), (&b""[..], FaultStep::End(LineEnd::Reset)));
    let (out, step, mut line) = faults(|spec| spec.silence_after = Some(8));
    assert_eq!((&out[..], step), (&b"01234567"[..], FaultStep::Idle));
    line.finish(Duration::ZERO);
    assert_eq!(run(&mut line, Duration::ZERO).1, FaultStep::Idle, "nobody is told of the end");
    assert_eq!(line.take_fired(), [FiredFault::SilenceAfter { after: 8 }]);
}

#[test]
fn exactly_so_many_bytes_are_enough_for_the_end() {
    let mut line = FaultLine::new(FaultSpec { limit_data: Some(3), ..FaultSpec::default() }, 0);
    line.push(b"abc", Duration::ZERO);
    let (out, step) = run(&mut line, Duration::ZERO);
    assert_eq!((bytes_of(&out), step), (b"abc".to_vec(), FaultStep::End(LineEnd::Closed)));
}

#[test]
fn a_time_closes_or_resets_though_nothing_comes() {
    let spec = FaultSpec { timeout_ms: Some(40), ..FaultSpec::default() };
    let mut line = FaultLine::new(spec, 0);
    line.push(b"lost", Duration::ZERO);
    assert_eq!(line.next(Duration::ZERO), FaultStep::Wait(40 * MILLI));
    assert_eq!(line.next(40 * MILLI), FaultStep::End(LineEnd::Closed));
    let mut line = FaultLine::new(FaultSpec { reset_peer_ms: Some(9), ..Default::default() }, 0);
    assert_eq!(line.next(Duration::ZERO), FaultStep::Wait(9 * MILLI));
    assert_eq!(line.next(9 * MILLI), FaultStep::End(LineEnd::Reset));
}

#[test]
fn what_is_held_goes_when_there_is_enough_of_it_or_when_it_was_held_long_enough() {
    let spec = FaultSpec { coalesce: Some(10), coalesce_ms: 30, ..FaultSpec::default() };
    let mut line = FaultLine::new(spec, 0);
    line.push(b"01234", Duration::ZERO);
    assert_eq!(line.next(Duration::ZERO), FaultStep::Wait(30 * MILLI));
    line.push(b"56789a", MILLI);
    assert_eq!(line.next(MILLI), FaultStep::Pass(b"0123456789a".to_vec()));
    line.push(b"b", 2 * MILLI);
    assert_eq!(line.next(2 * MILLI), FaultStep::Wait(32 * MILLI));
    assert_eq!(line.next(32 * MILLI), FaultStep::Pass(b"b".to_vec()));
}

#[test]
fn faults_are_changed_while_something_waits() {
    let spec = FaultSpec { latency_ms: 100, ..FaultSpec::default() };
    let mut line = FaultLine::new(spec, 0);
    assert!(!line.lets_by(1), "it has a fault");
    line.push(b"late", Duration::ZERO);
    line.set(FaultSpec::default(), MILLI);
    assert!(!line.lets_by(1), "something waits");
    assert_eq!(line.next(MILLI), FaultStep::Wait(100 * MILLI), "it keeps its time");
    assert_eq!(line.next(100 * MILLI), FaultStep::Pass(b"late".to_vec()));
    assert!(line.lets_by(1));
    line.set(FaultSpec { reset_after: Some(5), ..FaultSpec::default() }, 100 * MILLI);
    assert_eq!(line.next(100 * MILLI), FaultStep::End(LineEnd::Reset), "what went by is counted");
}

#[test]
fn each_byte_that_is_wrong_is_told_up_to_a_limit() {
    let spec = FaultSpec { corrupt: 1.0, ..FaultSpec::default() };
    let mut line = FaultLine::new(spec, 3);
    line.push(&[0; 100], Duration::ZERO);
    let (out, _) = run(&mut line, Duration::ZERO);
    assert!(bytes_of(&out).iter().all(|byte| byte.count_ones() == 1));
    let fired = line.take_fired();
    assert!(matches!(fired[0], FiredFault::Corrupted { place: 0, was: 0, .. }), "{fired:?}");
    assert_eq!(fired.len(), 16);
    assert_eq!(line.untold(), Some(FiredFault::MoreCorrupted { count: 84 }));
}

#[test]
fn what_does_nothing_alone_is_clear_and_any_number_is_taken() {
    assert!(FaultSpec { slicer_delay_ms: 5, coalesce_ms: 1, ..FaultSpec::default() }.is_clear());
    assert!(!FaultSpec { stop_reading: true, ..FaultSpec::default() }.is_clear());
    for corrupt in [f64::NAN, f64::INFINITY, -1.0] {
        let spec = FaultSpec { corrupt, rate: Some(0), slicer: Some(0), ..FaultSpec::default() };
        assert_eq!(bytes_of(&through(&spec, 1, &[b"xy"])), b"xy");
    }
    let faults = RelayFaults { seed: 7, ..RelayFaults::default() };
    assert_ne!(faults.seed_of(1, true), faults.seed_of(1, false));
    assert_ne!(faults.seed_of(1, true), faults.seed_of(2, true));
}
