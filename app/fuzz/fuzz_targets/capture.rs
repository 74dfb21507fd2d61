//! Any bytes as a capture: it is read and drawn without a panic, and what is written behind its intact part is found again.
#![no_main]

use std::ops::ControlFlow;

use arbitrary::Arbitrary;
use espalier_core::capture::{Encoder, RecordBody, file_header, intact_end};
use espalier_core::view::{
    CaptureRecords, Filter, FindSpec, FrameBytes, FrameCheck, FrameLayout, Framing, History,
    LengthField, PageRequest, RecordSource as _, RowFormat, ViewSpec,
};
use espalier_core::{Direction, PeerId, Position, Timestamp};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    /// Begins as ours does, so that not every input is refused by its first bytes.
    ours: bool,
    framing: u8,
    hex: bool,
    filter: String,
    find: String,
    bytes: Vec<u8>,
}

fuzz_target!(|input: Input| {
    let mut capture = if input.ours { file_header() } else { Vec::new() };
    capture.extend_from_slice(&input.bytes);
    draw(&capture, &input);

    let end = usize::try_from(intact_end(&capture, 0)).expect("within the bytes");
    if input.ours && end > 0 {
        capture.truncate(end);
        let mut encoder = Encoder::default();
        encoder.data(Timestamp(5), Direction::In, PeerId(1), None, input.bytes.len());
        capture.extend_from_slice(encoder.head());
        capture.extend_from_slice(&input.bytes);
        capture.extend_from_slice(encoder.tail());
        let mut last = Vec::new();
        CaptureRecords(&capture).walk(Position(end as u64), &mut |record| {
            if let RecordBody::Data(bytes) = record.body {
                last = bytes.to_vec();
            }
            ControlFlow::Continue(())
        });
        assert_eq!(last, input.bytes);
    }
});

fn draw(capture: &Vec<u8>, input: &Input) {
    let records = CaptureRecords(capture);
    let header = FrameBytes("hex:AA".to_owned());
    let length = Some(LengthField { at: 1, ..LengthField::default() });
    let layout = FrameLayout {
        header: header.clone(),
        length,
        check: Some(FrameCheck::default()),
        ..FrameLayout::default()
    };
    let framings = [
        Framing::Line,
        Framing::Packet,
        Framing::Message,
        Framing::Cr,
        Framing::Delimiter { delimiters: vec![header] },
        Framing::Length { bytes: 5 },
        Framing::Frame(layout),
    ];
    let spec = ViewSpec {
        framing: framings[usize::from(input.framing) % framings.len()].clone(),
        format: if input.hex { RowFormat::Hex } else { RowFormat::Text },
        filter: Filter { text: input.filter.clone(), ..Filter::default() },
        fold_panics: true,
        ..ViewSpec::default()
    };
    let mut history = History::new(spec);
    history.find(Some(&FindSpec { pattern: input.find.clone(), ..FindSpec::default() }));
    // A slice always gets on.
    for _ in 0..100 + capture.len() {
        if !history.advance(&records, 64 << 10).more {
            break;
        }
    }
    assert!(!history.advance(&records, 64 << 10).more, "work without an end");
    let status = history.status();
    let page = history.page(&records, &PageRequest::rows(status.revision, 0..100), 0).0;
    for row in page.rows.iter() {
        for span in row.spans.iter() {
            assert!(row.text.get(span.range.clone()).is_some(), "a span outside of its row");
        }
    }
}
