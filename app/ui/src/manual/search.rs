//! Finding words in the manual.

use super::ManualPage;
use super::document::{Block, row_text};

/// A place that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which page.
    pub page: usize,
    /// Which block of it.
    pub block: usize,
    /// Which row, of a table.
    pub row: Option<usize>,
    /// The heading that it stands below.
    pub heading: String,
    /// What stands there, cut to a line.
    pub excerpt: String,
}

impl Hit {
    /// So many are given at most.
    pub const MOST: usize = 60;
    /// An excerpt has so many characters at most.
    const LONGEST: usize = 120;
}

/// All places that have all words, titles first.
pub(super) fn search(pages: &[ManualPage], query: &str) -> (Vec<Hit>, usize) {
    let query = query.to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    if words.is_empty() {
        return (Vec::new(), 0);
    }
    let (mut headings, mut others) = (Vec::new(), Vec::new());
    for (number, page) in pages.iter().enumerate() {
        let mut heading = String::new();
        for (block, what) in page.blocks.iter().enumerate() {
            let is_heading = matches!(what, Block::Heading { .. });
            if is_heading {
                heading = what.text();
            }
            let texts: Vec<(Option<usize>, String)> = match what {
                Block::Table(rows) => rows
                    .iter()
                    .enumerate()
                    .skip(1)
                    .map(|(at, row)| (Some(at), row_text(row)))
                    .collect(),
                other => vec![(None, other.text())],
            };
            for (row, text) in texts {
                let lower = text.to_lowercase();
                // What is meant is often in the heading, and what is wanted below it.
                let context = format!("{} {} {lower}", page.title, heading).to_lowercase();
                let has_one = words.iter().any(|word| lower.contains(word));
                if !has_one || !words.iter().all(|word| context.contains(word)) {
                    continue;
                }
                let excerpt = excerpt(&text, &lower, words[0]);
                let hit = Hit { page: number, block, row, heading: heading.clone(), excerpt };
                if is_heading { headings.push(hit) } else { others.push(hit) }
            }
        }
    }
    let count = headings.len() + others.len();
    headings.append(&mut others);
    headings.truncate(Hit::MOST);
    (headings, count)
}

/// The part of a text around a word.
fn excerpt(text: &str, lower: &str, word: &str) -> String {
    let before = lower.find(word).map_or(0, |at| lower[..at].chars().count());
    let skipped = before.saturating_sub(Hit::LONGEST / 3);
    let part: String = text.chars().skip(skipped).take(Hit::LONGEST).collect();
    let is_cut = text.chars().count() > skipped + Hit::LONGEST;
    let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}{part}{}", if skipped > 0 { "…" } else { "" }, if is_cut { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::super::document::blocks;
    use super::*;

    fn page(name: &'static str, text: &str) -> ManualPage {
        let blocks = blocks(text);
        ManualPage { name, title: blocks[0].text(), blocks }
    }

    #[test]
    fn all_words_are_wanted_in_any_case_and_headings_come_first() {
        let pages = [
            page("a", "# Alpha\n\nThe port is in use.\n\n| x | y |\n| - | - |\n| Port | busy |\n"),
            page("b", "# Ports\n\nNothing.\n"),
        ];
        let (hits, count) = search(&pages, "PORT");
        assert_eq!(count, 3);
        assert_eq!((hits[0].page, hits[0].block), (1, 0), "a heading");
        assert_eq!((hits[2].page, hits[2].row), (0, Some(1)), "a row of a table");
        assert_eq!(search(&pages, "port nowhere").1, 0);
        assert_eq!(search(&pages, "alpha use").1, 1, "the title counts for what is below it");
        assert_eq!(search(&pages, "  ").1, 0);
    }

    #[test]
    fn an_excerpt_is_around_the_word_wherever_characters_end() {
        let text = "汉".repeat(200) + "port" + &"字".repeat(200);
        let found = excerpt(&text, &text.to_lowercase(), "port");
        assert!(found.contains("port") && found.starts_with('…') && found.ends_with('…'));
    }
}
