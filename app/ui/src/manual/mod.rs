//! The manual: the same pages in each language, embedded, with what the program knows of itself filled in.
//!
//! [`Manual`] is what the window shows and searches; [`source()`] is the Markdown of a page, for the command line and for packages.

mod document;
mod generated;
mod pages;
mod pictures;
mod search;
mod sequence;
mod topics;

pub use document::{Block, ManualLink, ManualSpan, SpanStyle};
pub use generated::Reference;
pub use pages::PAGES;
pub use pictures::{PICTURE_SCALE, PICTURES, decoded_picture, picture_file, picture_pixels};
pub use search::Hit;
pub use sequence::{SegmentLook, Sequence, Step};
pub use topics::{topic, topic_of, topic_of_fault};

use std::sync::OnceLock;

use crate::locale::{Language, Locale};

/// A page of the manual.
#[derive(Debug)]
pub struct ManualPage {
    /// Its name: that of its file, without the ending.
    pub name: &'static str,
    /// What it is called.
    pub title: String,
    /// What stands in it, the title first.
    pub blocks: Vec<Block>,
}

impl ManualPage {
    fn of(name: &'static str, markdown: &str) -> Self {
        let blocks = document::blocks(markdown);
        let title = blocks.first().map(Block::text).unwrap_or_default();
        Self { name, title, blocks }
    }
}

/// All pages in one language.
#[derive(Debug)]
pub struct Manual {
    language: Language,
    pages: Vec<ManualPage>,
    /// The same pages as they are written in the other language, with nothing filled in: who searches finds their words, too.
    translation: OnceLock<Vec<ManualPage>>,
}

impl Manual {
    /// Reads all pages.
    pub fn new(locale: &Locale, reference: &Reference) -> Self {
        let pages = PAGES.iter().map(|name| ManualPage::of(name, &source(name, locale, reference)));
        Self { language: locale.language(), pages: pages.collect(), translation: OnceLock::new() }
    }

    fn translation(&self) -> &[ManualPage] {
        let other = match self.language {
            Language::English => Language::Chinese,
            Language::Chinese => Language::English,
        };
        let page = |name: &&'static str| {
            ManualPage::of(name, pages::text(other, name).unwrap_or_default())
        };
        self.translation.get_or_init(|| PAGES.iter().map(page).collect())
    }

    /// Their language.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The pages, in their order.
    pub fn pages(&self) -> &[ManualPage] {
        &self.pages
    }

    /// Where the page of this name is.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.pages.iter().position(|page| page.name == name)
    }

    /// The places that have all words of the query, upper and lower case alike: those of the first [`Hit::MOST`] pages and
    /// blocks, and how many there are in all. Last come the headings below which only the other language has the words.
    pub fn search(&self, query: &str) -> (Vec<Hit>, usize) {
        search::search(&self.pages, self.translation(), query)
    }
}

/// The Markdown of a page, complete; empty where there is no such page.
pub fn source(name: &str, locale: &Locale, reference: &Reference) -> String {
    let text = pages::text(locale.language(), name).unwrap_or_default();
    generated::filled_in(text, locale, reference)
}
