//! Rows of several lines: where they are broken, and that all that is done to a log is done to them too.

use espalier_core::SgrStyle;
use espalier_core::view::DeltaStyle;

use super::super::columns::RowColumns;
use super::*;

fn wrapped(view: &Arc<Rows>) -> Harness<'static, Pane> {
    let mut harness = harness(view);
    harness.state_mut().wrap = true;
    harness.run();
    harness
}

/// A row of 4 KiB between short ones.
fn one_long(number: u64) -> String {
    match number {
        20 => "0123456789abcde ".repeat(256),
        _ => numbered(number),
    }
}

fn long_rect(harness: &Harness<'_, Pane>) -> egui::Rect {
    let nodes = harness.query_all_by_role(egui::Role::Label);
    let long =
        nodes.filter(|node| node.value().is_some_and(|it| it.starts_with("0123456789abcde")));
    long.map(|node| node.rect()).next().expect("the long row is in sight")
}

#[test]
fn a_long_row_has_the_lines_it_needs_and_no_more_than_fit_are_laid_out() {
    let view = Rows::new(40, one_long);
    let mut harness = wrapped(&view);
    harness.state_mut().log.go_to(20);
    harness.run();
    let (rect, viewport) = (long_rect(&harness), harness.state().log.viewport.unwrap());
    // 480 points wide, some 40 characters a line: about a hundred lines.
    let lines = rect.height() / viewport.line;
    assert!((80.0..150.0).contains(&lines), "{lines}");
    assert!(rect.top() <= 9.0 && rect.bottom() > SIZE.y, "{rect:?}: from its beginning");
    assert_eq!(harness.state().log.laid_out(), 1);
    assert_eq!(harness.state().log.side, 0.0);
    assert_eq!(harness.query_all_by_label("Scroll").count(), 1, "nothing to the side");
    // Line by line through it, and on to what is behind it.
    harness.get_by_label("Log").focus();
    harness.key_press(Key::ArrowDown);
    harness.run();
    assert_eq!(
        harness.state().log.scroll.position,
        ScrollPosition { row: 20, pixel: viewport.line }
    );
    for _ in 0..200 {
        harness.key_press(Key::ArrowDown);
        harness.step();
    }
    harness.run();
    assert!(harness.state().log.follows());
    harness.get_by_label("row 39");
    for _ in 0..200 {
        harness.key_press(Key::PageUp);
        harness.step();
    }
    harness.run();
    assert_eq!(harness.state().log.first_row(), 0);
    harness.get_by_label("row 0");
}

#[test]
fn lines_end_behind_words_and_nothing_is_lost_between_them() {
    let texts = [
        "alpha beta gamma delta ".repeat(40),
        "你好世界".repeat(80),
        "x".repeat(700),
        "🙂é\tab ".repeat(60),
        " ".repeat(500),
    ];
    for text in texts {
        let view = Rows::new(1, |_| String::new());
        let harness = wrapped(&view);
        let ctx = &harness.ctx;
        let font = egui::TextStyle::Monospace.resolve(&ctx.global_style());
        let char_width = ctx.fonts_mut(|fonts| fonts.glyph_width(&font, '0'));
        let type_ = Typesetter { font: font.clone(), char_width, tokens: crate::theme::of(true) };
        let width = 40.5 * char_width;
        let starts = type_.breaks(ctx, &text, width);
        let mut edges = vec![0];
        edges.extend(&starts);
        edges.push(text.len());
        assert!(edges.windows(2).all(|it| it[0] < it[1]), "{text:?}: {edges:?}");
        for part in edges.windows(2).map(|it| &text[it[0]..it[1]]) {
            let line = part.strip_suffix(' ').unwrap_or(part).to_owned();
            let wide = ctx.fonts_mut(|fonts| {
                fonts.layout_no_wrap(line.clone(), font.clone(), egui::Color32::WHITE).size().x
            });
            assert!(wide <= width + char_width, "{line:?} is {wide} of {width}");
        }
        let words = text.starts_with("alpha");
        assert!(!words || starts.iter().all(|at| text[..*at].ends_with(' ')), "{starts:?}");
        assert!(starts.len() >= text.chars().count() / 45, "{}", starts.len());
    }
}

#[test]
fn a_place_on_any_line_is_a_place_in_the_text() {
    let view = Rows::new(40, one_long);
    let mut harness = wrapped(&view);
    harness.state_mut().log.go_to(20);
    harness.state_mut().log.select(None);
    harness.run();
    let (rect, line) = (long_rect(&harness), harness.state().log.viewport.unwrap().line);
    let at = |index: f32, x: f32| pos2(x, rect.top() + (index + 0.5) * line);
    drag(&mut harness, at(1.0, 250.0), at(3.0, 250.0));
    let selection = *harness.state().log.selection().unwrap();
    assert_eq!(selection.rows(), 20..21);
    let part = selection.part(20, harness.state().log.row(20).unwrap()).unwrap();
    // Two lines of some forty characters.
    assert!((50..110).contains(&part.len()), "{part:?}");
    // A double click takes a word of the line that it is on, a third the row.
    clicks(&mut harness, at(2.0, 250.0), 2);
    let selection = *harness.state().log.selection().unwrap();
    let part = selection.part(20, harness.state().log.row(20).unwrap()).unwrap();
    assert_eq!(&harness.state().log.row(20).unwrap().text[part.clone()], "0123456789abcde");
    assert!(part.start > 60, "{part:?}");
    assert_eq!(harness.state().log.chosen_text().as_deref(), Some("0123456789abcde"));
    clicks(&mut harness, at(2.0, 250.0), 1);
    assert_eq!(harness.state().log.selection(), Some(&Selection::row(20)));
}

