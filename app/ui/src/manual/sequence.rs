//! Sequence diagrams, as blocks of a page marked `sequence`: who sent what to whom, from the top downwards.
//!
//! The first line names both ends, `us | peer`. Of each line after it the beginning says what it is: `->` and `<-` are segments
//! that arrive, `-x` and `x-` segments that are lost on the way, an end's name and a colon a remark at this end, `...` time
//! that passes. So a terminal shows them as they are written, the window draws them, and a page of HTML has them as SVG.

/// What two ends sent each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// What the ends are called, the left one first.
    pub ends: [String; 2],
    /// What happened, in its order.
    pub steps: Vec<Step>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A segment.
    Segment {
        /// Which end sent it, 0 or 1.
        from: usize,
        /// It reached the other one.
        arrives: bool,
        /// What is in it.
        text: String,
    },
    /// What is to be known at an end.
    Remark {
        /// Which one, 0 or 1.
        end: usize,
        /// The words.
        text: String,
    },
    /// Time passes.
    Pause(String),
}

/// How a segment looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentLook {
    /// As most.
    Plain,
    /// It closes a half of the connection.
    Closes,
    /// It ends the connection at once.
    Breaks,
    /// Nobody gets it.
    Lost,
}

impl Sequence {
    /// What stands in a block; `None`: it makes no sense.
    pub fn of(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let (left, right) = lines.next()?.split_once('|')?;
        let ends = [left.trim().to_owned(), right.trim().to_owned()];
        let steps = lines.map(|line| step(line, &ends)).collect::<Option<_>>()?;
        Some(Self { ends, steps })
    }

    /// All that can be read in it, line by line.
    pub fn text(&self) -> String {
        let [left, right] = &self.ends;
        let line = |step: &Step| match step {
            Step::Segment { from, arrives, text } => {
                let arrow = match (from, arrives) {
                    (0, true) => "→",
                    (0, false) => "⇥",
                    (_, true) => "←",
                    (_, false) => "⇤",
                };
                format!("{left} {arrow} {right}: {text}")
            }
            Step::Remark { end, text } => format!("{}: {text}", self.ends[*end]),
            Step::Pause(text) => format!("… {text}"),
        };
        self.steps.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

impl SegmentLook {
    /// That of a segment with this in it.
    pub fn of(arrives: bool, text: &str) -> Self {
        let has = |flag: &str| text.split(|c: char| !c.is_ascii_alphabetic()).any(|it| it == flag);
        match arrives {
            false => Self::Lost,
            true if has("RST") => Self::Breaks,
            true if has("FIN") => Self::Closes,
            true => Self::Plain,
        }
    }
}

fn step(line: &str, ends: &[String; 2]) -> Option<Step> {
    let segment = |from, arrives, text: &str| {
        Some(Step::Segment { from, arrives, text: text.trim().to_owned() })
    };
    if let Some(text) = line.strip_prefix("->") {
        return segment(0, true, text);
    }
    if let Some(text) = line.strip_prefix("<-") {
        return segment(1, true, text);
    }
    if let Some(text) = line.strip_prefix("-x") {
        return segment(0, false, text);
    }
    if let Some(text) = line.strip_prefix("x-") {
        return segment(1, false, text);
    }
    if let Some(text) = line.strip_prefix("...") {
        return Some(Step::Pause(text.trim().to_owned()));
    }
    let (end, text) = line.split_once(':')?;
    let end = ends.iter().position(|it| *it == end.trim())?;
    Some(Step::Remark { end, text: text.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_step() {
        let text =
            "us | the peer\n-> SYN\n-x SYN\n<- RST, ACK\nx- data\nthe peer: gone\n... later\n";
        let read = Sequence::of(text).expect("a diagram");
        assert_eq!(read.ends, ["us", "the peer"]);
        let segment =
            |from, arrives, text: &str| Step::Segment { from, arrives, text: text.to_owned() };
        let steps = [
            segment(0, true, "SYN"),
            segment(0, false, "SYN"),
            segment(1, true, "RST, ACK"),
            segment(1, false, "data"),
            Step::Remark { end: 1, text: "gone".to_owned() },
            Step::Pause("later".to_owned()),
        ];
        assert_eq!(read.steps, steps);
        assert!(read.text().ends_with("us ⇤ the peer: data\nthe peer: gone\n… later"));
    }

    #[test]
    fn what_is_no_step_makes_no_diagram() {
        for text in ["", "us and them", "us | peer\nsomeone: hello", "us | peer\n=> SYN"] {
            assert_eq!(Sequence::of(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_segment_looks_like_what_it_does() {
        assert_eq!(SegmentLook::of(true, "RST, ACK"), SegmentLook::Breaks);
        assert_eq!(SegmentLook::of(true, "FIN “done”"), SegmentLook::Closes);
        assert_eq!(SegmentLook::of(true, "FINISHED"), SegmentLook::Plain);
        assert_eq!(SegmentLook::of(false, "FIN"), SegmentLook::Lost);
    }
}
