//! The pixels of a display, looked at.

use espalier_screen::{HEIGHT, Picture, ROWS, WIDTH};
use proptest::prelude::*;

/// The upper left corner: so many pixels to the right and downwards, as text.
fn corner(picture: &Picture, width: usize, height: usize) -> Vec<String> {
    let row = |y| (0..width).map(|x| if picture.is_lit(x, y) { '#' } else { '.' }).collect();
    (0..height).map(row).collect()
}

#[test]
fn latin_takes_eight_columns_and_chinese_sixteen() {
    let picture = Picture::of(["A中b"]);
    let wanted = include_str!("pixels.txt");
    let found = corner(&picture, 32, 16).join("\n") + "\n";
    assert_eq!(found, wanted.replace("\r\n", "\n"), "\n{found}");
    let below = corner(&picture, WIDTH, HEIGHT);
    assert!(below.iter().skip(16).all(|row| !row.contains('#')), "the other rows are dark");
}

#[test]
fn a_line_is_cut_behind_a_whole_character() {
    let sixteen = Picture::of(["0123456789abcdef"]);
    assert_eq!(Picture::of(["0123456789abcdefg"]), sixteen);
    assert_eq!(Picture::of(["0123456789abcde字f"]), Picture::of(["0123456789abcde"]));
    assert_eq!(Picture::of(["字".repeat(9)]), Picture::of(["字".repeat(8)]));
    assert_eq!(Picture::of(["a\u{1b}\nb"]), Picture::of(["ab"]), "controls are passed over");
}

#[test]
fn the_picture_is_printed_with_each_of_its_pixels() {
    let printed = Picture::of(["|"]).to_string();
    assert_eq!(printed.lines().count(), 16);
    assert!(printed.lines().all(|line| line.chars().count() == 64));
    let dots: u32 =
        printed.chars().filter(|c| *c != '\n').map(|c| (c as u32 & 0xff).count_ones()).sum();
    let picture = Picture::of(["|"]);
    let lit = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
    assert_eq!(dots as usize, lit.filter(|(x, y)| picture.is_lit(*x, *y)).count());
    assert!(dots > 0);
}

proptest! {
    #[test]
    fn any_lines_make_a_picture(lines: Vec<String>) {
        let picture = Picture::of(&lines);
        prop_assert_eq!(&picture, &Picture::of(lines.iter().take(ROWS)));
        prop_assert!(!picture.is_lit(WIDTH, 0) && !picture.is_lit(0, HEIGHT));
    }
}