#[test]
fn the_end_of_wrapped_rows_is_followed_to_its_last_line() {
    let view = Rows::new(100, |number| format!("{number} {}", "word ".repeat(60)));
    let mut harness = wrapped(&view);
    let last = |harness: &Harness<'_, Pane>| {
        let nodes = harness.query_all_by_role(egui::Role::Label);
        nodes.map(|node| node.rect().bottom()).fold(0.0, f32::max)
    };
    let log = harness.get_by_label("Log").rect();
    assert!((last(&harness) - log.bottom()).abs() < 1.0, "{} {log:?}", last(&harness));
    view.grow(7);
    harness.run();
    assert!((last(&harness) - log.bottom()).abs() < 1.0);
    assert!(harness.state().log.follows());
    let few = harness.state().log.laid_out();
    assert!((2..6).contains(&few), "{few} rows of eight lines");
    wheel(&mut harness, 5.0);
    assert!(!harness.state().log.follows());
    wheel(&mut harness, -5.0);
    assert!(harness.state().log.follows());
    // Unbroken, the same rows are one line each.
    harness.state_mut().wrap = false;
    harness.run();
    assert!(harness.state().log.laid_out() > 10);
    assert!(harness.state().log.follows());
}

#[test]
fn a_row_that_is_gone_to_is_in_sight_among_rows_of_many_lines() {
    let view = Rows::new(10_000, |number| format!("{number} {}", "word ".repeat(60)));
    let mut harness = wrapped(&view);
    for target in [5000, 3, 9_999, 7_777, 0] {
        harness.state_mut().log.go_to(target);
        harness.run();
        let label = format!("{target} {}", "word ".repeat(60));
        let row = harness.get_by_label(&label).rect();
        let log = harness.get_by_label("Log").rect();
        assert!(
            row.top() >= log.top() - 0.5 && row.bottom() <= log.bottom() + 0.5,
            "{target}: {row:?}"
        );
        assert_eq!(harness.state().log.target, None);
    }
}

#[test]
fn the_line_with_a_hit_is_brought_into_sight() {
    let view = Rows::new(40, |number| match number {
        20 => "0123456789abcde ".repeat(200) + "! " + &"0123456789abcde ".repeat(56),
        _ => numbered(number),
    });
    let mut harness = wrapped(&view);
    harness.state_mut().log.go_to(20);
    harness.run();
    let (row, line) = (long_rect(&harness), harness.state().log.viewport.unwrap().line);
    let hit = row.top() + (200.0 / 256.0) * row.height();
    let log = harness.get_by_label("Log").rect();
    assert!(hit > log.top() - 2.0 * line && hit < log.bottom() + 2.0 * line, "{hit} in {log:?}");
}

#[test]
fn columns_of_time_give_up_digits_before_the_text_gives_up_its_room() {
    let view = Rows::new(5, numbered);
    let mut harness = harness(&view);
    let mut room = |width: f32, delta: DeltaStyle| {
        let reference = Some(Timestamp(0));
        harness.state_mut().delta = DeltaFormat { style: delta, reference };
        harness.state_mut().offsets = true;
        harness.set_size(vec2(width, 240.0));
        harness.run();
        harness.state().log.columns.expect("it was drawn")
    };
    let wide = room(1400.0, DeltaStyle::SinceReference);
    let narrow = room(560.0, DeltaStyle::SinceReference);
    let narrowest = room(300.0, DeltaStyle::SinceReference);
    assert_eq!([wide.cut, narrow.cut, narrowest.cut], [0, 3, 7]);
    for columns in [wide, narrow, narrowest] {
        let edges = [
            RowColumns::MARGIN,
            columns.time_right,
            columns.delta_right,
            columns.mark,
            columns.peer,
            columns.offset_right,
            columns.content,
        ];
        assert!(edges.is_sorted(), "{edges:?}");
    }
    assert_eq!(wide.short_time("14:03:07.012345"), "14:03:07.012345");
    assert_eq!(narrow.short_time("14:03:07.012345"), "14:03:07.012");
    assert_eq!(narrowest.short_time("14:03:07.012345"), "14:03:07");
    assert_eq!(narrowest.short_delta("+0.012345"), "+0.012");
}

#[test]
fn a_style_is_drawn_so_that_it_can_be_read() {
    let view = Rows::new(1, |_| String::new());
    let harness = harness(&view);
    let t = crate::theme::of(true);
    let font = egui::TextStyle::Monospace.resolve(&harness.ctx.global_style());
    let type_ = Typesetter { font, char_width: 7.0, tokens: t };
    let style = |foreground, background, bold, reverse| {
        let (italic, strike) = (bold, bold);
        let style = SgrStyle {
            foreground,
            background,
            bold,
            reverse,
            italic,
            strike,
            ..SgrStyle::default()
        };
        Layer::Sgr(style)
    };
    let format = |layer: Layer| {
        let spans = [Span { range: 0..4, layer }];
        let laid = type_.line(&harness.ctx, "text", &spans, t.received, false, 0..4);
        laid.galley.job.sections[0].format.clone()
    };
    let bold = format(style(Some(1), None, true, false));
    assert_eq!(bold.color, t.ansi[9], "the bright red");
    assert!(bold.italics && bold.strikethrough.width > 0.0);
    let reversed = format(style(Some(1), Some(4), false, true));
    assert_eq!(reversed.background, t.ansi[1], "the ink is the ground");
    let reversed = format(style(None, None, false, true));
    assert_eq!(reversed.background, t.received);
    assert_eq!(reversed.color, crate::theme::readable(t.field, t.received));
}
