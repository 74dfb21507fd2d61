//! Finding words in the manual.

use std::collections::HashSet;

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

/// All places that have all words, titles first; then those of which only the `translation`, the same pages in another
/// language, has them. Both have the same headings.
pub(super) fn search(
    pages: &[ManualPage],
    translation: &[ManualPage],
    query: &str,
) -> (Vec<Hit>, usize) {
    let query = query.to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    let mut hits = found(pages, &words);
    let mut there: HashSet<(usize, String)> =
        hits.iter().map(|hit| (hit.page, hit.heading.clone())).collect();
    let translated = found(translation, &words).into_iter().filter_map(|hit| {
        let is_heading = |block: &&Block| matches!(block, Block::Heading { .. });
        let number = translation[hit.page].blocks[..=hit.block].iter().filter(is_heading).count();
        let headings = pages.get(hit.page)?.blocks.iter().enumerate();
        let (block, heading) =
            headings.filter(|(_, it)| is_heading(it)).nth(number.checked_sub(1)?)?;
        Some(Hit { block, row: None, heading: heading.text(), ..hit })
    });
    hits.extend(translated.filter(|hit| there.insert((hit.page, hit.heading.clone()))));
    let count = hits.len();
    hits.truncate(Hit::MOST);
    (hits, count)
}

/// All places of these pages that have all words, titles first.
fn found(pages: &[ManualPage], words: &[&str]) -> Vec<Hit> {
    let (mut headings, mut others) = (Vec::new(), Vec::new());
    if words.is_empty() {
        return headings;
    }
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
    headings.append(&mut others);
    headings
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
        let search = |query| search(&pages, &[], query);
        let (hits, count) = search("PORT");
        assert_eq!(count, 3);
        assert_eq!((hits[0].page, hits[0].block), (1, 0), "a heading");
        assert_eq!((hits[2].page, hits[2].row), (0, Some(1)), "a row of a table");
        assert_eq!(search("port nowhere").1, 0);
        assert_eq!(search("alpha use").1, 1, "the title counts for what is below it");
        assert_eq!(search("  ").1, 0);
    }

    #[test]
    fn words_of_the_other_language_lead_to_the_same_heading() {
        let pages = [page("a", "# 会话\n\n全部。\n\n## 标签页\n\n时间线。\n\n## TLS\n\n加密。\n")];
        let translation = [page(
            "a",
            "# Sessions\n\nAll.\n\n- one\n\n## Tabs\n\nThe timeline, and its lanes.\n\nThe timeline again.\n\n## TLS\n\nTLS secures.\n",
        )];
        let (hits, count) = search(&pages, &translation, "Timeline");
        assert_eq!((count, hits[0].page, hits[0].block), (1, 0, 2));
        assert_eq!(hits[0].heading, "标签页");
        assert!(hits[0].excerpt.contains("timeline"), "it shows why: {}", hits[0].excerpt);
        assert_eq!(search(&pages, &translation, "tls").1, 1, "what is found here is found once");
        assert_eq!(search(&pages, &translation, "sessions").0[0].heading, "会话");
    }

    #[test]
    fn an_excerpt_is_around_the_word_wherever_characters_end() {
        let text = "汉".repeat(200) + "port" + &"字".repeat(200);
        let found = excerpt(&text, &text.to_lowercase(), "port");
        assert!(found.contains("port") && found.starts_with('…') && found.ends_with('…'));
    }
}
