//! What clicks and keys select.

use super::*;

fn selected(harness: &Harness<'_, Pane>) -> Option<String> {
    let log = &harness.state().log;
    let (selection, rows) = (*log.selection()?, log.selected_rows()?);
    let part = |number: u64| {
        let row = log.row(number)?;
        Some(row.text[selection.part(number, row)?].to_owned())
    };
    Some(rows.filter_map(part).collect::<Vec<_>>().join("\n"))
}

/// In the text of the row: far enough from its beginning for a character so far to the right.
fn on(harness: &Harness<'_, Pane>, label: &str, character: f32) -> Pos2 {
    let row = harness.get_by_label(label).rect();
    let font = egui::TextStyle::Monospace.resolve(&harness.ctx.global_style());
    let width = harness.ctx.fonts_mut(|fonts| fonts.glyph_width(&font, '0'));
    let columns = 12.0 + 15.0 * width + 12.0 + 10.0;
    pos2(row.left() + columns + (character + 0.5) * width, row.center().y)
}

#[test]
fn two_clicks_take_a_word_and_three_a_row() {
    let view = Rows::new(5, |number| format!("row {number} from 192.168.4.1:7681 ok"));
    let mut harness = harness(&view);
    let label = "row 2 from 192.168.4.1:7681 ok";
    let pos = on(&harness, label, 14.0);
    clicks(&mut harness, pos, 2);
    assert_eq!(selected(&harness).as_deref(), Some("192.168.4.1:7681"));
    assert_eq!(harness.state().log.chosen_text().as_deref(), Some("192.168.4.1:7681"));
    clicks(&mut harness, pos, 1);
    assert_eq!(selected(&harness).as_deref(), Some(label));
    harness.run();
    // On the last character of a word, nearer to what is behind it.
    let pos = on(&harness, label, 2.4);
    clicks(&mut harness, pos, 2);
    assert_eq!(selected(&harness).as_deref(), Some("row"));
}

#[test]
fn a_byte_of_hex_is_a_word() {
    let view = Rows::new(3, |number| format!("48 65 6C {number}0"));
    let mut harness = harness(&view);
    harness.state_mut().format = RowFormat::Hex;
    harness.run();
    let pos = on(&harness, "48 65 6C 10", 4.0);
    clicks(&mut harness, pos, 2);
    assert_eq!(selected(&harness).as_deref(), Some("65"));
}

#[test]
fn keys_draw_a_part_of_the_text_further() {
    let view = Rows::new(5, |number| format!("row {number} 你好 end"));
    let mut harness = harness(&view);
    let pos = on(&harness, "row 2 你好 end", 1.0);
    clicks(&mut harness, pos, 2);
    assert_eq!(selected(&harness).as_deref(), Some("row"));
    let mut press = |key, count: usize| {
        for _ in 0..count {
            harness.key_press_modifiers(Modifiers::SHIFT, key);
            harness.run();
        }
        selected(&harness).unwrap()
    };
    assert_eq!(press(Key::ArrowRight, 4), "row 2 你");
    assert_eq!(press(Key::ArrowLeft, 1), "row 2 ");
    assert_eq!(press(Key::ArrowDown, 1), "row 2 你好 end\nrow 3 ");
    // Above where it began, it goes back to there.
    assert_eq!(press(Key::ArrowUp, 2), "你好 end\n");
}

#[test]
fn shift_and_the_ends_of_the_log_select_all_up_to_there() {
    let view = Rows::new(1000, numbered);
    let mut harness = harness(&view);
    harness.state_mut().log.go_to(500);
    harness.get_by_label("Log").focus();
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Home);
    harness.run();
    assert_eq!(harness.state().log.selected_rows(), Some(0..501));
    assert_eq!(harness.state().log.first_row(), 0);
    harness.key_press_modifiers(Modifiers::SHIFT, Key::End);
    harness.run();
    assert_eq!(harness.state().log.selected_rows(), Some(500..1000));
    harness.get_by_label("row 999");
}

#[test]
fn a_shift_click_ends_what_was_begun_by_characters_or_by_rows() {
    let view = Rows::new(5, |number| format!("row {number} some text"));
    let mut harness = harness(&view);
    let shift_click = |harness: &mut Harness<'_, Pane>, pos| {
        harness.event(Event::PointerMoved(pos));
        for pressed in [true, false] {
            let (button, modifiers) = (PointerButton::Primary, Modifiers::SHIFT);
            let press = Event::PointerButton { pos, button, pressed, modifiers };
            harness.event_modifiers(press, modifiers);
            harness.step();
        }
        harness.run();
    };
    let pos = on(&harness, "row 1 some text", 7.0);
    clicks(&mut harness, pos, 2);
    harness.run();
    let pos = on(&harness, "row 3 some text", 9.4);
    shift_click(&mut harness, pos);
    assert_eq!(selected(&harness).as_deref(), Some("some text\nrow 2 some text\nrow 3 some"));
    let pos = on(&harness, "row 0 some text", 3.0);
    clicks(&mut harness, pos, 1);
    harness.run();
    let pos = on(&harness, "row 2 some text", 3.0);
    shift_click(&mut harness, pos);
    assert_eq!(harness.state().log.selection(), Some(&Selection::rows_between(0, 2)));
}

#[test]
fn the_menu_key_tells_where_the_menu_of_a_row_opens() {
    let view = Rows::new(100, numbered);
    let mut harness = harness(&view);
    harness.get_by_label("Log").focus();
    harness.run();
    harness.key_press_modifiers(Modifiers::SHIFT, Key::F10);
    harness.run();
    let menu = harness.state().menus.last().copied().expect("a menu");
    let rows = harness.state().log.selected_rows().expect("a row is selected for it");
    let row = harness.get_by_label(&numbered(rows.start)).rect();
    assert!(row.expand(2.0).contains(menu), "{menu:?} {row:?}");
    harness.key_press(Key::Menu);
    harness.run();
    assert_eq!(harness.state().menus.len(), 2);
}

#[test]
fn the_margin_marks_a_row_and_selects_nothing() {
    let view = Rows::new(5, numbered);
    let mut harness = harness(&view);
    let row = harness.get_by_label("row 3").rect();
    click(&mut harness, row.left_center() + vec2(5.0, 0.0));
    assert_eq!(harness.state().bookmarks, [3]);
    assert_eq!(harness.state().log.selection(), None);
}
