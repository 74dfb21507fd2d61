//! Short names for the lanes of a timeline, no two of them alike.

/// How many characters a name has at most, without what tells it from others.
const LONGEST: usize = 15;

/// Short names for sessions with these titles. The end of a long title is kept, because there stands the port; sessions of one
/// name get numbers in the order in which they were opened.
pub(super) fn short(titles: &[&str]) -> Vec<String> {
    let cut: Vec<String> = titles.iter().map(|title| cut(title)).collect();
    let name = |index: usize| {
        let (own, before) = (cut.get(index)?, cut.get(..index)?);
        let earlier = before.iter().filter(|it| *it == own).count();
        let alone = cut.iter().filter(|it| *it == own).count() == 1;
        Some(if alone { own.clone() } else { format!("{own}·{}", earlier + 1) })
    };
    (0..cut.len()).filter_map(name).collect()
}

fn cut(title: &str) -> String {
    let length = title.chars().count();
    if length <= LONGEST {
        return title.to_owned();
    }
    let end: String = title.chars().skip(length + 1 - LONGEST).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn names_are_short_and_differ() {
        let titles =
            ["/dev/ttyUSB0", "192.168.104.107:7681", "127.0.0.1:80", "127.0.0.1:80", "板子"];
        let expected =
            ["/dev/ttyUSB0", "…68.104.107:7681", "127.0.0.1:80·1", "127.0.0.1:80·2", "板子"];
        assert_eq!(short(&titles)[..1], expected[..1]);
        assert_eq!(short(&titles)[2..], expected[2..]);
        let long = &short(&titles)[1];
        assert!(long.starts_with('…') && long.ends_with(".104.107:7681"), "{long}");
        assert_eq!(long.chars().count(), 15);
    }
}
