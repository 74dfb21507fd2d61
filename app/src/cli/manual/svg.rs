//! A sequence diagram of the manual as SVG, in the colours of the page that it stands in.

use std::fmt::Write as _;

use espalier_ui::manual::{SegmentLook, Sequence, Step};

/// What a page says of its diagrams.
pub const STYLE: &str = "\
svg{display:block;max-width:32rem;width:100%;font-size:13px}svg text{fill:currentColor}\
svg .line{stroke:#888;stroke-width:1.5;fill:none}svg .pause{stroke-dasharray:3 4}svg .note{opacity:.75}\
svg .arrow{stroke:currentColor;stroke-width:1.5}svg .tip{fill:currentColor;stroke:none}\
svg .closes{color:#1a73c9}svg .breaks{color:#d23f3f}svg .lost{color:#b97300}\
@media(prefers-color-scheme:dark){svg .closes{color:#6cb2ff}svg .breaks{color:#ff7b72}svg .lost{color:#e3a33c}}";

const WIDTH: f32 = 480.0;
const ENDS: [f32; 2] = [72.0, WIDTH - 72.0];
const LINE: f32 = 18.0;
const SLANT: f32 = 10.0;
const SIZE: f32 = 13.0;

/// The diagram; those who do not see it are told its lines.
pub fn diagram(sequence: &Sequence) -> String {
    let mut body = String::new();
    let middle = WIDTH / 2.0;
    for (name, x) in sequence.ends.iter().zip(ENDS) {
        text(&mut body, x, LINE, "middle", std::slice::from_ref(name));
    }
    let mut top = LINE + 8.0;
    for step in &sequence.steps {
        let (height, lifeline) = match step {
            Step::Segment { from, arrives, text: label } => {
                let lines = broken(label, ENDS[1] - ENDS[0] - 16.0);
                let y = top + lines.len() as f32 * LINE + 2.0;
                let (start, mut x, mut end) = (ENDS[*from], ENDS[1 - *from], y + SLANT);
                if !arrives {
                    (x, end) = (start + (x - start) * 0.6, y + SLANT * 0.6);
                }
                let look = class(SegmentLook::of(*arrives, label));
                write!(body, "<g class=\"{look}\">").ok();
                text(&mut body, middle, top + LINE - 3.0, "middle", &lines);
                write!(body, "<path class=\"arrow\" d=\"M{start} {y}L{x} {end}\"/>").ok();
                let back = if *from == 0 { -9.0 } else { 9.0 };
                match arrives {
                    true => {
                        write!(body, "<path class=\"tip\" d=\"M{x} {end}l{back} -4l0 8z\"/></g>")
                    }
                    false => write!(
                        body,
                        "<path class=\"arrow\" d=\"M{} {}l9 9m0 -9l-9 9\"/></g>",
                        x - 4.5,
                        end - 4.5
                    ),
                }
                .ok();
                (y + SLANT + 6.0 - top, "line")
            }
            Step::Remark { end, text: note } => {
                let lines = broken(note, (ENDS[1] - ENDS[0]) * 0.8);
                let (x, anchor) = [(ENDS[0] + 12.0, "start"), (ENDS[1] - 12.0, "end")][*end];
                let y = top + LINE / 2.0 + 1.0;
                write!(body, "<circle cx=\"{}\" cy=\"{y}\" r=\"3.5\" fill=\"#888\"/>", ENDS[*end])
                    .ok();
                body.push_str("<g class=\"note\">");
                text(&mut body, x, top + LINE - 4.0, anchor, &lines);
                body.push_str("</g>");
                (lines.len() as f32 * LINE + 6.0, "line")
            }
            Step::Pause(note) => {
                let lines = broken(note, ENDS[1] - ENDS[0] - 24.0);
                body.push_str("<g class=\"note\">");
                text(&mut body, middle, top + LINE + 2.0, "middle", &lines);
                body.push_str("</g>");
                (lines.len() as f32 * LINE + 14.0, "line pause")
            }
        };
        for x in ENDS {
            write!(body, "<path class=\"{lifeline}\" d=\"M{x} {top}v{height}\"/>").ok();
        }
        top += height;
    }
    let label = escaped(&sequence.text().replace('\n', "; "));
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{label}\">{body}</svg>\n",
        top + 4.0
    )
}

/// A text as it stands in markup.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

const fn class(look: SegmentLook) -> &'static str {
    match look {
        SegmentLook::Plain => "plain",
        SegmentLook::Closes => "closes",
        SegmentLook::Breaks => "breaks",
        SegmentLook::Lost => "lost",
    }
}

fn text(body: &mut String, x: f32, y: f32, anchor: &str, lines: &[String]) {
    for (number, line) in lines.iter().enumerate() {
        let (y, line) = (y + number as f32 * LINE, escaped(line));
        write!(body, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{line}</text>").ok();
    }
}

/// Words in lines that have room: SVG breaks none, so their width is guessed.
fn broken(text: &str, room: f32) -> Vec<String> {
    let wide = |c: char| if c >= '\u{2E80}' { SIZE } else { SIZE * 0.55 };
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0.0);
    for word in text.split_inclusive(|c: char| c == ' ' || c >= '\u{2E80}') {
        let width: f32 = word.chars().map(wide).sum();
        // A sign that ends a clause does not begin a line.
        let ends = word.starts_with(['，', '。', '；', '：', '、', '！', '？', '）', '”', '…']);
        if used + width > room && !line.is_empty() && !ends {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0.0;
        }
        line.push_str(word);
        used += width;
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_stands_in_it_and_nothing_of_it_is_markup() {
        let text = "us | <peer>\n-> SYN\n<- RST\n<peer>: nobody & nothing\n... later\n-x data\n";
        let drawn = diagram(&Sequence::of(text).expect("a diagram"));
        for part in [
            "&lt;peer>",
            ">SYN<",
            "class=\"breaks\"",
            "nobody &amp; nothing",
            "pause",
            "class=\"lost\"",
        ] {
            assert!(drawn.contains(part), "{part}: {drawn}");
        }
        assert_eq!(drawn.matches("<g").count(), drawn.matches("</g>").count());
    }

    #[test]
    fn long_words_are_broken_between_words_and_characters() {
        assert_eq!(broken("one two", 1000.0), ["one two"]);
        assert_eq!(broken("one two", 30.0), ["one", "two"]);
        assert_eq!(broken("一二，三", 30.0), ["一二，", "三"]);
    }
}
